"""Whose nearest other item is of the same class: R@1, decided in float64 where it is close."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.metrics.pairs.items import PLACES, Floats, Ints, Items, Reals

_ROWS, _COLUMNS = 64, 8192


def nearest_hits(items: Items, other: Floats) -> NDArray[np.int8]:
    """1 where the nearest other is of the class, 0 where not, -1 without one, in given order.

    ``other`` are float32 cosines of each row's nearest item of another class (-2: there is none).
    A hit must be strictly nearer than every item of other classes. With a gallery, queries alone
    are asked.
    """
    own = nearest_own(items)
    asked = np.isfinite(own)
    if items.query is not None:
        asked &= items.query
    gap = own - other
    hits = np.where(gap > 0, 1, 0).astype(np.int8)
    close = np.flatnonzero(asked & (np.abs(gap) <= 2 * items.bound))
    if len(close):
        hits[close] = own[close] > _nearest_other(items, close)
    hits[~asked] = -1
    found = np.empty(len(hits), dtype=np.int8)
    found[items.order] = hits
    return found


def nearest_own(items: Items) -> Reals:
    """Largest cosine of each row with another of its class, -inf where there is none."""
    best = np.full(len(items.labels), -np.inf)
    for first, second, cosines in items.class_pairs():
        np.maximum.at(best, first, cosines)
        np.maximum.at(best, second, cosines)
    return best


def _nearest_other(items: Items, rows: Ints) -> Reals:
    best = np.full(len(rows), -np.inf)
    for left in range(0, len(items.labels), _COLUMNS):
        columns = slice(left, left + _COLUMNS)
        there = items.vectors[columns].astype(np.float64)
        for top in range(0, len(rows), _ROWS):
            part = rows[top : top + _ROWS]
            cosines = np.round(items.vectors[part].astype(np.float64) @ there.T, PLACES)
            skip = items.labels[part, None] == items.labels[None, columns]
            if items.query is not None:
                skip |= items.query[None, columns]
            cosines[skip] = -np.inf
            best[top : top + _ROWS] = np.maximum(best[top : top + _ROWS], cosines.max(axis=1))
    return best
