"""Losses beyond a margin: against scipy, by hand, and by how often chance alone shows one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from harness.metrics.intervals import base, paired_mean
from harness.metrics.intervals.base import Uncertainty
from harness.metrics.intervals.margins import apart_p, below_p

RANDOM = np.random.default_rng(14)


def test_means_are_tested_against_the_margin_by_students_t() -> None:
    values = RANDOM.normal(-0.05, 0.1, 40)
    sure, value = paired_mean(values, limits=(None, None)), float(values.mean())
    for bound in (0.0, -0.01, -0.05, -0.2):
        expected = stats.ttest_1samp(values, bound, alternative="less").pvalue
        assert below_p(sure, value, bound) == pytest.approx(expected, rel=1e-6)
        turned = paired_mean(-values, limits=(None, None))
        assert below_p(turned, -value, bound, sign=-1) == pytest.approx(expected, rel=1e-6)


def test_the_interval_and_the_test_agree() -> None:
    for shift in (-0.2, -0.05, 0.0, 0.1):
        values = RANDOM.normal(shift, 0.2, 30)
        sure = paired_mean(values, limits=(None, None))
        assert sure.interval is not None
        # At its ends: the p of no more than the upper one is 2.5 %.
        p = below_p(sure, float(values.mean()), sure.interval[1])
        assert p == pytest.approx(0.025, rel=1e-6)


def flipped(lost: int, won: int, n: int) -> np.ndarray:
    return np.array([-1.0] * lost + [1.0] * won + [0.0] * (n - lost - won))


def test_shares_by_bonett_and_price_and_never_less_than_mcnemar() -> None:
    sure = paired_mean(flipped(76, 1, 400))
    up, down = 2 / 402, 77 / 402
    error = np.sqrt((up + down - (up - down) ** 2) / 402)
    p = below_p(sure, -75 / 400, -0.01)
    exact = stats.binomtest(1, 77, alternative="less").pvalue
    assert p == pytest.approx(max(stats.norm.sf((down - up - 0.01) / error), exact), rel=1e-6)
    few = paired_mean(flipped(5, 0, 10))
    assert below_p(few, -0.5, -0.01) == pytest.approx(1 / 32)
    assert below_p(paired_mean(flipped(3, 3, 40)), 0.0, -0.01) == pytest.approx(0.5, abs=0.2)
    assert (below_p(paired_mean(flipped(0, 5, 40)), 0.125, -0.01) or 0) >= 0.5


def test_units_that_are_all_alike() -> None:
    sure = paired_mean(np.full(20, -0.5))
    assert sure.method == base.ALIKE.name
    # A share of units at the other end, 1, would make the mean -.01; none of 20 is such a one.
    assert below_p(sure, -0.5, -0.01) == pytest.approx((1 - 0.49 / 1.5) ** 20)
    assert below_p(sure, -0.5, 0.0) == pytest.approx((sure.p or 0) / 2)
    turned = paired_mean(np.full(20, 0.5))
    assert below_p(turned, 0.5, -0.01, sign=-1) == pytest.approx((1 - 0.49 / 1.5) ** 20)
    assert below_p(sure, -0.5, -0.6) == 1


def test_nothing_is_known_without_an_interval_and_all_of_one_file() -> None:
    assert below_p(base.none(1, "x"), -0.5, -0.01) is None
    assert below_p(Uncertainty((0.0, 0.0), base.SAME_FILE.name, 9, p=1.0), 0.0, 0.0) == 1


@pytest.mark.parametrize("kind", ["shares", "means", "clustered"])
def test_a_loss_of_the_margin_itself_is_shown_once_in_forty(kind: str) -> None:
    random, margin, shown, draws = np.random.default_rng(3), 0.05, 0, 4000
    clusters = np.repeat(np.arange(40), 5) if kind == "clustered" else None
    for _ in range(draws):
        if kind == "means":
            values = random.uniform(-0.4, 0.4, 60) - margin
        else:
            values = random.choice([-1.0, 1.0, 0.0], 200, p=[0.1, 0.05, 0.85])
        sure = paired_mean(values, clusters)
        p = below_p(sure, float(values.mean()), -margin)
        shown += p is not None and p <= 0.025
    low, high = stats.binom.interval(0.999, draws, 0.025)
    assert shown <= high
    assert shown >= low / 4  # the exact ones are careful, and not so careful as to see nothing


def test_intervals_that_lie_apart() -> None:
    old, new = (0.825, (0.785, 0.8625)), (0.6375, (0.59, 0.685))
    p = apart_p(old, new, 0.01)
    error = np.hypot(0.04, 0.0475) / stats.norm.ppf(0.975)
    assert p == pytest.approx(stats.norm.sf((0.1875 - 0.01) / error))
    assert apart_p(old, new, 0.1) is None  # by .1 they do not
    assert apart_p(new, old, 0.01) is None
    assert apart_p(old, (0.7, (0.6, 0.79)), 0.0) is None
    assert apart_p((1.0, (1.0, 1.0)), new, 0.01) is None  # one that has no width tells nothing
