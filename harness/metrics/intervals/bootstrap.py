"""The bootstrap over clusters of groups: seeded draws, and what a mean is in each of them.

The resampling unit is the cluster (the source that groups share), so that groups which rise and
fall together are drawn together (Cameron, Gelbach & Miller 2008, "pairs cluster bootstrap"). The
estimate is the mean over groups, so a replicate is a ratio of sums.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals.base import (
    LEVEL,
    TOLERANCE,
    Interval,
)

SEED = 20261123
_BLOCK_CELLS = 1 << 21
_EXACT = 1 << 53
_CACHED_CELLS, _CACHED_ROWS = 1 << 16, 256


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """A bootstrap over clusters; ``clusters`` runs parallel to the groups.

    Draws come from the raw bits of PCG64, whose stream NumPy guarantees, so equal input gives
    equal intervals under any NumPy. They depend on the number of clusters, on ``seed`` and on
    ``stream`` (another independent sequence of the same seed), and on nothing else.
    """

    clusters: Sequence[str]
    _: KW_ONLY
    replicates: int = 2000
    level: float = LEVEL
    seed: int = SEED
    stream: int = 0

    def __post_init__(self) -> None:
        if self.replicates < 1 or not 0 < self.level < 1:
            raise ValueError("a bootstrap needs replicates >= 1 and 0 < level < 1")

    @cached_property
    def codes(self) -> NDArray[np.int64]:
        """The cluster number of each group; clusters are numbered in sorted order of names."""
        number = {name: code for code, name in enumerate(sorted(set(self.clusters)))}
        return np.fromiter((number[c] for c in self.clusters), np.int64, len(self.clusters))

    @cached_property
    def clusters_count(self) -> int:
        """Number of distinct clusters."""
        return len(set(self.clusters))

    def describe(self) -> dict[str, Any]:
        """Method, level, replicates, seed and cluster count, as a record keeps them."""
        return {
            "method": "bootstrap over clusters",
            "level": self.level,
            "replicates": self.replicates,
            "seed": self.seed,
            "clusters": self.clusters_count,
        }

    def draws(self) -> Iterator[NDArray[np.int64]]:
        """Per replicate, the cluster numbers drawn with replacement, shape (clusters_count,)."""
        for block in self._draw_blocks(1):
            yield from block

    def _draw_blocks(self, copies: int) -> Iterator[NDArray[np.int64]]:
        # Shape (replicates of the block, clusters); ``copies`` is how often a caller holds it.
        return self._drawn(max(1, _BLOCK_CELLS // max(1, self.clusters_count * copies)))

    def _drawn(self, rows: int) -> Iterator[NDArray[np.int64]]:
        size = self.clusters_count
        bits = np.random.PCG64(np.random.SeedSequence([self.seed, self.stream]))
        for start in range(0, self.replicates, rows):
            count = min(rows, self.replicates - start)
            drawn = np.asarray(bits.random_raw(size * count), dtype=np.uint64)
            # In place: for many replicates the passes over memory are what takes the time.
            drawn >>= np.uint64(32)
            drawn *= np.uint64(size)
            drawn >>= np.uint64(32)
            yield drawn.view(np.int64).reshape(count, size)

    def counts(self) -> Iterator[NDArray[np.int64]]:
        """How often each cluster was drawn, in blocks of shape (some, clusters).

        A block fits a processor's cache unless that means fewer than 256 rows; weights made of
        it, (some, groups), are bounded as those of :meth:`weights` are.
        """
        size, groups = self.clusters_count, len(self.clusters)
        cached = max(_CACHED_ROWS, _CACHED_CELLS // max(1, size))
        yield from self._counted(max(1, min(cached, _BLOCK_CELLS // max(1, groups))))

    def _counted(self, rows: int) -> Iterator[NDArray[np.int64]]:
        size = self.clusters_count
        for drawn in self._drawn(rows):
            drawn += np.arange(len(drawn))[:, None] * size
            counted = np.bincount(drawn.reshape(-1), minlength=drawn.size)
            yield counted.reshape(drawn.shape)

    def weights(
        self, *, block: int | None = None, order: NDArray[np.int64] | None = None
    ) -> Iterator[NDArray[np.int64]]:
        """How often each group was drawn, in blocks of shape (<= block, groups).

        The default block bounds memory to about 16 MB; the rows do not depend on it. Groups come
        in another ``order`` where one is given.
        """
        rows = block or max(1, _BLOCK_CELLS // max(1, len(self.clusters)))
        codes = self.codes if order is None else self.codes[order]
        for counted in self._counted(rows):
            yield counted.take(codes, axis=1)

    def replicate_means(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean over groups in every replicate: (metrics, groups) -> (metrics, replicates).

        NaN in ``rows`` is a group without a value; NaN in the result is a replicate in which no
        drawn group has one. No BLAS is used, so the sums have one order on every machine.
        """
        whole = self.whole_means(rows)
        if whole is not None:
            found = np.concatenate([whole.of(counted) for counted in self.counts()])
            return np.ascontiguousarray(found.T)
        defined = ~np.isnan(rows)
        sums = self._per_cluster(np.where(defined, rows, 0.0))
        sizes, inverse = np.unique(
            self._per_cluster(defined.astype(np.float64)), axis=0, return_inverse=True
        )
        means = np.empty((len(rows), self.replicates))
        done = 0
        with np.errstate(invalid="ignore"):
            for drawn in self._draw_blocks(len(sums) + len(sizes)):
                total = sums.take(drawn, axis=1).sum(axis=2)
                count = sizes.take(drawn, axis=1).sum(axis=2)
                means[:, done : done + len(drawn)] = total / count[inverse.reshape(-1)]
                done += len(drawn)
        return means

    def whole_means(self, rows: NDArray[np.float64]) -> WholeMeans | None:
        """The same for blocks of :meth:`counts` that are at hand; ``None`` where a sum is no whole
        number, or too large to be exact."""
        defined = ~np.isnan(rows)
        sums = self._per_cluster(np.where(defined, rows, 0.0))
        exact = np.abs(sums).max(initial=0) < _EXACT / len(self.codes)
        if not (exact and (sums == np.rint(sums)).all()):
            return None
        sizes = self._per_cluster(defined.astype(np.float64))
        held = np.flatnonzero(sizes.any(axis=0))
        return WholeMeans(held, np.concatenate([sums, sizes])[:, held].T)

    def percentiles(self, replicates: NDArray[np.float64], value: float | None) -> Interval | None:
        """The percentile interval of replicate values, NaN (undefined replicates) left out.

        An end that misses ``value`` by rounding alone (1e-12) is moved onto it.
        """
        kept = replicates[~np.isnan(replicates)]
        if not kept.size:
            return None
        tail = (1 - self.level) / 2
        low, high = (float(q) for q in np.quantile(kept, [tail, 1 - tail]))
        if value is not None:
            low = value if 0 < low - value < TOLERANCE else low
            high = value if 0 < value - high < TOLERANCE else high
        return low, high

    def _per_cluster(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        count = self.clusters_count
        return np.stack([np.bincount(self.codes, row, minlength=count) for row in rows])


@dataclass(frozen=True, eq=False)
class WholeMeans:
    """Means of whole numbers, whose sums are exact in any order: by how often a cluster was drawn.

    ``table`` has the sums and sizes of the clusters that are ``held``, (held, 2 metrics).
    """

    held: NDArray[np.int64]
    table: NDArray[np.float64]

    def of(self, counted: NDArray[Any]) -> NDArray[np.float64]:
        """From how often each cluster was drawn, (replicates, clusters): (replicates, metrics)."""
        drawn = counted.take(self.held, axis=1).astype(np.float64) @ self.table
        metrics = self.table.shape[1] // 2
        with np.errstate(invalid="ignore"):
            return np.asarray(drawn[:, :metrics] / drawn[:, metrics:])
