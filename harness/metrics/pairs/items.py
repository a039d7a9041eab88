"""The items of a pair count in class order, and the blocks of their matrix product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Reals = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

PLACES = 12
"""Decimal places of a cosine in float64: ties are ties on every machine."""

_CHUNK = 8192
"""Pairs whose vectors are gathered at once."""

_PAIRS = 1_000_000
"""Pairs of one class that are looked at together."""


@dataclass(frozen=True)
class Items:
    """Unit vectors sorted by class number. ``order`` are the rows they came from.

    ``query`` marks queries where the others are the gallery; without it all pairs count.
    """

    vectors: Floats
    labels: Ints
    order: Ints
    query: Mask | None

    @classmethod
    def make(cls, vectors: Floats, labels: Ints, query: Mask | None) -> Items:
        """Sort by class, and queries before the gallery."""
        if query is None:
            order = np.argsort(labels, kind="stable")
            return cls(np.ascontiguousarray(vectors[order]), labels[order], order, None)
        order = np.lexsort((labels, ~query))
        return cls(np.ascontiguousarray(vectors[order]), labels[order], order, query[order])

    @property
    def classes(self) -> int:
        """Number of classes: the largest class number + 1."""
        return int(self.labels.max(initial=-1)) + 1

    @property
    def bound(self) -> float:
        """Largest error of a float32 product of two of these vectors of dimension D.

        The rounding errors of a sum of D terms stay below 8 sqrt(D) u but for a chance of 2e-13
        (Higham and Mary 2019, theorem 2.4), and below D u always (sum |x y| <= 1 by
        Cauchy-Schwarz); 8 u more for vectors a rounding longer than 1 and for making the bin.
        """
        dimension = self.vectors.shape[1]
        return float(min(dimension, 8 * np.sqrt(dimension)) + 8) * 2.0**-24

    @cached_property
    def sizes(self) -> Ints:
        """Items per class."""
        return np.bincount(self.labels, minlength=self.classes)

    def totals(self) -> tuple[Ints, Ints]:
        """Per class: pairs inside it, and pairs with exactly one end in it."""
        if self.query is None:
            sizes = self.sizes
            return sizes * (sizes - 1) // 2, sizes * (len(self.labels) - sizes)
        asked = np.bincount(self.labels[self.query], minlength=self.classes)
        held = self.sizes - asked
        same = asked * held
        return same, asked * held.sum() + held * asked.sum() - 2 * same

    def blocks(self, rows: int, columns: int) -> Iterator[tuple[slice, slice]]:
        """Blocks that cover every pair that counts once; on the diagonal, above it alone."""
        n = len(self.labels)
        if self.query is not None:
            asked = int(self.query.sum())
            for top in range(0, asked, rows):
                for left in range(asked, n, columns):
                    yield slice(top, min(top + rows, asked)), slice(left, min(left + columns, n))
            return
        for top in range(0, n, rows):
            for left in range(top, n, columns):
                yield slice(top, min(top + rows, n)), slice(left, min(left + columns, n))

    def class_pairs(self) -> Iterator[tuple[Ints, Ints, Reals]]:
        """Pairs of one class in chunks: rows of both ends, and their cosines in float64."""
        if self.query is None:
            rows = np.arange(len(self.labels))
            begin, end = rows + 1, np.searchsorted(self.labels, self.labels, side="right")
        else:
            rows = np.flatnonzero(self.query)  # they stand first, the gallery after them
            gallery = self.labels[len(rows) :]
            begin, end = (
                np.searchsorted(gallery, self.labels[rows], side=side) + len(rows)
                for side in ("left", "right")
            )
        counts = np.maximum(end - begin, 0)
        for part in _chunks(counts):
            first = np.repeat(rows[part], counts[part])
            ends = np.cumsum(counts[part])
            offset = np.arange(len(first)) - np.repeat(ends - counts[part], counts[part])
            second = np.repeat(begin[part], counts[part]) + offset
            yield first, second, self.cosines(first, second)

    def cosines(self, first: Ints, second: Ints) -> Reals:
        """Cosines of pairs of rows in float64, rounded to 12 places."""
        return cosines(self.vectors, first, second)


def cosines(vectors: Floats, first: Ints, second: Ints) -> Reals:
    """Inner products of pairs of rows in float64, rounded to 12 places."""
    found = np.empty(len(first))
    for start in range(0, len(first), _CHUNK):
        part = slice(start, start + _CHUNK)
        a = vectors[first[part]].astype(np.float64)
        b = vectors[second[part]].astype(np.float64)
        found[part] = np.einsum("ij,ij->i", a, b)
    return np.round(found, PLACES)


def _chunks(counts: Ints) -> Iterator[slice]:
    """Runs of rows with about a million pairs each."""
    total = np.cumsum(counts)
    start = 0
    while start < len(counts) and total[-1] > (total[start - 1] if start else 0):
        done = total[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(total, done + _PAIRS, side="right")))
        yield slice(start, stop)
        start = stop
