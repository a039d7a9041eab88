"""Do two models correlate differently with the same variable? Tests for dependent correlations.

``r12`` and ``r13`` are the correlations of two models with the variable, ``r23`` of the two models
with each other, over the same ``n`` items. The tests take items for independent, and are exact in
theory for Pearson's correlation of normal variables only; for rank correlations they approximate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.metrics.intervals.distributions import beta_cdf

Interval = tuple[float, float]
Z = 1.959963984540054
"""The normal quantile of .975."""


@dataclass(frozen=True, slots=True)
class DependentTests:
    """Statistics with two-sided p, and the intervals of the difference."""

    williams_t: float
    williams_p: float
    steiger_z: float
    steiger_p: float
    dunn_clark_z: float
    meng_z: float
    meng_p: float
    meng_interval: Interval
    zou_interval: Interval


def dependent_tests(r12: float, r13: float, r23: float, n: int) -> DependentTests | None:
    """All tests; ``None`` where a correlation is 1 in size or ``n`` is below four.

    Sources: Williams 1959; Steiger 1980; Dunn and Clark 1969; Meng, Rosenthal and Rubin 1992
    (interval of the difference of Fisher's z); Zou 2007 (interval of r12 - r13).
    """
    if n < 4 or max(abs(r12), abs(r13), abs(r23)) >= 1:
        return None
    t = _williams(r12, r13, r23, n)
    steiger, dunn = _fisher(r12, r13, r23, n)
    meng, meng_interval = _meng(r12, r13, r23, n)
    return DependentTests(
        williams_t=t,
        williams_p=beta_cdf((n - 3) / 2, 0.5, (n - 3) / (n - 3 + t**2)),
        steiger_z=steiger,
        steiger_p=_two_sided(steiger),
        dunn_clark_z=dunn,
        meng_z=meng,
        meng_p=_two_sided(meng),
        meng_interval=meng_interval,
        zou_interval=_zou(r12, r13, r23, n),
    )


def _two_sided(z: float) -> float:
    return math.erfc(abs(z) / math.sqrt(2))


def _williams(r12: float, r13: float, r23: float, n: int) -> float:
    det = 1 - r12**2 - r13**2 - r23**2 + 2 * r12 * r13 * r23
    mean = (r12 + r13) / 2
    below = 2 * (n - 1) / (n - 3) * det + mean**2 * (1 - r23) ** 3
    return (r12 - r13) * math.sqrt((n - 1) * (1 + r23) / below)


def _fisher(r12: float, r13: float, r23: float, n: int) -> tuple[float, float]:
    gap = (math.atanh(r12) - math.atanh(r13)) * math.sqrt(n - 3)
    pooled = (r12 + r13) / 2
    steiger = _covariance(pooled, pooled, r23)
    return gap / math.sqrt(2 - 2 * steiger), gap / math.sqrt(2 - 2 * _covariance(r12, r13, r23))


def _covariance(a: float, b: float, between: float) -> float:
    """Covariance of the two Fisher z values (times n - 3): Pearson and Filon 1898."""
    psi = between * (1 - a**2 - b**2) - a * b * (1 - a**2 - b**2 - between**2) / 2
    return psi / ((1 - a**2) * (1 - b**2))


def _meng(r12: float, r13: float, r23: float, n: int) -> tuple[float, Interval]:
    square = (r12**2 + r13**2) / 2
    f = min(1.0, (1 - r23) / (2 * (1 - square)))
    h = (1 - f * square) / (1 - square)
    gap = math.atanh(r12) - math.atanh(r13)
    error = math.sqrt(2 * (1 - r23) * h / (n - 3))
    if error == 0:
        return 0.0, (gap, gap)
    return gap / error, (gap - Z * error, gap + Z * error)


def _zou(r12: float, r13: float, r23: float, n: int) -> Interval:
    (l1, u1), (l2, u2) = _bounds(r12, n), _bounds(r13, n)
    c = ((r23 - r12 * r13 / 2) * (1 - r12**2 - r13**2 - r23**2) + r23**3) / (
        (1 - r12**2) * (1 - r13**2)
    )
    gap = r12 - r13
    low = (r12 - l1) ** 2 + (u2 - r13) ** 2 - 2 * c * (r12 - l1) * (u2 - r13)
    high = (u1 - r12) ** 2 + (r13 - l2) ** 2 - 2 * c * (u1 - r12) * (r13 - l2)
    return gap - math.sqrt(max(low, 0)), gap + math.sqrt(max(high, 0))


def _bounds(r: float, n: int) -> Interval:
    reach = Z / math.sqrt(n - 3)
    return math.tanh(math.atanh(r) - reach), math.tanh(math.atanh(r) + reach)
