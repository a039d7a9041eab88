"""Rates without each class in turn, from counts by class and distance: what a jackknife is made of.

Units are the classes that have pairs inside them, in their order. Classes of one item, which are
others only, are dealt out to them, so that whatever is drawn at random goes with some unit. The
pairs between two classes of one unit are taken off twice; they are few, and as few of the accepted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

REACH = 1.0
"""Cells beyond the outermost distances up to which counts are continued in a straight line."""


def units_of(same_total: Ints) -> Ints:
    """The unit of each class (C,), from 0; without any class that has pairs all are of unit 0."""
    kept = same_total > 0
    count = max(1, int(kept.sum()))
    found = np.empty(len(same_total), dtype=np.int64)
    found[kept] = np.arange(kept.sum())
    found[~kept] = np.arange((~kept).sum()) % count
    return found


def by_unit(counts: Ints, units: Ints) -> Ints:
    """Sums over the classes of each unit: (C, ...) -> (U, ...)."""
    found = np.zeros((int(units.max(initial=-1)) + 1, *counts.shape[1:]), dtype=np.int64)
    np.add.at(found, units, counts)
    return found


def largest_unit(same_total: Ints, other_total: Ints) -> int:
    """No unit has more pairs of two classes than this, however classes are numbered."""
    kept = same_total > 0
    if not kept.any():
        return 0
    dealt = -(-int((~kept).sum()) // int(kept.sum()))
    return int(other_total[kept].max() + dealt * other_total[~kept].max(initial=0))


def rate_without(accepted: Ints, total: Ints, ends: int = 1) -> Reals:
    """A pooled rate without each unit (U,): from its accepted pairs and all, (U,) each.

    ``ends`` is 2 where a pair stands in the counts of both its classes. NaN where none is left.
    """
    left = accepted.sum() // ends - accepted
    of = total.sum() // ends - total
    found = np.full(len(total), np.nan)
    np.divide(left, of, out=found, where=of > 0)
    return np.asarray(np.clip(found, 0.0, 1.0))


def tar_without(
    same: Ints, other: Ints, same_total: Ints, other_total: Ints, target: float, value: float
) -> Reals:
    """TAR at a target FAR without each unit, the cut derived anew: (U,).

    Counts are (U, G) at ascending distances and (U,). Without unit u, ``target`` of the pairs that
    are left may be accepted; the distance at which they are lies between two of those counted at,
    and so does the number of accepted pairs of one class, in a straight line. What that misses of
    ``value`` with all units is taken off. NaN where no pair is left, or none was counted near.
    """
    left = other.sum(axis=0) // 2 - other
    allowed = target * (other_total.sum() // 2 - other_total)
    accepted = _at(left, same.sum(axis=0) - same, allowed)
    pairs = same_total.sum() - same_total
    found = np.full(len(pairs), np.nan)
    np.divide(accepted, pairs, out=found, where=pairs > 0)
    found[other_total.sum() // 2 <= other_total] = np.nan
    total = int(same_total.sum())
    if not total or not len(found):
        return found
    every = other.sum(axis=0, keepdims=True) // 2, same.sum(axis=0, keepdims=True)
    missed = value - float(_at(*every, np.array([target * (other_total.sum() // 2)]))[0]) / total
    return np.clip(found + missed, 0.0, 1.0)


def ends_without(
    distances: Reals, other: Ints, other_total: Ints, far: tuple[float, float]
) -> Reals:
    """Distances at which the FAR reaches the ends of ``far`` without each unit: (2, U).

    In a straight line between distances (G,) that pairs were counted at, (U, G), and no further.
    """
    left = other.sum(axis=0) // 2 - other
    pairs = other_total.sum() // 2 - other_total
    found = []
    for share in far:
        cell, place = _place(left, share * pairs)
        width = distances[cell + 1] - distances[cell]
        found.append(distances[cell] + np.clip(place, 0, 1) * width)
    return np.array(found)


def _at(other: Ints, same: Ints, allowed: Reals) -> Reals:
    """Accepted pairs of one class where so many of two are, by row; NaN far from any count."""
    if other.shape[1] < 2:
        return np.full(len(other), np.nan)
    cell, place = _place(other, allowed)
    rows = np.arange(len(other))
    low, high = same[rows, cell], same[rows, cell + 1]
    found = np.where(np.abs(place - 0.5) <= 0.5 + REACH, low + place * (high - low), np.nan)
    return np.asarray(found)


def _place(counts: Ints, wanted: Reals) -> tuple[Ints, Reals]:
    """The cell of each row (U, G) in which a count is reached, and how far into it.

    As if the pairs of a cell were evenly spread over it, and one more stood at its end.
    """
    cell = np.clip((counts <= wanted[:, None]).sum(axis=1) - 1, 0, counts.shape[1] - 2)
    rows = np.arange(len(counts))
    fewer, more = counts[rows, cell], counts[rows, cell + 1]
    return cell, np.asarray((wanted - fewer + 0.5) / (more - fewer + 1))
