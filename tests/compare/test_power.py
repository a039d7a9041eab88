"""How many items would tell, against draws of comparisons of that size."""

from __future__ import annotations

import numpy as np
import pytest

from harness.compare.deltas import Delta
from harness.compare.power import MOST_TIMES, POWER, groups_needed
from harness.compare.verdicts import Verdict, judge
from harness.metrics.intervals import holm, mean_of, paired_mean
from harness.metrics.intervals.margins import below_p
from harness.metrics.intervals.shares import mcnemar
from harness.nouns import MARGIN
from tests.compare.test_reports import delta


def compared(values: np.ndarray, family: int) -> Delta:
    sure, value = paired_mean(values), mean_of(values)
    assert value is not None
    (adjusted, *_) = holm([sure.p, *[1.0] * (family - 1)])
    (loss, *_) = holm([below_p(sure, value, -MARGIN), *[1.0] * (family - 1)])
    return delta(difference=value, interval=sure.interval, p=sure.p, holm=adjusted,
                 method=sure.method,
                 loss_holm=loss, n=len(values), units=sure.units, family=family)  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "n", "family"),
    [(0.0, 100, 1), (0.03, 100, 1), (0.02, 200, 1), (0.03, 100, 50), (-0.03, 100, 1),
     (-0.005, 100, 1)],
)  # fmt: skip
def test_as_many_items_tell_four_times_in_five(loss: float, n: int, family: int) -> None:
    random = np.random.default_rng(7)
    values = random.uniform(-0.4, 0.4, n)
    needed = groups_needed(compared(values - values.mean() - loss, family))
    assert needed is not None
    assert needed > n
    told = 0
    for _ in range(300):
        again = compared(random.uniform(-0.4, 0.4, needed) - loss, family)
        told += judge(again).verdict is not Verdict.CANNOT_TELL
    assert POWER - 0.06 <= told / 300 <= POWER + 0.12


def test_no_number_where_none_would_do() -> None:
    # A loss of just what may not matter is neither the same nor worse, however many items say so.
    one = delta(interval=(-0.03, 0.01), difference=-0.01, n=100)
    assert groups_needed(one) is None
    near = delta(interval=(-0.031, 0.009), difference=-0.011, n=100)
    assert (groups_needed(near) or 0) > 100 * 10
    assert groups_needed(delta(interval=None)) is None
    assert groups_needed(delta(n=0)) is None
    assert groups_needed(delta(higher_is_better=None)) is None
    assert (groups_needed(near) or 0) < MOST_TIMES * 100


def test_more_tasks_take_more_items() -> None:
    one = delta(interval=(-0.05, 0.01), difference=-0.02, n=100, units=100)
    many = delta(interval=(-0.05, 0.01), difference=-0.02, n=100, units=100, family=50)
    assert (groups_needed(many) or 0) > (groups_needed(one) or 0)


@pytest.mark.parametrize("family", [1, 50])
@pytest.mark.parametrize("net", [[-1, 0], [-1, 0, 0, 0], [-1] + [0] * 9, [-1, -1, 0, 0, 0, 0]])
def test_no_number_is_below_what_an_exact_test_takes(net: list[int], family: int) -> None:
    needed = groups_needed(compared(np.array(net, dtype=np.float64), family))
    assert needed is not None
    flips = round(needed * sum(map(abs, net)) / len(net))
    assert family * mcnemar(flips, 0) <= 0.05, "all in one direction, as they were seen"
