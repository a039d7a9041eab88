"""Operating points from how often each cluster was drawn, instead of how often each item was.

A clustered bootstrap draws clusters, and every item of a cluster counts as often as its cluster.
So what lies above a cut is a sum over clusters, ``draws of the cluster * its items above``, and
the cut itself is nearly always among the few highest negatives. Both are far less work than a
weight for every item in every replicate; the counts are the same integers as those of
:mod:`harness.metrics.thresholds.operating_point`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics.thresholds.drawn_items import Draws, Kind
from harness.metrics.thresholds.operating_point import Cuts, Ints, Reals, allowed

_DEVIATIONS = 6.0
_FEW = 64  # of so few, comparing all is faster than a search in each row


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
        clusters: int,
        targets: Sequence[float],
        kind: Kind,
        *,
        conformal: bool = False,
    ) -> None:
        self._conformal = conformal
        order = np.argsort(-scores, kind="stable")
        self.reaches = [(target, reach(codes[order], target)) for target in targets]
        kept = order[: max((rows for _, rows in self.reaches), default=0)]
        self.values = scores[kept]
        self.codes = codes[kept]
        self.sizes: NDArray[Any] = np.bincount(codes, minlength=clusters).astype(kind)

    def cuts(self, draws: Draws, drawn: Ints | None = None) -> list[Cuts] | None:
        """The cuts at every target, or ``None`` where a replicate's cut is further down.

        ``drawn`` is how many negatives each replicate has, where that is known already.
        """
        drawn = _whole(draws.exact @ self.sizes) if drawn is None else drawn
        kinds = [allowed(target, drawn, conformal=self._conformal) for target, _ in self.reaches]
        k = np.stack([np.asarray(kind) for kind in kinds], axis=1)
        reached = _up_to(draws.counts.take(self.codes, axis=1), k)
        row = np.where(drawn[:, None] > 0, reached, -1)
        if np.any(row >= [rows for _, rows in self.reaches]):
            return None
        return [Cuts(row[:, i], k[:, i], drawn, self.values) for i in range(len(self.reaches))]


class Table:
    """By cluster, how many of some items are above each value that can be a cut (descending)."""

    def __init__(self, scores: Reals, codes: Ints, values: Reals, kind: Kind) -> None:
        order = np.argsort(-scores, kind="stable")
        above = len(scores) - np.searchsorted(scores[order][::-1], values, side="right")
        # The last row is for a replicate without a cut (row -1): it flags nothing.
        self._levels, self._level_of_row = np.unique(np.append(above, 0), return_inverse=True)
        self.clusters, self._column = np.unique(codes[order], return_inverse=True)
        self._kind = kind

    @property
    def cells(self) -> int:
        """Size of the table."""
        return len(self._levels) * len(self.clusters)

    @cached_property
    def sizes(self) -> NDArray[Any]:
        """Items per cluster."""
        return np.bincount(self._column, minlength=len(self.clusters)).astype(self._kind)

    @cached_property
    def counts(self) -> NDArray[Any]:
        """Items above, shape (distinct cuts, clusters)."""
        width = len(self.clusters)
        first = np.searchsorted(self._levels, np.arange(len(self._column)), side="right")
        cell = (first * width + self._column)[first < len(self._levels)]
        alone = np.bincount(cell, minlength=self.cells).reshape(len(self._levels), width)
        return np.asarray(np.cumsum(alone, axis=0).astype(self._kind))

    def rows(self, cut: Cuts) -> Ints:
        """Per replicate, the row of :attr:`counts` that belongs to the cut."""
        return np.asarray(self._level_of_row[cut.row])


class Tallied:
    """The items of a table in some replicates; counts like a ``Ranked`` of the same items."""

    def __init__(self, table: Table, draws: Draws) -> None:
        everywhere = len(table.clusters) == draws.exact.shape[1]
        self._table = table
        self._drawn = draws.exact if everywhere else draws.exact.take(table.clusters, axis=1)

    @property
    def total(self) -> Ints:
        """Weight of all, per replicate."""
        return _whole(self._drawn @ self._table.sizes)

    def flagged(self, cut: Cuts) -> Ints:
        """Weight of those above the cut, per replicate."""
        own = self._table.counts.take(self._table.rows(cut), axis=0)
        return _whole(np.einsum("ij,ij->i", self._drawn, own))


def _up_to(weights: NDArray[Any], k: Ints) -> Ints:
    """In each row, behind how many weights the running sum is at most each of the row's k."""
    counted = np.cumsum(weights, axis=1, dtype=weights.dtype)
    if weights.shape[1] <= _FEW:
        return np.asarray((counted[:, :, None] <= k[:, None]).sum(axis=1))
    found = [np.searchsorted(own, some, side="right") for own, some in zip(counted, k, strict=True)]
    return np.asarray(found, dtype=np.int64)


def _whole(values: NDArray[Any]) -> Ints:
    return np.asarray(values.astype(np.int64))
