"""Means and paired differences of means over clusters, by Student's t, and means over tasks.

A mean of values in a known range is handled on the logit scale, where a skewed distribution near
an end of the range is less so, and where an interval cannot leave the range.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.metrics.intervals import base
from harness.metrics.intervals.base import LEVEL, TOLERANCE, Interval, Uncertainty, by
from harness.metrics.intervals.distributions import t_quantile, t_tails
from harness.metrics.intervals.shares import (
    cluster_variance,
    count_clusters,
    paired_share,
    share,
)

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]
Range = tuple[float | None, float | None]

FRACTIONS: Range = (0.0, 1.0)
FEWEST_APART = 10
"""Units off the commonest value below which a mean is rough: the rest tells nothing of spread."""

FEWEST_SPREAD = 5.0
"""Units that carry the variance below which a mean is rough: it is itself not known then."""


def mean_of(values: NDArray[np.float64]) -> float | None:
    """Mean of the values that are not NaN, exact to the last bit in any order; ``None`` if none.

    Values must be finite, and so must their sum.
    """
    defined = values[~np.isnan(values)]
    return math.fsum(defined.tolist()) / len(defined) if len(defined) else None


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean with its standard error and degrees of freedom, over so many clusters.

    ``few`` says that hardly any unit differs from the others.
    """

    value: float
    error: float
    units: int
    few: str | None

    @property
    def degrees(self) -> int:
        """Degrees of freedom of the error."""
        return self.units - 1


def spread_of(values: ArrayLike, clusters: Ints | None = None) -> Spread | None:
    """Mean and cluster-robust error of values (NaN is a unit without one), from two clusters on."""
    every = np.asarray(values, dtype=np.float64)
    there = ~np.isnan(every)
    kept = every[there]
    own = np.arange(len(kept)) if clusters is None else np.asarray(clusters)[there]
    units = count_clusters(own)
    if units < 2:
        return None
    middle = math.fsum(kept.tolist()) / len(kept)
    variance = cluster_variance(kept - middle, own, len(kept))
    size = max(1.0, float(np.abs(kept).max()))
    error = math.sqrt(variance) if variance > (TOLERANCE * size) ** 2 else 0.0
    return Spread(middle, error, units, _few(kept) or _heavy(kept - middle, own))


def mean(
    values: ArrayLike,
    clusters: Ints | None = None,
    *,
    limits: Range = FRACTIONS,
    level: float = LEVEL,
) -> Uncertainty:
    """The interval of the mean over groups; NaN marks one without a value.

    ``clusters`` are numbers parallel to the values, ``limits`` the ends of the metric's range.
    Zeros and ones alone are a share (:func:`~harness.metrics.intervals.shares.share`).
    """
    every = np.asarray(values, dtype=np.float64)
    there = ~np.isnan(every)
    if limits == FRACTIONS and there.any() and bool(np.isin(every[there], (0.0, 1.0)).all()):
        return share(every[there], None if clusters is None else clusters[there], level=level)
    found = spread_of(every, clusters)
    if found is None:
        return base.none(int(there.any()), base.FEW_CLUSTERS if there.any() else base.NO_VALUES)
    low, high = limits
    if not found.error:
        return _alike(found, limits, level)
    wide = t_quantile(level, found.degrees) * found.error
    if low is None or high is None or not low < found.value < high:
        ends = found.value - wide, found.value + wide
        return by(base.T_MEAN, ends, found.units, rough=found.few).within(low, high)
    middle = (found.value - low) / (high - low)
    half = wide / (high - low) / (middle * (1 - middle))
    centre = math.log(middle / (1 - middle))
    ends = (
        low + (high - low) * logistic(centre - half),
        low + (high - low) * logistic(centre + half),
    )
    return by(base.T_LOGIT, ends, found.units, rough=found.few)


def paired_mean(
    differences: ArrayLike,
    clusters: Ints | None = None,
    *,
    limits: Range = FRACTIONS,
    level: float = LEVEL,
) -> Uncertainty:
    """The interval and p of a mean of paired differences; NaN marks a pair without one.

    ``limits`` is the range of either side. Differences of -1, 0 and 1 alone are those of shares
    (:func:`~harness.metrics.intervals.shares.paired_share`).
    """
    every = np.asarray(differences, dtype=np.float64)
    there = ~np.isnan(every)
    if limits == FRACTIONS and there.any() and bool(np.isin(every[there], (-1.0, 0.0, 1.0)).all()):
        own = None if clusters is None else clusters[there]
        return paired_share(every[there], own, level=level)
    found = spread_of(every, clusters)
    if found is None:
        return base.none(int(there.any()), base.FEW_CLUSTERS if there.any() else base.NO_VALUES)
    low, high = limits
    wide = None if low is None or high is None else high - low
    both: Range = (None, None) if wide is None else (-wide, wide)
    if not found.error:
        return _alike(found, both, level, p=alike_p(found.value, both, found.units))
    return differing(found.value, found.error, found.degrees, base.PAIRED_T, found.units,
                     rough=found.few, level=level).within(*both)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Mean of ``a - b`` over the groups that have both; wins are groups where ``a`` is better."""

    value: float | None
    sure: Uncertainty
    n: int
    wins: int
    losses: int
    ties: int


def paired_difference(
    a: Sequence[float | None] | Reals,
    b: Sequence[float | None] | Reals,
    clusters: Ints | None = None,
    *,
    higher_is_better: bool = True,
    limits: Range = FRACTIONS,
) -> PairedDifference:
    """The mean of ``a - b`` per group, with interval, p, and win, loss and tie counts.

    Both run parallel to ``clusters``, NaN (or ``None``) marking a group without a value, and
    ``limits`` is the range of either. Differences up to 1e-12 are ties. For metrics where lower is
    better, pass ``higher_is_better=False``: the value keeps its sign, wins turn.
    """
    difference = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    defined = difference[~np.isnan(difference)]
    up, down = int((defined > TOLERANCE).sum()), int((defined < -TOLERANCE).sum())
    wins, losses = (up, down) if higher_is_better else (down, up)
    return PairedDifference(
        value=mean_of(difference),
        sure=paired_mean(difference, clusters, limits=limits),
        n=len(defined),
        wins=wins,
        losses=losses,
        ties=len(defined) - up - down,
    )


def differing(
    value: float,
    error: float,
    degrees: float,
    method: base.Method,
    units: int,
    *,
    what: str = "units",
    rough: str | None = None,
    level: float = LEVEL,
) -> Uncertainty:
    """A difference with a standard error above 0: its interval and p by Student's t."""
    half = t_quantile(level, degrees) * error
    p = t_tails(value / error, degrees)
    found = by(method, (value - half, value + half), units, what=what, rough=rough, p=p)
    return replace(found, centre=value, error=error, degrees=degrees)


def mean_over_tasks(
    parts: Sequence[Spread | None], *, limits: Range = FRACTIONS, level: float = LEVEL
) -> Uncertainty:
    """The interval and p of the mean of independent tasks' means, each with its own error.

    ``None`` stands for a task with fewer than two clusters. The p is that the mean is 0.
    """
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or not known:
        return base.none(sum(part.units for part in known), base.FEW_CLUSTERS)
    count, units = len(known), sum(part.units for part in known)
    value = math.fsum(part.value for part in known) / count
    squares = [(part.error / count) ** 2 for part in known]
    if not sum(squares):
        least = Spread(value, 0.0, min(part.units for part in known), None)
        return _alike(least, limits, level, p=alike_p(value, limits, least.units))
    shares = [square**2 / part.degrees for square, part in zip(squares, known, strict=True)]
    degrees = sum(squares) ** 2 / sum(shares)
    found = differing(
        value, math.sqrt(sum(squares)), degrees, base.WITHIN_TASKS, units, level=level
    )
    return found.within(*limits)


def logistic(x: float) -> float:
    """1 / (1 + exp(-x)) without overflow."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def unseen(units: int, level: float = LEVEL) -> float:
    """The largest share of a population of which ``units`` units may all show nothing."""
    return 1 - float(((1 - level) / 2) ** (1 / units))


def alike_p(value: float, limits: Range, units: int) -> float | None:
    """Two-sided p that a difference is 0 though all ``units`` show ``value``: the bound turned.

    It is the chance that none of so many shows the other end of the range, where just enough of a
    population do to make its mean 0. ``None`` in an unbounded range.
    """
    low, high = limits
    if abs(value) <= TOLERANCE:
        return 1.0
    if low is None or high is None:
        return None
    end = high if value < 0 else low
    other = min(1.0, value / (value - end)) if value != end else 1.0
    return min(1.0, 2 * float((1 - other) ** units))


def _alike(found: Spread, limits: Range, level: float, p: float | None = None) -> Uncertainty:
    """All units alike: what a share of units that were not seen could make of it."""
    low, high = limits
    if low is None or high is None:
        return base.none(found.units, "all values are alike, and their range is unbounded")
    other = unseen(found.units, level)
    value = min(max(found.value, low), high)
    ends: Interval = (value - other * (value - low), value + other * (high - value))
    return by(base.ALIKE, ends, found.units, p=p)


def _few(values: Reals) -> str | None:
    """Why the spread of so few values is rough; ties up to rounding."""
    commonest = np.unique(np.round(values, 12), return_counts=True)[1].max()
    apart = len(values) - int(commonest)
    if apart >= FEWEST_APART or apart == 0:
        return None
    return f"only {apart} of {len(values)} differ from the rest"


def _heavy(residuals: Reals, clusters: Ints) -> str | None:
    """Why a variance that few units make up is rough: (sum of squares)^2 / sum of fourth powers.

    That counts units where all that are off lie equally far off; n / 3 for a normal distribution.
    """
    squares = np.bincount(clusters, residuals) ** 2
    fourth = float((squares**2).sum())
    if fourth <= 0:
        return None
    carrying = float(squares.sum()) ** 2 / fourth
    if carrying >= FEWEST_SPREAD:
        return None
    return f"few units make up the spread (about {carrying:.0f})"
