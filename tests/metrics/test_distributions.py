"""Tails and quantiles of the beta, binomial and Student distributions against scipy."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from harness.metrics.intervals.distributions import (
    MOST_DEGREES,
    beta_cdf,
    beta_quantile,
    binomial_tail,
    t_quantile,
    t_tails,
)

SIZES = st.integers(1, 5000)
DEGREES = (1, 1.5, 2, 3, 4.7, 10, 19, 49, 199, 1000, 1e4, 1e5, 500_000, MOST_DEGREES - 1)


@given(SIZES, SIZES, st.floats(0, 1))
def test_the_beta_distribution(a: int, b: int, x: float) -> None:
    wanted = float(special.betainc(a, b, x))
    assert beta_cdf(a, b, x) == pytest.approx(wanted, rel=1e-9, abs=1e-13)


@given(SIZES, SIZES, st.sampled_from([1e-12, 0.005, 0.025, 0.5, 0.975]))
def test_its_quantiles(a: int, b: int, share: float) -> None:
    assert beta_quantile(a, b, share) == pytest.approx(special.betaincinv(a, b, share), rel=1e-9)


@pytest.mark.parametrize(("k", "n"), [(0, 1), (3, 10), (3319, 8907), (1616, 25393), (5, 5)])
def test_tails_of_fair_coins(k: int, n: int) -> None:
    assert binomial_tail(k, n) == pytest.approx(float(stats.binom.cdf(k, n, 0.5)), rel=1e-9)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("t", [1e-3, 0.1, 0.5, 1, 1.96, 3, 5, 8, 12, 20, 37, 1e4])
def test_tails_of_students_t_near_and_far(t: float, degrees: float) -> None:
    wanted = 2 * float(stats.t.sf(t, degrees))
    assert t_tails(t, degrees) == pytest.approx(wanted, rel=1e-9, abs=1e-300)
    assert t_tails(-t, degrees) == t_tails(t, degrees)


@given(st.floats(1, 5000), st.floats(-60, 60))
def test_tails_of_any_t(degrees: float, t: float) -> None:
    assert t_tails(t, degrees) == pytest.approx(2 * float(stats.t.sf(abs(t), degrees)), rel=1e-9)


@pytest.mark.parametrize("t", [0.0, 1e-12, 1e-8, 1e-5])
def test_tails_at_the_middle_follow_the_density(t: float) -> None:
    # Of one degree of freedom: 1 - 2 atan(t) / pi. Near 0 that is what rounding could lose.
    assert t_tails(t, 1) == pytest.approx(1 - 2 * math.atan(t) / math.pi, abs=1e-15)


def test_tails_at_the_ends() -> None:
    assert t_tails(math.inf, 5) == 0.0
    assert t_tails(-math.inf, MOST_DEGREES) == 0.0
    assert t_tails(2.5, MOST_DEGREES) == pytest.approx(2 * NormalDist().cdf(-2.5), rel=1e-9)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999, 1 - 0.05 / 1000])
def test_quantiles_of_students_t(level: float, degrees: float) -> None:
    wanted = float(stats.t.isf((1 - level) / 2, degrees))
    assert t_quantile(level, degrees) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("degrees", [1, 2, 5, 30])
def test_quantiles_far_out(degrees: float) -> None:
    wanted = float(stats.t.isf((1 - 0.999999) / 2, degrees))
    assert t_quantile(0.999999, degrees) == pytest.approx(wanted, rel=1e-9)


def test_quantiles_of_many_degrees_are_those_of_the_normal_distribution() -> None:
    wanted = NormalDist().inv_cdf(0.975)
    assert t_quantile(0.95, MOST_DEGREES) == wanted
    assert t_quantile(0.95, MOST_DEGREES - 1) == pytest.approx(wanted, rel=3e-6)


@given(st.floats(1, 3000), st.sampled_from([0.8, 0.95, 0.999]))
def test_quantiles_turn_tails_around(degrees: float, level: float) -> None:
    assert t_tails(t_quantile(level, degrees), degrees) == pytest.approx(1 - level, rel=1e-9)
