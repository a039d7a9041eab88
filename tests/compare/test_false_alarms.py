"""Nothing changed: how often compare says worse, over simulated comparisons and over exchanges."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from harness.compare.caught import may_fail
from harness.compare.comparison import compare
from harness.compare.deltas import deltas
from harness.compare.false_alarms import FLIPS, Failing, false_alarms
from harness.compare.outcomes import Outcomes
from harness.compare.policy import Budget, Policy
from harness.compare.power import ALPHA
from harness.compare.sides import Side
from harness.compare.verdicts import Verdict
from harness.metrics.intervals import Uncertainty, paired_mean
from harness.metrics.intervals.margins import below_p
from harness.metrics.intervals.smooth import paired_drawn, paired_jackknife
from tests.compare.made_sides import made_side, metric

Reals = NDArray[np.float64]
Random = np.random.Generator

COMPARISONS = 2000
ONE_SIDED = ALPHA / 2
EXACT = ("McNemar's", "signs of sources")


def mcnemars(random: Random) -> tuple[Uncertainty, float]:
    net = random.choice([-1.0, 0.0, 1.0], 150, p=[0.1, 0.8, 0.1])
    return paired_mean(net), float(net.mean())


def signs(random: Random) -> tuple[Uncertainty, float]:
    """Sources of five items that lean to one side."""
    lean = np.repeat(random.beta(0.5, 0.5, 60), 5)
    flipped, down = random.random(300) < 0.3, random.random(300) < lean
    net = np.where(flipped, np.where(down, -1.0, 1.0), 0.0)
    return paired_mean(net, np.repeat(np.arange(60), 5)), float(net.mean())


def paired_t(random: Random) -> tuple[Uncertainty, float]:
    old, new = random.beta(0.6, 0.4, (2, 80))
    return paired_mean(new - old), float((new - old).mean())


def jackknife(random: Random) -> tuple[Uncertainty, float]:
    """Root mean squares of 100 errors: a figure that is no mean."""
    common = random.normal(size=100)
    squares = (common + random.normal(size=(2, 100))) ** 2
    old, new = np.sqrt(squares.mean(axis=1))
    without = np.sqrt((squares.sum(axis=1, keepdims=True) - squares) / 99)
    return paired_jackknife((old, without[0]), (new, without[1])), float(new - old)


def replicates(random: Random) -> tuple[Uncertainty, float]:
    """Correlations of two models with one opinion, over 100 images."""
    opinion = random.normal(size=100)
    models = opinion + random.normal(size=(2, 100))
    counts = random.multinomial(100, np.full(100, 0.01), 300).astype(np.float64)
    values, drawn = [], []
    for model in models:
        values.append(float(np.corrcoef(opinion, model)[0, 1]))
        x, y, xy, xx, yy = (
            counts @ column / 100
            for column in (opinion, model, opinion * model, opinion**2, model**2)
        )
        drawn.append((xy - x * y) / np.sqrt((xx - x**2) * (yy - y**2)))
    found = paired_drawn((values[0], drawn[0]), (values[1], drawn[1]), 100, limits=(-1.0, 1.0))
    return found, values[1] - values[0]


@pytest.mark.parametrize(("name", "draw"), [
    ("McNemar's", mcnemars), ("signs of sources", signs), ("Student's t", paired_t),
    ("jackknife", jackknife), ("replicates", replicates),
])  # fmt: skip
def test_where_nothing_changed_worse_is_said_as_seldom_as_promised(name: str, draw) -> None:  # type: ignore[no-untyped-def]
    """Two models of one population are compared 2,000 times, with no margin to hide behind."""
    random = np.random.default_rng(20261130)
    worse = 0
    for _ in range(COMPARISONS):
        sure, value = draw(random)
        p = below_p(sure, value, 0.0)
        assert p is not None
        worse += p <= ONE_SIDED
    low, high = stats.binom.interval(0.99, COMPARISONS, ONE_SIDED)
    assert worse <= high
    if name not in EXACT:  # exact tests stay below what they promise
        assert worse >= low
    assert worse > 0.2 * COMPARISONS * ONE_SIDED, "a test that never says so tests nothing"


def sides(
    folder: Path, old: list[float], new: list[float], clusters: list[str] | None
) -> list[Side]:
    made = []
    for name, values in (("old", old), ("new", new)):
        columns: dict[str, list[object]] = {"score": list(values)}
        if clusters:
            columns["cluster"] = list(clusters)
        value = float(np.mean(values))
        made.append(made_side(folder / name, [metric("score", value, n=len(values))], columns))
    return made


def failing(pair: list[Side], budget: Budget, outcomes: Outcomes | None = None) -> Failing:
    rows = deltas(*pair, margin=lambda _: 0.0)
    return Failing("task", may_fail(rows, budget), *pair, outcomes, budget)


@pytest.mark.parametrize("kind", ["graded", "right or wrong", "graded in sources"])
def test_exchanges_give_the_share_that_all_of_them_would(tmp_path: Path, kind: str) -> None:
    """Ten sources: each of the 1,024 exchanges is made and judged one by one."""
    random = np.random.default_rng(4)
    n = 20 if "sources" in kind else 10
    codes = np.arange(n) // (n // 10)
    old = random.uniform(0.2, 0.4, n)
    new = old - random.uniform(0.0, 0.2, n)
    if kind == "right or wrong":
        old, new = np.ones(10), np.array([0.0] * 9 + [1.0])
    clusters = [f"s{code}" for code in codes] if "sources" in kind else None
    found = failing(sides(tmp_path, old.tolist(), new.tolist(), clusters), Budget())
    worse = 0
    for way in itertools.product((1.0, -1.0), repeat=10):
        gains = np.array(way)[codes] * (new - old)
        p = below_p(paired_mean(gains, codes), float(gains.mean()), 0.0)
        worse += p is not None and p <= ONE_SIDED
    assert worse
    whole, task = false_alarms([found], 4000)
    low, high = stats.binom.interval(0.999, 4000, worse / 1024)
    assert low <= task.worse <= high
    assert whole.worse == task.worse
    assert whole.interval[0] <= task.worse / 4000 <= whole.interval[1]


def test_a_limit_on_flips_fails_models_that_are_as_good(tmp_path: Path) -> None:
    """40 of 200 items flip, half of them each way: far more than 1 % are lost either way round."""
    flips = np.zeros(200, dtype=bool)
    lost, won = flips.copy(), flips.copy()
    lost[:20], won[20:40] = True, True
    old, new = (~won).astype(float), (~lost).astype(float)
    ids = [f"g{n:04d}" for n in range(200)]
    outcomes = Outcomes("answer", "", "items", ids, ids, lost, won, np.zeros(200))
    pair = sides(tmp_path, old.tolist(), new.tolist(), None)
    strictly = failing(pair, Budget(max_nfr=0.01), outcomes)
    (_, task) = false_alarms([strictly], 400)
    assert task.worse == 400
    assert task.by[FLIPS] == 400
    assert task.by["score"] < 0.1 * 400
    # 40 flips are shared out anew by each exchange: 25 or more are lost in 7.7 % of them.
    (_, few) = false_alarms([failing(pair, Budget(max_new_failures=24), outcomes)], 4000)
    true = stats.binom.sf(24, 40, 0.5)
    low, high = stats.binom.interval(0.999, 4000, true)
    assert low <= few.by[FLIPS] <= high


def test_what_cannot_be_exchanged_is_named(tmp_path: Path) -> None:
    pair = sides(tmp_path, [0.1, 0.2, 0.3], [0.2, 0.2, 0.2], None)
    (whole, task) = false_alarms([failing(pair, Budget(max_nfr=0.01))], 100)
    assert task.unknown == [FLIPS]
    assert whole.unknown == [f"task: {FLIPS}"]


def test_many_tasks_are_one_family(tmp_path: Path) -> None:
    """Thirty tasks that differ by chance alone: any of them fails as seldom as one would."""
    random = np.random.default_rng(8)
    old, new = {}, {}
    for number in range(30):
        values = random.beta(0.6, 0.4, (2, 40))
        pair = sides(tmp_path / str(number), values[0].tolist(), values[1].tolist(), None)
        task = {"id": f"t/{number}", "fingerprint": f"{number:064d}"}
        for side, where in zip(pair, (old, new), strict=True):
            record = side.record
            moved = record.task.model_copy(update=task)
            where[task["id"]] = Side(record.model_copy(update={"task": moved}), side.folder)
    found = compare(old, new, Policy(Budget(min_drop=0.0)), lambda _: None, power=True)
    assert found.caught is not None
    whole, *tasks = found.caught.alarms
    assert len(tasks) == 30
    assert whole.worse / whole.exchanges <= ONE_SIDED + 0.015
    assert all(task.worse <= whole.worse for task in tasks)
    assert not any(task.verdict is Verdict.WORSE for task in found.tasks)
