"""The beta distribution and exact intervals against scipy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from harness.metrics.intervals.distributions import (
    beta_cdf,
    beta_quantile,
    binomial_tail,
    clopper_pearson,
)

SIZES = st.integers(1, 5000)


@given(SIZES, SIZES, st.floats(0, 1))
def test_the_beta_distribution(a: int, b: int, x: float) -> None:
    wanted = float(special.betainc(a, b, x))
    assert beta_cdf(a, b, x) == pytest.approx(wanted, rel=1e-9, abs=1e-13)


@given(SIZES, SIZES, st.sampled_from([0.005, 0.025, 0.5, 0.975]))
def test_its_quantiles(a: int, b: int, share: float) -> None:
    assert beta_quantile(a, b, share) == pytest.approx(special.betaincinv(a, b, share), rel=1e-9)


@given(st.integers(0, 400), st.integers(0, 400))
def test_the_interval_of_a_share(successes: int, failures: int) -> None:
    trials = successes + failures
    if not trials:
        return
    wanted = stats.binomtest(successes, trials).proportion_ci(method="exact")
    assert clopper_pearson(successes, trials) == pytest.approx((wanted.low, wanted.high), rel=1e-9)


@pytest.mark.parametrize(("k", "n"), [(0, 1), (3, 10), (3319, 8907), (1616, 25393), (5, 5)])
def test_tails_of_fair_coins(k: int, n: int) -> None:
    assert binomial_tail(k, n) == pytest.approx(float(stats.binom.cdf(k, n, 0.5)), rel=1e-9)


@pytest.mark.parametrize(("k", "n"), [(-1, 3), (4, 3), (0, 0)])
def test_what_is_no_share(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        clopper_pearson(k, n)
