"""The loss of a metric that does not matter, in its own unit; verdicts of many tasks together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.compare.comparison import compare
from harness.compare.margins import MARGIN, margins
from harness.compare.policy import Budget, Policy
from harness.compare.verdicts import Verdict
from harness.errors import UsageError
from harness.nouns import MetricCard
from harness.registry import suite_named, suites
from tests.compare.made_sides import metric
from tests.compare.test_missing import HITS, LOST, changed, no_suite, shares


@pytest.mark.parametrize(
    ("suite", "name", "value", "margin"),
    [
        ("consistency", "OPIS[FAR=1%..10%]", 0.0015, 0.00015),
        ("consistency", "OPIS@worst10%[FAR=1%..10%]", 0.2, 0.02),
        ("consistency", "TAR@FAR=1%", 0.9, 0.01),
        ("image-quality", "RMSE[logistic4]", 12.0, 0.6),
        ("image-quality", "RMSE*", 2.0, 0.1),
        ("image-quality", "SRCC", -0.9, 0.01),
        ("flips", "NFR[relative]", 0.0, 0.1),
        ("flips", "NFR", 0.0, 0.01),
        ("flips", "no such metric", 7.0, MARGIN),
    ],
)
def test_a_metric_has_its_own_margin(suite: str, name: str, value: float, margin: float) -> None:
    one, found = metric(name, value), suite_named(suite)
    assert margins(Budget(), found)(one) == pytest.approx(margin)
    assert margins(Budget(min_drop=0.5), found)(one) == 0.5
    own = Budget(min_drop=0.5, metrics={name: 0.25})
    assert margins(own, found)(one) == 0.25
    assert margins(own, found)(metric("another", value)) == 0.5
    assert margins(Budget(min_drop=0.0), found)(one) == 0.0


def test_every_margin_lies_within_the_range_of_its_metric() -> None:
    for suite in suites():
        for card in suite.described:
            if card.low is not None and card.high is not None:
                assert 0 < card.margin_at(card.high) < card.high - card.low, card.name


@pytest.mark.parametrize("wrong", [{"margin": -0.1}, {"relative_margin": float("inf")}])
def test_a_margin_below_zero_is_none(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="is no margin"):
        MetricCard("m", "m", "higher", 0, 1, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [1, 51, 300])
def test_a_collapse_is_worse_on_any_number_of_tasks(tmp_path: Path, count: int) -> None:
    sides = []
    for folder, right in (("a", HITS), ("b", LOST)):
        side = shares(tmp_path / folder, right)
        tasks = [side.record.task.model_copy(update={"id": f"t/{n}"}) for n in range(count)]
        sides.append({task.id: changed(side, task=task) for task in tasks})
    found = compare(*sides, Policy(), no_suite)
    assert found.exit_code == 1
    assert {task.verdict for task in found.tasks} == {Verdict.WORSE}
    turned = compare(*sides[::-1], Policy(), no_suite)
    assert {task.verdict for task in turned.tasks} == {Verdict.BETTER}


def test_ten_items_that_are_all_right_exclude_nothing(tmp_path: Path) -> None:
    right = np.ones(10, dtype=bool)
    found = compare({"t": shares(tmp_path / "a", right)}, {"t": shares(tmp_path / "b", right)},
                    Policy(), no_suite)  # fmt: skip
    (row,) = found.tasks[0].deltas
    assert found.tasks[0].judged[row.name].verdict is Verdict.CANNOT_TELL
    assert row.interval is not None
    assert row.interval[0] < -0.1


def test_where_nothing_changed_hardly_any_comparison_says_worse(tmp_path: Path) -> None:
    """Two models of equal accuracy, five tasks each time: one comparison in 40 at most is worse."""
    random, worse, draws = np.random.default_rng(8), 0, 60
    for draw in range(draws):
        old, new = {}, {}
        for task in range(5):
            old[f"{task}"] = shares(tmp_path / f"{draw}/{task}/a", random.random(150) < 0.8)
            new[f"{task}"] = shares(tmp_path / f"{draw}/{task}/b", random.random(150) < 0.8)
        worse += compare(old, new, Policy(Budget(min_drop=0.0)), no_suite).exit_code
    assert worse <= 6  # P(more) = .001 at .025
