"""Shares and paired differences of shares, with clusters or without: exact or nearly so.

A difference of shares is tested by what changed alone: exactly by McNemar's test where items are
independent, else by random signs of whole clusters, whose distribution is computed, not drawn.
"""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.metrics.intervals import base
from harness.metrics.intervals.base import LEVEL, Interval, Uncertainty, by
from harness.metrics.intervals.distributions import (
    beta_quantile,
    binomial_tail,
    t_quantile,
    t_tails,
)

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST_APART = 10
"""Clusters that hold the rarer outcome, or a net change, below which a clustered share is rough.

The variance between clusters comes from those alone: of 50 clusters of five with a share of .95
and a correlation of .6 within, 92 % of the intervals cover it, of 100 with .98, 92.5 %.
"""

_MOST_CELLS = 20_000_000


def clopper_pearson(successes: int, trials: int, *, level: float = 0.95) -> tuple[float, float]:
    """The Clopper-Pearson interval of ``successes / trials``, as fractions.

    Source: Clopper and Pearson, Biometrika 26 (1934), as quantiles of the beta distribution.
    Raises :class:`ValueError` unless ``0 <= successes <= trials`` and ``trials >= 1``.
    """
    if not 0 <= successes <= trials or trials < 1:
        raise ValueError(f"{successes} of {trials} is no share")
    return _beta_interval(successes, trials, level)


def share(hits: ArrayLike, clusters: Ints | None = None, *, level: float = LEVEL) -> Uncertainty:
    """The interval of the mean of ``hits`` (0 or 1, shape (n,)).

    ``clusters`` are the numbers of the clusters that items belong to, ``None`` where each is one
    of its own. With clusters the exact interval is taken at the effective number of items.
    """
    values = np.asarray(hits, dtype=np.float64)
    if not len(values):
        return base.none(0, base.NO_VALUES)
    units, is_clustered = _units(clusters, len(values))
    if units < 2:
        return base.none(units, base.FEW_CLUSTERS)
    if clusters is None or not is_clustered:
        found = clopper_pearson(int(values.sum()), len(values), level=level)
        return by(base.CLOPPER_PEARSON, found, units)
    return _clustered(np.bincount(clusters, values), np.bincount(clusters), level)


def share_of_counts(right: Ints, sizes: Ints, *, level: float = LEVEL) -> Uncertainty:
    """The same from counts by cluster: of ``sizes`` items ``right`` are 1, both (clusters,)."""
    there = sizes > 0
    units, n = int(there.sum()), int(sizes.sum())
    if units < 2:
        return base.none(units, base.FEW_CLUSTERS if units else base.NO_VALUES)
    if units == n:
        found = clopper_pearson(int(right.sum()), n, level=level)
        return by(base.CLOPPER_PEARSON, found, units)
    return _clustered(right, sizes, level)


def _clustered(right: NDArray[Any], sizes: Ints, level: float) -> Uncertainty:
    units, n = int((sizes > 0).sum()), int(sizes.sum())
    part = float(right.sum()) / n
    variance = units / (units - 1) * float(((right - part * sizes) ** 2).sum()) / n**2
    size = _effective(part * (1 - part), variance, n, units, level)
    apart = min(int((right > 0).sum()), int((right < sizes).sum()))
    found = _beta_interval(part * size, size, level)
    return by(base.EFFECTIVE_N, found, units, what="clusters", rough=_few(apart))


def paired_share(
    net: ArrayLike, clusters: Ints | None = None, *, level: float = LEVEL
) -> Uncertainty:
    """The interval and p of the mean of ``net``: 1 where an item was won, -1 where lost, else 0."""
    values = np.asarray(net, dtype=np.float64)
    if not len(values):
        return base.none(0, base.NO_VALUES)
    units, is_clustered = _units(clusters, len(values))
    if units < 2:
        return base.none(units, base.FEW_CLUSTERS)
    won, lost, n = int((values > 0).sum()), int((values < 0).sum()), len(values)
    if clusters is None or not is_clustered:
        found = bonett_price(won, lost, n, level=level)
        sure = by(base.PAIRED_SHARES, found, units, p=mcnemar(lost, won))
        return _with_error(sure, won, lost, n)
    mean = (won - lost) / n
    spread = (won + lost) / n - mean**2
    variance = cluster_variance(values - mean, clusters, n)
    scale = _effective(spread, variance, n, units, level) / n
    found = bonett_price(won * scale, lost * scale, n * scale, level=level)
    sums = np.bincount(clusters, values)
    rough = _few(int(np.count_nonzero(sums)))
    sure = by(base.PAIRED_SHARES_CLUSTERED, found, units, what="clusters", rough=rough,
              p=sign_flip_p(sums))  # fmt: skip
    return _with_error(sure, won * scale, lost * scale, n * scale)


def bonett_price(won: float, lost: float, n: float, *, level: float = LEVEL) -> Interval:
    """The interval of (won - lost) / n for paired items: one of each is added (Laplace)."""
    middle, error = _added(won, lost, n)
    half = _normal(level) * error
    return max(-1.0, middle - half), min(1.0, middle + half)


def _added(won: float, lost: float, n: float) -> tuple[float, float]:
    """Centre and standard error of the difference with one of each added."""
    up, down = (won + 1) / (n + 2), (lost + 1) / (n + 2)
    middle = up - down
    return middle, math.sqrt(max(0.0, up + down - middle**2) / (n + 2))


def _with_error(sure: Uncertainty, won: float, lost: float, n: float) -> Uncertainty:
    centre, error = _added(won, lost, n)
    return replace(sure, centre=centre, error=error)


def mcnemar(lost: int, won: int) -> float:
    """Exact two-sided p of McNemar's test; 1 when nothing flipped.

    It asks whether flips in one direction outnumber those in the other: the net change alone.
    Source: McNemar, Psychometrika 12 (1947); exact binomial form.
    """
    n = lost + won
    return min(1.0, 2 * binomial_tail(min(lost, won), n)) if n else 1.0


def sign_flip_p(sums: ArrayLike) -> float:
    """Two-sided p that whole-number ``sums`` of clusters have mean 0, each sign being as likely.

    The distribution of the signed sum is computed exactly (Fisher, The Design of Experiments,
    1935, section 21), up to some 20 million cells; beyond, Student's t of the sums is close.
    """
    sizes = np.abs(np.rint(np.asarray(sums, dtype=np.float64))).astype(np.int64)
    sizes = sizes[sizes > 0]
    seen = abs(int(np.rint(np.asarray(sums, dtype=np.float64)).sum()))
    if not len(sizes) or not seen:
        return 1.0
    total = int(sizes.sum())
    if total * len(sizes) > _MOST_CELLS:
        return t_tails(seen / math.sqrt(float((sizes**2).sum())), len(sizes))
    # chances[k]: that the sizes whose sign is + add up to k.
    chances = np.zeros(total + 1)
    chances[0], reach = 1.0, 0
    for size in sizes.tolist():
        chances[size : reach + size + 1] += chances[: reach + 1].copy()
        chances[: reach + size + 1] /= 2
        reach += size
    least = (total + seen + 1) // 2
    return min(1.0, 2 * float(chances[least:].sum()))


def cluster_variance(residuals: Reals, clusters: Ints, n: int) -> float:
    """Variance of a mean over ``n`` items whose clusters are independent (Liang and Zeger 1986)."""
    sums = np.bincount(clusters, residuals)
    there = count_clusters(clusters)
    return float(there / (there - 1) * (sums**2).sum() / n**2)


def count_clusters(clusters: Ints) -> int:
    """How many there are; by counting, as sorting or hashing them takes most of the time."""
    return int(np.count_nonzero(np.bincount(clusters))) if len(clusters) else 0


def _units(clusters: Ints | None, n: int) -> tuple[int, bool]:
    units = n if clusters is None else count_clusters(clusters)
    return units, units < n


def _few(apart: int) -> str | None:
    """Why the variance between clusters is rough, of which so many differ from the rest."""
    if not 0 < apart < FEWEST_APART:
        return None
    return f"only {apart} cluster{'s differ' if apart > 1 else ' differs'}"


def _effective(spread: float, variance: float, n: int, units: int, level: float) -> float:
    """The effective number of items; that of clusters where nothing varies.

    Of Korn and Graubard's: corrected for the degrees of freedom, never more than there are.
    """
    if variance <= base.TOLERANCE * spread or spread <= 0:  # what rounding leaves is none
        return float(units)
    loss = (t_quantile(level, n - 1) / t_quantile(level, units - 1)) ** 2
    return min(float(n), max(1.0, spread / variance * loss))


def _beta_interval(right: float, n: float, level: float) -> Interval:
    tail, wrong = (1 - level) / 2, n - right
    low = beta_quantile(right, wrong + 1, tail) if right > base.TOLERANCE else 0.0
    high = 1 - beta_quantile(wrong, right + 1, tail) if wrong > base.TOLERANCE else 1.0
    return low, high


def _normal(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)
