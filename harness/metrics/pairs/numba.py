"""The kernels of :mod:`harness.metrics.pairs.kernels` compiled: one loop over a block, no copies.

Needs numba (extra ``[fast]``). All release the interpreter's lock, so that every core can do
blocks of its own; the matrix product is left to NumPy and takes most of the time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from harness.metrics.pairs.items import PLACES
from harness.metrics.pairs.kernels import BINS, HALF, First, Floats, Ints, Plan, Second


class NumbaKernels:
    """See :class:`harness.metrics.pairs.kernels.Kernels`."""

    def __init__(self) -> None:
        self._buffer = np.empty((0, 0), dtype=np.float32)

    def multiply(self, rows: Floats, columns: Floats) -> Floats:
        """By NumPy, into one buffer: the last product is overwritten."""
        shape = (len(rows), len(columns))
        if self._buffer.shape != shape:
            self._buffer = np.empty(shape, dtype=np.float32)
        return np.matmul(rows, columns.T, out=self._buffer)

    def cosines(self, vectors: Floats, first: Ints, second: Ints) -> NDArray[np.float64]:
        """In one loop over the pairs."""
        return np.round(np.asarray(_cosines(vectors, first, second)), PLACES)

    def first(
        self, block: Floats, labels: Ints, top: int, left: int, upper: bool, state: First
    ) -> None:
        """In one loop over the block."""
        _first(block, labels, (top, left, upper), state.histogram, state.nearest)

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
        """In one loop over the block."""
        unsure = np.empty((2, block.size), dtype=np.int32)
        limits = (np.float32(plan.floor), plan.bound)
        tables = (plan.cosines, plan.level, plan.start)
        place = (top, left, upper)
        count = _second(block, labels, place, tables, limits, state.other, state.levels, unsure)
        rows, columns = unsure[:, :count].astype(np.int64)
        return rows, columns

    def finish(self, state: First | Second) -> None:
        """Nothing is held."""


# The order of a sum is the compiler's: rounding to 12 places takes the difference away.
@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})  # type: ignore[untyped-decorator, unused-ignore]
def _cosines(vectors: Any, first: Any, second: Any) -> Any:
    found = np.empty(len(first))
    for pair in range(len(first)):
        a, b = vectors[first[pair]], vectors[second[pair]]
        total = 0.0
        for k in range(a.shape[0]):
            total += np.float64(a[k]) * np.float64(b[k])
        found[pair] = total
    return found


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _bin(value: Any) -> Any:
    scaled = int((value + np.float32(1)) * np.float32(HALF))
    return min(max(scaled, 0), BINS - 1)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _first(block: Any, labels: Any, place: Any, histogram: Any, nearest: Any) -> None:
    top, left, upper = place
    mixed = not upper or labels[top + block.shape[0] - 1] >= labels[left]
    for i in range(block.shape[0]):
        row = top + i
        label, best = labels[row], nearest[row]
        for j in range(max(0, row + 1 - left) if upper else 0, block.shape[1]):
            if mixed and labels[left + j] == label:
                continue
            value = block[i, j]
            histogram[_bin(value)] += 1
            best = max(best, value)
            nearest[left + j] = max(nearest[left + j], value)
        nearest[row] = max(nearest[row], best)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _second(
    block: Any,
    labels: Any,
    place: Any,
    tables: Any,
    limits: Any,
    other: Any,
    levels: Any,
    unsure: Any,
) -> int:
    top, left, upper = place
    cosines, level, start = tables
    floor, bound = limits
    count = 0
    mixed = not upper or labels[top + block.shape[0] - 1] >= labels[left]
    for i in range(block.shape[0]):
        row = top + i
        label = labels[row]
        for j in range(max(0, row + 1 - left) if upper else 0, block.shape[1]):
            value = block[i, j]
            if value < floor or (mixed and labels[left + j] == label):
                continue
            bin_ = _bin(value)
            step = start[bin_]
            while step < len(cosines) and cosines[step] > value:
                step += 1
            near = level[bin_] < 0
            if step > 0 and cosines[step - 1] - value <= bound:
                near = True
            if step < len(cosines) and value - cosines[step] <= bound:
                near = True
            if near:
                unsure[0, count], unsure[1, count] = row, left + j
                count += 1
            else:
                levels[level[bin_]] += 1
                other[label, step] += 1
                other[labels[left + j], step] += 1
    return count
