"""Items sorted once, and how far they count in block after block of bootstrap replicates.

Scores do not change between replicates, so neither does the order of the items, nor how many of
them lie above a value that can be a cut. What changes is how often each cluster was drawn: one
gather and one running sum per replicate give everything that is above any cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import Bootstrap
from harness.metrics.thresholds.operating_point import Ints, Reals

Kind = type[np.floating[Any]]

_EXACT_FLOAT32 = 1 << 24
_EXACT_INT32 = 1 << 30  # twice as much is still one
_MOST_BYTE = 255


class Items:
    """Some items in descending order of score, and the clusters that they are drawn with."""

    def __init__(self, scores: Reals, codes: Ints) -> None:
        order = np.argsort(-scores, kind="stable")
        self.scores = scores[order]
        self.codes = codes[order]

    def __len__(self) -> int:
        return len(self.scores)

    def above(self, values: Reals) -> Ints:
        """How many of the items are above each of these values."""
        return len(self) - np.searchsorted(self.scores[::-1], values, side="right")

    def down_to(self, values: Reals) -> Ints:
        """How many of the items are at or above each of these values."""
        return len(self) - np.searchsorted(self.scores[::-1], values, side="left")


class Draws:
    """How often each cluster was drawn, (replicates, clusters).

    ``most`` is what all items of a replicate may count together; ``kind`` holds that. The counts
    are bytes where they fit: each is looked up for items in any order, which a processor's inner
    cache then answers for 160,000 clusters as it does for 10,000.
    """

    def __init__(self, counts: Ints, most: int = _EXACT_INT32) -> None:
        self.kind: type[np.integer[Any]] = np.int64 if most >= _EXACT_INT32 else np.int32
        small = counts.max(initial=0) <= _MOST_BYTE
        self.counts: NDArray[Any] = counts.astype(np.uint8 if small else self.kind)
        self._running: dict[int, tuple[Ints, NDArray[Any]]] = {}

    def __len__(self) -> int:
        return len(self.counts)

    def of(self, codes: Ints) -> NDArray[Any]:
        """How often items of these clusters were drawn, (replicates, items); not to be added up
        in its own type."""
        return self.counts.take(codes, axis=1)

    def running(self, codes: Ints) -> NDArray[Any]:
        """Weight of the first 0, 1, 2, ... items of these clusters, (replicates, items + 1)."""
        if id(codes) not in self._running:  # the array is held, so that no other has its id
            found = np.zeros((len(self), len(codes) + 1), dtype=self.kind)
            np.cumsum(self.of(codes), axis=1, dtype=self.kind, out=found[:, 1:])
            self._running[id(codes)] = codes, found
        return self._running[id(codes)][1]


def exact_kind(codes: Ints, clusters: int) -> Kind:
    """A float type in which all counts of items of these clusters are exact, in any order."""
    return np.float32 if most_drawn(codes, clusters) < _EXACT_FLOAT32 else np.float64


def most_drawn(codes: Ints, clusters: int) -> int:
    """What all items of a replicate may count together.

    A replicate draws as many clusters as there are, at worst the largest each time.
    """
    return clusters * (int(np.bincount(codes).max()) if len(codes) else 0)


def blocks_of(bootstrap: Bootstrap) -> Iterator[Draws]:
    """The draws of all replicates, in blocks that fit in memory."""
    most = most_drawn(bootstrap.codes, bootstrap.clusters_count)
    for counts in bootstrap.counts():
        yield Draws(counts, most)
