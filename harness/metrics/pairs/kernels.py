"""What is done with one block of cosines, in NumPy: the plain form of every other backend.

A kernel sees pairs of different classes only; those of one class are few and are computed in
float64 apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from harness.metrics.pairs.items import cosines

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

BINS = 1 << 16
"""Bins of the cosine from -1 to 1."""

HALF = BINS // 2


@dataclass(frozen=True, slots=True)
class First:
    """State of the first pass: a histogram of cosines, and each row's nearest other class."""

    histogram: Ints
    nearest: Floats


@dataclass(frozen=True, slots=True)
class Plan:
    """What the second pass looks for.

    ``cosines`` are the thresholds, descending. Pairs below ``floor`` matter to nothing. A pair is
    unsure within ``bound`` of a threshold, or in a watched bin. Per bin, ``level`` is how many
    watched windows lie wholly below it, -1 in a watched bin; and ``start`` is the first threshold
    that is not above the bin's upper end.
    """

    cosines: NDArray[np.float64]
    floor: float
    bound: float
    level: NDArray[np.int8]
    start: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Second:
    """State of the second pass: pairs by class and first threshold, and by level of the bin.

    ``other`` has a column more than there are thresholds, for pairs beyond all of them.
    """

    other: Ints
    levels: Ints


class Kernels(Protocol):
    """A backend: one object serves one thread. ``top``, ``left``: the block's first row, column."""

    def multiply(self, rows: Floats, columns: Floats) -> Floats:
        """The matrix product of a block, in float32; valid until the next one."""
        ...

    def cosines(self, vectors: Floats, first: Ints, second: Ints) -> NDArray[np.float64]:
        """Inner products of pairs of rows in float64, rounded to 12 places."""
        ...

    def first(
        self, block: Floats, labels: Ints, top: int, left: int, upper: bool, state: First
    ) -> None:
        """Add a block to the first pass."""
        ...

    def second(
        self,
        block: Floats,
        labels: Ints,
        top: int,
        left: int,
        upper: bool,
        plan: Plan,
        state: Second,
    ) -> tuple[Ints, Ints]:
        """Add the sure pairs of a block; return rows of both ends of those that are unsure."""
        ...

    def finish(self, state: First | Second) -> None:
        """End a pass: whatever is still held goes into the state."""
        ...


def bins_of(cosines: Floats) -> NDArray[np.int64]:
    """The bin of each float32 cosine."""
    scaled = (cosines + np.float32(1)) * np.float32(HALF)
    return np.clip(scaled.astype(np.int64), 0, BINS - 1)


class NumpyKernels:
    """The plain form."""

    def multiply(self, rows: Floats, columns: Floats) -> Floats:
        """See :class:`Kernels`."""
        return np.asarray(rows @ columns.T)

    def cosines(self, vectors: Floats, first: Ints, second: Ints) -> NDArray[np.float64]:
        """See :class:`Kernels`."""
        return cosines(vectors, first, second)

    def first(
        self, block: Floats, labels: Ints, top: int, left: int, upper: bool, state: First
    ) -> None:
        """See :class:`Kernels`."""
        counted = _counted(block, labels, top, left, upper)
        state.histogram[:] += np.bincount(bins_of(block[counted]), minlength=BINS)
        shown = np.where(counted, block, np.float32(-2))
        rows = slice(top, top + block.shape[0])
        columns = slice(left, left + block.shape[1])
        np.maximum(state.nearest[rows], shown.max(axis=1), out=state.nearest[rows])
        np.maximum(state.nearest[columns], shown.max(axis=0), out=state.nearest[columns])

    def second(
        self,
        block: Floats,
        labels: Ints,
        top: int,
        left: int,
        upper: bool,
        plan: Plan,
        state: Second,
    ) -> tuple[Ints, Ints]:
        """See :class:`Kernels`."""
        near = _counted(block, labels, top, left, upper) & (block >= np.float32(plan.floor))
        rows, columns = np.nonzero(near)
        values = block[rows, columns]
        bins = bins_of(values)
        step = np.searchsorted(-plan.cosines, -(values.astype(np.float64)), side="left")
        padded = np.concatenate([[np.inf], plan.cosines, [-np.inf]])
        gap = np.minimum(padded[step] - values, values - padded[step + 1])
        level = plan.level[bins]
        sure = (gap > plan.bound) & (level >= 0)
        state.levels[:] += np.bincount(level[sure], minlength=len(state.levels))
        add(state.other, labels, rows[sure] + top, columns[sure] + left, step[sure])
        return rows[~sure] + top, columns[~sure] + left

    def finish(self, state: First | Second) -> None:
        """Nothing is held."""


def add(table: Ints, labels: Ints, first: Ints, second: Ints, step: Ints) -> None:
    """Count pairs for the classes of both ends at their first threshold; flat bincounts."""
    width = table.shape[1]
    for ends in (first, second):
        cells = labels[ends] * width + step
        table += np.bincount(cells, minlength=table.size).reshape(table.shape)


def _counted(block: Floats, labels: Ints, top: int, left: int, upper: bool) -> NDArray[np.bool_]:
    rows = labels[top : top + block.shape[0], None]
    columns = labels[None, left : left + block.shape[1]]
    counted = rows != columns
    if upper and left < top + block.shape[0]:
        counted &= np.arange(block.shape[0])[:, None] + top < np.arange(block.shape[1]) + left
    return np.asarray(counted)
