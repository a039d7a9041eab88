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
from harness.metrics.thresholds.operating_point import Cuts, Ints, Reals

Kind = type[np.floating[Any]]

_EXACT_FLOAT32 = 1 << 24
_EXACT_INT32 = 1 << 30  # twice as much is still one


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


class Pool:
    """Items by the rows that they are of: those that several ask for are sorted once."""

    def __init__(self, scores: Reals, codes: Ints) -> None:
        self._scores, self._codes = scores, codes
        self._made: dict[bytes, Items] = {}

    def items(self, rows: Ints) -> Items:
        """The items of these rows."""
        key = rows.tobytes()
        if key not in self._made:
            self._made[key] = Items(self._scores[rows], self._codes[rows])
        return self._made[key]


class Draws:
    """How often each cluster was drawn, (replicates, clusters): as integers and as floats.

    ``kind`` is a float type in which all counts are exact, see :func:`exact_kind`; ``most`` is
    what all items of a replicate may count together.
    """

    def __init__(self, counts: Ints, kind: Kind, most: int = _EXACT_INT32) -> None:
        self.counts: NDArray[Any] = counts if most >= _EXACT_INT32 else counts.astype(np.int32)
        self.exact: NDArray[Any] = counts.astype(kind)
        self._running: dict[int, tuple[Items, NDArray[Any]]] = {}

    def __len__(self) -> int:
        return len(self.counts)

    def running(self, items: Items) -> NDArray[Any]:
        """Weight of the first 0, 1, 2, ... items, shape (replicates, items + 1)."""
        if id(items) not in self._running:  # the items are held, so that no other has their id
            found = np.zeros((len(self), len(items) + 1), dtype=self.counts.dtype)
            drawn = self.counts.take(items.codes, axis=1)
            np.cumsum(drawn, axis=1, dtype=found.dtype, out=found[:, 1:])
            self._running[id(items)] = items, found
        return self._running[id(items)][1]


class Placed:
    """Items, and how many of them are above each value that can be a cut (descending)."""

    def __init__(self, items: Items, values: Reals) -> None:
        self.items = items
        # The last is for a replicate without a cut (row -1): it flags nothing.
        self.above = np.append(items.above(values), 0)


class Summed:
    """Placed items in some replicates; counts like a ``Ranked`` of the same items."""

    def __init__(self, placed: Placed, draws: Draws) -> None:
        self._above = placed.above
        self._running = draws.running(placed.items)

    @property
    def total(self) -> Ints:
        """Weight of all, per replicate."""
        return np.asarray(self._running[:, -1], dtype=np.int64)

    def flagged(self, cut: Cuts) -> Ints:
        """Weight of those above the cut, per replicate."""
        rows = np.arange(len(self._running))
        return np.asarray(self._running[rows, self._above[cut.row]], dtype=np.int64)


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
    kind = exact_kind(bootstrap.codes, bootstrap.clusters_count)
    for counts in bootstrap.counts():
        yield Draws(counts, kind, most)
