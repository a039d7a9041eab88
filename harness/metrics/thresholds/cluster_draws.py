"""The cuts of bootstrap replicates from how often each cluster was drawn.

The cut is nearly always among the few highest negatives, so that a running sum over these finds it;
it is the same as that of :mod:`harness.metrics.thresholds.operating_point`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics.thresholds.drawn_items import Draws
from harness.metrics.thresholds.operating_point import Cuts, Ints, Reals, allowed

_DEVIATIONS = 6.0
_FEW = 128  # of so few, comparing all is faster than a search by halves


def reach(codes: Ints, target: float) -> int:
    """How many of the highest negatives hold the cut in all but the rarest replicates.

    ``codes`` are the clusters of all negatives from the highest score down. The cut is among the
    first j when those count more than ``target`` times all. That difference is a sum over drawn
    clusters; j is the first whose mean difference is six standard deviations above zero.
    """
    count = len(codes)
    sizes: Ints = np.bincount(codes)
    by_cluster = np.argsort(codes, kind="stable")
    earlier = np.empty(count, dtype=np.int64)
    earlier[by_cluster] = np.arange(count) - (np.cumsum(sizes) - sizes)[codes[by_cluster]]
    # Sum over clusters of (its items among the first j - target * its items)^2, for every j.
    variance = (
        np.cumsum(2.0 * earlier + 1)
        - 2 * target * np.cumsum(sizes[codes])
        + target**2 * float(np.square(sizes).sum())
    )
    mean = np.arange(1, count + 1) - target * count
    sure = np.flatnonzero(mean > _DEVIATIONS * np.sqrt(np.maximum(variance, 0)))
    return int(sure[0]) + 1 if len(sure) else count


class Top:
    """The negatives that can be a cut at some targets, and their clusters, descending.

    A ``conformal`` cut is never below the other, so what reaches to that one holds both.
    """

    def __init__(
        self,
        scores: Reals,
        codes: Ints,
        targets: Sequence[float],
        *,
        conformal: bool = False,
    ) -> None:
        self._conformal = conformal
        order = np.argsort(-scores, kind="stable")
        self.reaches = [(target, reach(codes[order], target)) for target in targets]
        kept = order[: max((rows for _, rows in self.reaches), default=0)]
        self.values = scores[kept]
        self.codes = codes[kept]

    def cuts(self, draws: Draws, drawn: Ints) -> list[Cuts] | None:
        """The cuts at every target, or ``None`` where a replicate's cut is further down.

        ``drawn`` is how many negatives each replicate has.
        """
        kinds = [allowed(target, drawn, conformal=self._conformal) for target, _ in self.reaches]
        k = np.stack([np.asarray(kind) for kind in kinds], axis=1)
        reached = _up_to(np.cumsum(draws.of(self.codes), axis=1, dtype=draws.kind), k)
        row = np.where(drawn[:, None] > 0, reached, -1)
        if np.any(row >= [rows for _, rows in self.reaches]):
            return None
        return [Cuts(row[:, i], k[:, i], drawn, self.values) for i in range(len(self.reaches))]


def _up_to(counted: NDArray[Any], k: Ints) -> Ints:
    """In each row, how many of the running sums are at most each of the row's k."""
    if counted.shape[1] <= _FEW:
        return np.asarray((counted[:, :, None] <= k[:, None]).sum(axis=1))
    rows, low = np.arange(len(k))[:, None], np.zeros_like(k)
    high = np.full_like(k, counted.shape[1])
    while (low < high).any():  # by halves in all rows at once
        middle = (low + high) // 2
        after = counted[rows, np.minimum(middle, counted.shape[1] - 1)] <= k
        after &= low < high
        low, high = np.where(after, middle + 1, low), np.where(after, high, middle)
    return low
