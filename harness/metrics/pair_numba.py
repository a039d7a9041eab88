"""The kernels of :mod:`harness.metrics.pair_kernels` compiled: one pass over a block, no copies.

Needs numba (extra ``[fast]``). The matrix product is left to NumPy and takes most of the time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from harness.metrics.pair_items import PLACES
from harness.metrics.pair_kernels import BINS, HALF, First, Floats, Ints, Plan, Second


class NumbaKernels:
    """See :class:`harness.metrics.pair_kernels.Kernels`."""

    def multiply(self, rows: Floats, columns: Floats) -> Floats:
        """By NumPy."""
        return np.asarray(rows @ columns.T)

    def cosines(self, vectors: Floats, first: Ints, second: Ints) -> NDArray[np.float64]:
        """In one loop over the pairs, on every core."""
        return np.round(np.asarray(_cosines(vectors, first, second)), PLACES)

    def first(
        self, block: Floats, labels: Ints, top: int, left: int, upper: bool, state: First
    ) -> None:
        """In one loop over the block."""
        _first(block, labels, top, left, upper, state.histogram, state.nearest)

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
        rows, columns = np.empty((2, block.size), dtype=np.int64)
        count = _second(
            block,
            labels,
            (top, left, upper),
            plan.cosines,
            (plan.floor, plan.bound),
            plan.watched,
            plan.level,
            state.other,
            state.levels,
            (rows, columns),
        )
        return rows[:count].copy(), columns[:count].copy()


# The order of a sum is the compiler's: rounding to 12 places takes the difference away.
@njit(cache=True, parallel=True, fastmath={"reassoc", "contract"})  # type: ignore[untyped-decorator, unused-ignore]
def _cosines(vectors: Any, first: Any, second: Any) -> Any:
    found = np.empty(len(first))
    for pair in prange(len(first)):
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
def _first(
    block: Any, labels: Any, top: int, left: int, upper: bool, histogram: Any, nearest: Any
) -> None:
    for i in range(block.shape[0]):
        row = top + i
        label, best = labels[row], nearest[row]
        for j in range(max(0, row + 1 - left) if upper else 0, block.shape[1]):
            column = left + j
            if labels[column] == label:
                continue
            value = block[i, j]
            histogram[_bin(value)] += 1
            best = max(best, value)
            nearest[column] = max(nearest[column], value)
        nearest[row] = best


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _step(cosines: Any, value: Any) -> Any:
    """The first of the descending cosines that is not above ``value``."""
    low, high = 0, len(cosines)
    while low < high:
        middle = (low + high) // 2
        if cosines[middle] > value:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _second(
    block: Any,
    labels: Any,
    place: Any,
    cosines: Any,
    limits: Any,
    watched: Any,
    level: Any,
    other: Any,
    levels: Any,
    unsure: Any,
) -> int:
    top, left, upper = place
    floor, bound = np.float32(limits[0]), limits[1]
    count = 0
    for i in range(block.shape[0]):
        row = top + i
        label = labels[row]
        for j in range(max(0, row + 1 - left) if upper else 0, block.shape[1]):
            value = block[i, j]
            if value < floor or labels[left + j] == label:
                continue
            step, bin_ = _step(cosines, value), _bin(value)
            near = watched[bin_]
            if step > 0 and cosines[step - 1] - value <= bound:
                near = True
            if step < len(cosines) and value - cosines[step] <= bound:
                near = True
            if near:
                unsure[0][count], unsure[1][count] = row, left + j
                count += 1
            else:
                levels[level[bin_]] += 1
                other[label, step] += 1
                other[labels[left + j], step] += 1
    return count
