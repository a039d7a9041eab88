"""How sure an area under the ROC curve is: DeLong's variance, over clusters Obuchowski's.

Every positive has a share of negatives that it beats, and every negative a share of positives that
beat it. The area is the mean of either, and their spread is its variance: from sorted scores, so
that a large set costs no more than its sorting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import base
from harness.metrics.intervals.base import LEVEL, TOLERANCE, Uncertainty, by
from harness.metrics.intervals.distributions import t_quantile
from harness.metrics.intervals.means import logistic, unseen

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Components:
    """The area, and what each positive and each negative has to do with it (ties one half)."""

    area: float
    positives: Reals
    negatives: Reals


def area(
    negatives: Reals,
    positives: Reals,
    clusters: tuple[Ints, Ints] | None = None,
    *,
    level: float = LEVEL,
) -> Uncertainty:
    """The interval of the area for scores of both classes, shapes (n,) and (m,).

    ``clusters`` are the cluster numbers of negatives and positives, ``None`` where every score is
    one of its own. A cluster may hold both kinds. Student's t has the degrees of the kind with
    fewer clusters. Where no score moves the area, what the fewer clusters did not show may.
    """
    if not len(negatives) or not len(positives):
        return base.none(0, base.NO_VALUES)
    found = components(negatives, positives)
    own = clusters or (
        np.arange(len(negatives)),
        np.arange(len(negatives), len(negatives) + len(positives)),
    )
    units = min(len(np.unique(own[0])), len(np.unique(own[1])))
    if units < 2:
        return base.none(units, base.FEW_CLUSTERS)
    error = math.sqrt(variance(found, own))
    value = found.area
    if error <= TOLERANCE or not 0 < value < 1:
        return _unmoved(value, units, level)
    half = t_quantile(level, units - 1) * error / (value * (1 - value))
    middle = math.log(value / (1 - value))
    ends = logistic(middle - half), logistic(middle + half)
    few = f"less than one of {units} clusters of a kind from the end of its range"
    rough = few if min(value, 1 - value) * units < 1 else None
    return by(base.DELONG, ends, units, what="clusters of a kind", rough=rough)


def components(negatives: Reals, positives: Reals) -> Components:
    """Structural components (DeLong and others 1988, equations 3 and 4), in O(N log N)."""
    n, m = len(negatives), len(positives)
    ordered_neg, ordered_pos = np.sort(negatives), np.sort(positives)
    won = _twice_below(ordered_neg, positives)
    lost = 2 * m - _twice_below(ordered_pos, negatives)
    return Components(int(won.sum()) / (2 * n * m), won / (2 * n), lost / (2 * m))


def variance(found: Components, clusters: tuple[Ints, Ints]) -> float:
    """Variance of the area (Obuchowski 1997, section 2; without clusters it is DeLong's)."""
    count = 1 + max(int(own.max()) for own in clusters)
    negatives = _sums(found.negatives - found.area, clusters[0], count)
    positives = _sums(found.positives - found.area, clusters[1], count)
    both = len(np.unique(np.concatenate(clusters)))
    n, m = len(found.negatives), len(found.positives)
    own = _spread(negatives, clusters[0]) / n**2 + _spread(positives, clusters[1]) / m**2
    shared = both / (both - 1) * float((negatives * positives).sum()) / (n * m)
    return max(0.0, own + 2 * shared)


def _twice_below(ordered: Reals, scores: Reals) -> Ints:
    """Per score twice how many of the ordered ones are below it, those that tie counting half."""
    below = np.searchsorted(ordered, scores, side="left")
    return np.asarray(below + np.searchsorted(ordered, scores, side="right"))


def _sums(values: Reals, clusters: Ints, count: int) -> Reals:
    return np.asarray(np.bincount(clusters, values, count), dtype=np.float64)


def _spread(sums: Reals, clusters: Ints) -> float:
    units = len(np.unique(clusters))
    return units / (units - 1) * float((sums**2).sum())


def _unmoved(value: float, units: int, level: float) -> Uncertainty:
    other = unseen(units, level)
    ends = value - other * value, value + other * (1 - value)
    few = f"none of {units} clusters of a kind moves it" if units < base.DELONG.fit_from else None
    return by(base.ALIKE, ends, units, rough=few)
