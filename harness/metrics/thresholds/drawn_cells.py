"""Items counted above cuts in many groups at once, in block after block of bootstrap replicates.

Groups overlap: a domain, a generator, an attack. Items that are in the same groups make a cell, and
a group is a sum over cells. Items are sorted by cell and, within it, by descending score, once; of
a replicate one gather and one running sum over all items then give what is above any cut in any
cell, however many groups there are. Counts are integers throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics.thresholds.drawn_items import Draws
from harness.metrics.thresholds.operating_point import Cuts, Ints, Reals

Mask = NDArray[np.bool_]

_WORD = 62


@dataclass(frozen=True, eq=False)
class Cells:
    """Items in the order of their cells, which are numbered from 0; shapes are (items,).

    ``first`` is an item of each cell, as they were given.
    """

    cell: Ints
    first: Ints
    scores: Reals
    codes: Ints

    @classmethod
    def make(cls, scores: Reals, codes: Ints, groups: Sequence[Mask]) -> Cells:
        """Items of these clusters, by the groups that they are in; masks over all items."""
        cell: Ints = np.zeros(len(scores), dtype=np.int64)
        for start in range(0, len(groups), _WORD):
            word = np.zeros(len(scores), dtype=np.int64)
            for bit, group in enumerate(groups[start : start + _WORD]):
                word |= group.astype(np.int64) << bit
            names, own = np.unique(word, return_inverse=True)
            cell = np.unique(cell * len(names) + own, return_inverse=True)[1]
        return cls(cell, np.unique(cell, return_index=True)[1], scores, codes)

    def __len__(self) -> int:
        return len(self.first)

    @cached_property
    def ordered(self) -> Ints:
        """Clusters of the items by cell and, within a cell, by descending score."""
        return self.codes[np.lexsort((-self.scores, self.cell))]

    @cached_property
    def starts(self) -> Ints:
        """Where each cell starts among them, and where the last one ends, shape (cells + 1,)."""
        return np.append(0, np.cumsum(np.bincount(self.cell, minlength=len(self))))

    def within(self, group: Mask) -> Mask:
        """Which cells are in one of the groups that they were made of."""
        return group[self.first]

    def ends(self, own: Ints, values: Reals) -> NDArray[np.int32]:
        """Where in their order the items of some cells end that are above descending values.

        Shape (values + 1, cells); the last row is for a replicate without a cut, which flags
        nothing.
        """
        width, column = len(own), np.full(len(self), -1)
        column[own] = np.arange(width)
        place = column[self.cell]
        inside = place >= 0
        # The first value that an item is above.
        first = np.searchsorted(-values, -self.scores[inside], side="right")
        at = (first * width + place[inside])[first < len(values)]
        alone = np.bincount(at, minlength=len(values) * width).reshape(len(values), width)
        found = np.zeros((len(values) + 1, width), dtype=np.int32)
        np.cumsum(alone, axis=0, dtype=np.int32, out=found[:-1])
        found += self.starts[own].astype(np.int32)
        return found


class Sharing:
    """Units, of which each has one cut in a replicate, and the groups counted above their cuts.

    ``units`` are the cells of each and the descending values that can be its cut. ``groups`` say
    which cells are in each group; of a group, the cells of all units count.
    """

    def __init__(
        self, cells: Cells, units: Sequence[tuple[Ints, Reals]], groups: Sequence[Mask]
    ) -> None:
        self.cells = cells
        none = np.zeros(0, dtype=np.int64)
        slots = np.concatenate([none, *(own for own, _ in units)])
        self.unit: Ints = np.repeat(np.arange(len(units)), [len(own) for own, _ in units])
        self.first, self.last = cells.starts[slots], cells.starts[slots + 1]
        self.uncut: Ints = np.array([len(values) for _, values in units], dtype=np.int64)
        # One table behind the other, each (values + 1, cells of the unit).
        tables = [cells.ends(own, values) for own, values in units]
        self.ends = np.concatenate([none.astype(np.int32), *(one.reshape(-1) for one in tables)])
        begins = np.cumsum([0, *(one.size for one in tables)])[:-1]
        placed = zip(begins, tables, strict=True)
        columns = [begin + np.arange(one.shape[1]) for begin, one in placed]
        self.column: Ints = np.concatenate([none, *columns])
        self.width: Ints = np.repeat([one.shape[1] for one in tables], [o.shape[1] for o in tables])
        members = [np.flatnonzero(group[slots]) for group in groups]
        self._there = np.array([len(own) > 0 for own in members], dtype=bool)
        self._members = np.concatenate([none, *members])
        begins = np.cumsum([0, *map(len, members)])[:-1]
        self._begins = begins[self._there]

    def added(self, values: NDArray[Any], add: np.ufunc = np.add) -> NDArray[Any]:
        """Values by cell of a unit, shape (replicates, cells of all units), added up by group."""
        found = np.zeros((len(values), len(self._there)), dtype=values.dtype)
        if len(self._begins):
            found[:, self._there] = add.reduceat(values.take(self._members, 1), self._begins, 1)
        return found


class Seen:
    """Groups counted in some replicates."""

    def __init__(self, sharing: Sharing, draws: Draws) -> None:
        self._sharing = sharing
        self._running = draws.running(sharing.cells.ordered)
        self._before = self._running.take(sharing.first, axis=1)
        self._sizes = self._running.take(sharing.last, axis=1) - self._before
        self.total: Ints = sharing.added(self._sizes).astype(np.int64)

    def flagged(self, cuts: Sequence[Cuts]) -> tuple[Ints, Mask]:
        """Weight of each group above the units' cuts, shape (replicates, groups).

        And whether a drawn item of the group is of a unit without a cut.
        """
        sharing, count = self._sharing, len(self._running)
        rows = np.stack([cut.row for cut in cuts], axis=1)
        lost = rows < 0
        rows = np.where(lost, sharing.uncut, rows).take(sharing.unit, axis=1)
        ends = sharing.ends.take(rows * sharing.width + sharing.column)
        ends = ends + np.arange(count)[:, None] * self._running.shape[1]
        above = self._running.reshape(-1).take(ends) - self._before
        flagged = sharing.added(above).astype(np.int64)
        if not lost.any():
            return flagged, np.zeros(flagged.shape, dtype=bool)
        uncut = lost.take(sharing.unit, axis=1) & (self._sizes > 0)
        return flagged, sharing.added(uncut, np.logical_or)
