"""Do two models correlate differently with the same opinions? Tests for dependent correlations.

``r12`` and ``r13`` are the correlations of two models with opinion, ``r23`` of the two models with
each other, over the same ``n`` images. The tests are exact in theory for Pearson's correlation of
normal variables only; for rank correlations they approximate, and the paired bootstrap over
references is the one to trust.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import Bootstrap, holm

Reals = NDArray[np.float64]
Interval = tuple[float, float]


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
    from scipy import stats

    t = _williams(r12, r13, r23, n)
    steiger, dunn = _fisher(r12, r13, r23, n)
    meng, meng_interval = _meng(r12, r13, r23, n)
    return DependentTests(
        williams_t=t,
        williams_p=float(2 * stats.t.sf(abs(t), n - 3)),
        steiger_z=steiger,
        steiger_p=float(2 * stats.norm.sf(abs(steiger))),
        dunn_clark_z=dunn,
        meng_z=meng,
        meng_p=float(2 * stats.norm.sf(abs(meng))),
        meng_interval=meng_interval,
        zou_interval=_zou(r12, r13, r23, n),
    )


@dataclass(frozen=True, slots=True)
class CorrelationDifference:
    """One correlation of two models with the same opinions, and whether the two differ.

    ``interval`` is the paired bootstrap's interval of ``difference`` (``None`` with fewer than
    two clusters); ``tests`` are ``None`` where they are undefined.
    """

    name: str
    first: float
    second: float
    between: float
    difference: float
    interval: Interval | None
    tests: DependentTests | None


def compare_correlations(
    opinions: Reals, first: Reals, second: Reals, clusters: Sequence[str]
) -> dict[str, CorrelationDifference]:
    """SRCC and PLCC of two models on the same images, the difference, and every test of it.

    All run parallel; opinions and scores are oriented so that higher is better. The bootstrap
    resamples clusters, with the same draws for both models, and is the one to trust: the tests
    take images for independent. Raises :class:`ValueError` where a correlation is undefined;
    ask :func:`harness.metrics.opinion.correlation.why_undefined` first.
    """
    from scipy import stats

    from harness.metrics.opinion.correlation import pearson, replicates, rounded, why_undefined

    a, b = rounded(first), rounded(second)
    reason = why_undefined(a, opinions) or why_undefined(b, opinions)
    if reason is not None:
        raise ValueError(reason)
    bootstrap = Bootstrap(clusters)
    drawn = None
    if bootstrap.clusters_count > 1:
        drawn = tuple(replicates(x, opinions, bootstrap, kendall=False) for x in (a, b))
    ranked = tuple(stats.rankdata(values) for values in (opinions, a, b))
    found = {}
    for key, (o, x, y) in {"srcc": ranked, "plcc": (opinions, a, b)}.items():
        r12, r13, r23 = pearson(x, o), pearson(y, o), pearson(x, y)
        gap = r12 - r13
        interval = (
            None if drawn is None else bootstrap.percentiles(drawn[0][key] - drawn[1][key], gap)
        )
        tests = dependent_tests(r12, r13, r23, len(opinions))
        name = key.upper()
        found[name] = CorrelationDifference(name, r12, r13, r23, gap, interval, tests)
    return found


@dataclass(frozen=True, slots=True)
class ComparedPair:
    """Two of several models, compared; ``adjusted_p`` is Steiger's p after Holm."""

    first: str
    second: str
    compared: CorrelationDifference
    adjusted_p: float | None


def compare_all(
    opinions: Reals, models: Mapping[str, Reals], clusters: Sequence[str], *, name: str = "SRCC"
) -> list[ComparedPair]:
    """Every pair of models by ``SRCC`` or ``PLCC``, with Holm's correction over all pairs.

    Pairs stand in the order of ``models``; a pair whose tests are undefined has no p and does
    not count in the correction. Errors as :func:`compare_correlations`.
    """
    pairs = list(combinations(models, 2))
    made = [compare_correlations(opinions, models[a], models[b], clusters)[name] for a, b in pairs]
    adjusted = holm([None if found.tests is None else found.tests.steiger_p for found in made])
    return [
        ComparedPair(a, b, found, p) for (a, b), found, p in zip(pairs, made, adjusted, strict=True)
    ]


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
    return gap / error, (gap - 1.959963984540054 * error, gap + 1.959963984540054 * error)


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
    reach = 1.959963984540054 / math.sqrt(n - 3)
    return math.tanh(math.atanh(r) - reach), math.tanh(math.atanh(r) + reach)
