"""What a gate would have caught: limits on flips, all tasks at once, and gates that are weak."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.compare.deltas import deltas
from harness.compare.detectable import (
    TWICE,
    Detectable,
    at_once,
    detectable_of,
    limits_of,
    planted_of,
    smallest,
)
from harness.compare.outcomes import Flips, Outcomes, count_flips
from harness.compare.planted import Bar, Items, Shares, Smooth
from harness.compare.policy import Budget
from harness.compare.power import ALPHA, POWER
from harness.compare.sides import Side
from harness.compare.verdicts import flip_failure
from harness.metrics.intervals import holm
from harness.metrics.intervals.shares import sign_flip_p
from tests.compare.made_sides import made_side, metric


def flips(lost: int, n: int, per_source: int = 1) -> Flips:
    mask = np.zeros(n, dtype=bool)
    mask[:lost] = True
    ids = [f"i{number}" for number in range(n)]
    sources = [f"s{number // per_source}" for number in range(n)]
    return count_flips(
        Outcomes("answer", "", "items", ids, sources, mask, np.zeros(n, dtype=bool), np.zeros(n))
    )


@pytest.mark.parametrize("budget", [
    Budget(max_nfr=0.03), Budget(max_nfr=0.03, strict=True), Budget(max_new_failures=12),
])  # fmt: skip
def test_the_rate_that_is_named_breaks_the_limit_four_times_in_five(budget: Budget) -> None:
    (row,) = limits_of("t", flips(3, 300), budget)
    assert row.loss is not None
    assert row.named == pytest.approx(TWICE * row.allowed)
    counts = np.random.default_rng(5).binomial(300, [row.loss, row.named], (2000, 2))
    fails = [
        {n: flip_failure(flips(int(n), 300), budget) is not None for n in set(column.tolist())}
        for column in counts.T
    ]
    said = [np.mean([known[n] for n in column.tolist()])
            for known, column in zip(fails, counts.T, strict=True)]  # fmt: skip
    assert said[0] == pytest.approx(POWER, abs=0.03)
    assert said[1] == pytest.approx(row.caught, abs=0.03)
    assert row.weak == (said[1] < POWER)


def test_a_limit_that_no_flips_could_break_has_no_loss() -> None:
    (row,) = limits_of("t", flips(0, 3), Budget(max_nfr=0.5))
    assert row.loss is None
    assert row.caught == 0
    assert row.weak
    assert not limits_of("t", flips(0, 3), Budget())
    (never,) = limits_of("t", flips(0, 3), Budget(max_nfr=0.01, strict=True))
    assert never.loss is None
    assert never.reason
    assert not never.weak, "it is incomplete, which is said elsewhere"


def test_sources_that_flip_whole_make_a_limit_blunter() -> None:
    alone, shared = (
        limits_of("t", flips(20, 400, many), Budget(max_nfr=0.03))[0].loss for many in (1, 10)
    )
    assert alone is not None
    assert shared is not None
    assert shared > 1.3 * alone


def row_of(margin: float, chance, name: str = "m") -> Detectable:  # type: ignore[no-untyped-def]
    return Detectable(
        task=name, name=name, unit="", allowed=margin, loss=0.1, named=2 * margin, caught=0.5,
        simulated=True, chance=chance, most=1.0,
    )  # fmt: skip


def test_a_loss_on_all_tasks_at_once_is_called_worse_four_times_in_five() -> None:
    """Ten tasks with known errors; Holm's rule over their p values says whether any is worse."""
    errors = np.linspace(0.01, 0.04, 10)
    rows = [
        row_of(0.01, Smooth(error, 1e7, 1.0, Bar(0.01, ALPHA / 2 / 10)).chance) for error in errors
    ]
    times = at_once(rows)
    assert times is not None
    random, worse = np.random.default_rng(3), 0
    for _ in range(4000):
        seen = -0.01 * times + errors * random.normal(size=10)
        p = [math.erfc((-0.01 - s) / e / math.sqrt(2)) / 2
             for s, e in zip(seen, errors, strict=True)]  # fmt: skip
        worse += min(value for value in holm(p) if value is not None) <= ALPHA / 2
    assert worse / 4000 == pytest.approx(POWER, abs=0.02)
    assert at_once([replace(rows[0], allowed=0.0), *rows]) is None
    assert at_once([]) is None


def both(folder: Path, old: list[float], new: list[float], **changes: object) -> tuple[Side, Side]:
    made = []
    for name, values in (("old", old), ("new", new)):
        value = metric("score", float(np.mean(values)), n=len(values), **changes)
        made.append(made_side(folder / name, [value], {"score": values}))
    return made[0], made[1]


def detected(pair: tuple[Side, Side], margin: float = 0.01) -> Detectable:
    (row,) = deltas(*pair, margin=lambda _: margin)
    return detectable_of("t", row, *pair, draw=True)


@pytest.mark.parametrize("kind", ["right or wrong", "graded"])
def test_errors_are_as_easily_seen_as_what_is_right(tmp_path: Path, kind: str) -> None:
    """A metric whose lower values are better is the same one turned over."""
    random = np.random.default_rng(1)
    old, new = random.uniform(0, 1, (2, 120))
    if kind == "right or wrong":
        old, new = np.rint(old), np.where(random.random(120) < 0.3, np.rint(new), np.rint(old))
    up = detected(both(tmp_path / "up", old.tolist(), new.tolist()))
    down = detected(
        both(tmp_path / "down", (1 - old).tolist(), (1 - new).tolist(), higher_is_better=False)
    )
    assert up.loss is not None
    assert down.loss == pytest.approx(up.loss)
    assert down.most == pytest.approx(up.most)


def test_which_population_a_metric_is_of(tmp_path: Path) -> None:
    random, bar = np.random.default_rng(1), Bar(0.01, ALPHA / 2)
    values = random.uniform(0, 1, (2, 60))
    for number, (kind, old, new, changes) in enumerate((
        (Shares, np.rint(values[0]), np.rint(values[1]), {}),
        (Items, values[0], values[1], {}),
        (Smooth, 9 * values[0], 9 * values[1], {"unit": "points"}),
    )):  # fmt: skip
        pair = both(tmp_path / str(number), old.tolist(), new.tolist(), **changes)
        (row,) = deltas(*pair)
        assert isinstance(planted_of(row, *pair, bar), kind)
    error = (9 * (values[1] - values[0])).std() / math.sqrt(60)
    found = planted_of(row, *pair, bar)
    assert isinstance(found, Smooth)
    assert found.error == pytest.approx(error, rel=0.05)
    assert found.most == math.inf
    assert smallest(found.chance, found.most) == pytest.approx(
        0.01 + (2.0 + 0.84) * error, rel=0.02
    )


def test_sides_that_are_alike_show_what_a_loss_alone_would_be(tmp_path: Path) -> None:
    """Of 40 right answers that nothing else changes, a loss is seen from six flips on."""
    pair = both(tmp_path, [1.0] * 40, [1.0] * 40)
    row = detected(pair, margin=0.0)
    assert row.loss is not None
    needed = next(n for n in range(1, 40) if sign_flip_p([1] * n) <= ALPHA)
    assert needed == 6
    fails = np.random.default_rng(0).binomial(40, row.loss, 20_000) >= needed
    assert fails.mean() == pytest.approx(POWER, abs=0.03)
    assert row.named is None, "no loss is named where none is allowed"
    assert not row.weak


def test_what_is_not_known_says_why(tmp_path: Path) -> None:
    pair = both(tmp_path, [2.0, 3.0, 4.0], [2.0, 3.0, 4.0], unit="points")
    row = detected(pair)
    assert row.loss is None
    assert row.reason
    assert not row.weak, "it is incomplete, which is said elsewhere"
