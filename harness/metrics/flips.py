"""Negative flips: what was right before an update and is wrong after it.

Counts are those of the contingency table of two models on the same items. Sources: NFR, Yan et al.
CVPR 2021 (arXiv 2011.09161); relative NFR, the same over the NFR that independent errors would
give; NFI, Cai et al. 2022; BTC, Bansal et al. 2019; BEC, Srivastava et al. 2020 and Träuble et al.
2021 (the denominator of the paper: errors of the new model); churn, Milani Fard et al. 2016.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.metrics.flip_measures import (
    ALL,
    EMPTY,
    FLIP_MEASURES,
    OTHER,
    UNTOLD,
    Cells,
    FlipMeasure,
)
from harness.metrics.intervals import LEVEL, Uncertainty, base, share
from harness.metrics.intervals.means import FEWEST_APART
from harness.metrics.intervals.shares import clopper_pearson, mcnemar, sign_flip_p
from harness.metrics.intervals.smooth import LOG, jackknife

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FlipCounts:
    """Items by what two models got right: ``right_wrong`` are the negative flips.

    ``wrong_other`` are the items both got wrong with different answers, ``None`` where answers
    cannot be told apart (right or wrong is all that is known).
    """

    right_right: int
    right_wrong: int
    wrong_right: int
    wrong_wrong: int
    wrong_other: int | None = None

    @classmethod
    def of(cls, old_right: ArrayLike, new_right: ArrayLike) -> FlipCounts:
        """Count two parallel boolean arrays."""
        old, new = np.asarray(old_right, dtype=bool), np.asarray(new_right, dtype=bool)
        if old.shape != new.shape or old.ndim != 1:
            raise ValueError(f"shapes {old.shape} and {new.shape} are not those of paired items")
        both = int((old & new).sum())
        lost, won = int((old & ~new).sum()), int((~old & new).sum())
        return cls(both, lost, won, len(old) - both - lost - won)

    @classmethod
    def of_labels(cls, gold: ArrayLike, old: ArrayLike, new: ArrayLike) -> FlipCounts:
        """Count three parallel arrays of labels: the truth and two models' answers."""
        truth, before, after = np.asarray(gold), np.asarray(old), np.asarray(new)
        counts = cls.of(before == truth, after == truth)
        other = int(((before != truth) & (after != truth) & (before != after)).sum())
        return cls(*counts.table(), other)

    @property
    def n(self) -> int:
        """Number of items."""
        return sum(self.table())

    def count(self, cells: Cells) -> int:
        """Items in some of the cells."""
        return sum(getattr(self, cell) or 0 for cell in cells)

    def table(self) -> tuple[int, int, int, int]:
        """Right both, right then wrong, wrong then right, wrong both."""
        return self.right_right, self.right_wrong, self.wrong_right, self.wrong_wrong


Values = dict[str, tuple[float | None, str | None]]
"""Metric name -> value, or ``None`` and the reason."""

CELLS: Mapping[str, tuple[int, ...]] = {
    "right_right": (0,),
    "right_wrong": (1,),
    "wrong_right": (2,),
    "wrong_wrong": (3, 4),
    OTHER: (4,),
}
"""Cell -> its places; an item both got wrong is in 3 with one answer and in 4 with two."""

PLACES = 5

MEASURES = {measure.name: measure for measure in FLIP_MEASURES}
NFR, PFR = "NFR", "PFR"


def flip_ratios(
    both: ArrayLike, lost: ArrayLike, won: ArrayLike, wrong: ArrayLike, other: ArrayLike
) -> dict[str, NDArray[np.float64]]:
    """Every flip metric from the cells of many tables at once, NaN where a denominator is 0.

    ``other`` is the part of ``wrong`` whose answers differ. Shares do as well as counts.
    """
    values = [np.asarray(cell, dtype=np.float64) for cell in (both, lost, won, wrong, other)]
    cells = dict(zip((*ALL, OTHER), values, strict=True))
    found = {}
    with np.errstate(invalid="ignore", divide="ignore"):
        for name, measure in MEASURES.items():
            ratio = _product(measure.part, cells) / _product(measure.whole, cells)
            found[name] = np.where(np.isfinite(ratio), ratio, np.nan)
    return found


def _product(factors: Sequence[Cells], cells: Mapping[str, NDArray[np.float64]]) -> Any:
    """The product of sums of cells."""
    return math.prod(sum(cells[name] for name in factor) for factor in factors)


def flip_metrics(counts: FlipCounts) -> Values:
    """Every flip metric of one table."""
    ratios = flip_ratios(*counts.table(), counts.wrong_other or 0)
    found: Values = {}
    for name, measure in MEASURES.items():
        value = float(ratios[name])
        reason = None if value == value else _why(measure, counts)
        if measure.needs_answers and counts.wrong_other is None:
            value, reason = float("nan"), UNTOLD
        found[name] = (None if reason else value, reason)
    return found


def _why(measure: FlipMeasure, counts: FlipCounts) -> str:
    empty = next((factor for factor in measure.whole if not counts.count(factor)), ALL)
    return EMPTY[empty if counts.n else ALL]


@dataclass(frozen=True, slots=True)
class FlipItems:
    """Paired items one by one: the cell that each is in, and the source that it shares.

    ``places`` are places in :data:`CELLS`; ``clusters`` are numbers of sources, ``None`` where
    every item is one of its own.
    """

    places: Ints
    clusters: Ints | None = None

    @classmethod
    def of(
        cls,
        old_right: ArrayLike,
        new_right: ArrayLike,
        changed: ArrayLike,
        clusters: Ints | None = None,
    ) -> FlipItems:
        """From parallel arrays: right before, right now, and whether the answer changed."""
        old, new, other = (np.asarray(row, dtype=bool) for row in (old_right, new_right, changed))
        places = np.where(old, np.where(new, 0, 1), np.where(new, 2, np.where(other, 4, 3)))
        return cls(places.astype(np.int64), clusters)

    def only(self, rows: Mask) -> FlipItems:
        """Some of the items."""
        return FlipItems(self.places[rows], None if self.clusters is None else self.clusters[rows])

    @property
    def counts(self) -> FlipCounts:
        """The items by cell."""
        both, lost, won, same, other = self._total().tolist()
        return FlipCounts(both, lost, won, same + other, other)

    def inside(self, cells: Cells) -> Mask:
        """Items in one of the cells."""
        return np.isin(self.places, [place for cell in cells for place in CELLS[cell]])

    def deletions(self) -> tuple[dict[str, Reals], Ints]:
        """Every metric without one unit, once for each kind of unit, and the kind of each unit.

        Units are sources in the order of their numbers, or items; items have one kind a cell.
        """
        kinds, removed = self.places, np.eye(PLACES, dtype=np.int64)
        if self.clusters is not None:
            there, units = np.unique(self.clusters, return_inverse=True)
            size = len(there) * PLACES
            removed = np.bincount(units * PLACES + self.places, minlength=size)
            removed, kinds = removed.reshape(-1, PLACES), np.arange(len(there))
        both, lost, won, same, other = (self._total() - removed).T
        return flip_ratios(both, lost, won, same + other, other), kinds

    def _total(self) -> Ints:
        return np.bincount(self.places, minlength=PLACES)


def flip_sure(name: str, items: FlipItems, *, level: float = LEVEL) -> Uncertainty:
    """How sure one flip metric of some items is.

    A share of items is one among those that make its denominator. Any other ratio goes by the
    jackknife on the log scale; where no unit could be left out, or nothing was counted, by its
    rarest share with the other counts held, which is rough.
    """
    measure = MEASURES[name]
    if measure.is_share:
        return _among(items, measure.part[0], measure.whole[0], level)
    value, reason = flip_metrics(items.counts)[name]
    if value is None:
        return base.none(0, reason or base.NO_VALUES)
    by_cell, kinds = items.deletions()
    times = np.bincount(kinds, minlength=len(by_cell[name]))
    found = jackknife(value, by_cell[name][times > 0], times=times[times > 0], scale=LOG,
                      limits=measure.card.limits, what=_what(items), level=level)  # fmt: skip
    if found.interval is None:
        return _by_rarest_share(measure, items, level)
    counted = items.counts.count(measure.part[0])
    if counted < FEWEST_APART and found.rough is None:
        return replace(found, rough=f"only {counted} items make its numerator")
    return found


def _among(items: FlipItems, part: Cells, whole: Cells, level: float) -> Uncertainty:
    asked = items.only(items.inside(whole))
    return share_of_items(asked.inside(part), asked.clusters, level=level)


def share_of_items(
    hits: Mask, clusters: Ints | None = None, *, level: float = LEVEL
) -> Uncertainty:
    """How sure a share of items is; one item alone is a share too, if a poor one."""
    if len(hits) == 1:
        found = clopper_pearson(int(hits.sum()), 1, level=level)
        return base.by(base.CLOPPER_PEARSON, found, 1)
    return share(hits, clusters, level=level)


def net_change_p(lost: Mask, won: Mask, clusters: Ints | None = None) -> float:
    """Two-sided p that as many items are lost as are won: McNemar's, over sources by signs."""
    if clusters is None:
        return mcnemar(int(lost.sum()), int(won.sum()))
    return sign_flip_p(np.bincount(clusters, won.astype(np.float64) - lost))


def _by_rarest_share(measure: FlipMeasure, items: FlipItems, level: float) -> Uncertainty:
    """The interval of the first part's share of the rarest factor, the others held."""
    counts = items.counts
    rarest = min(measure.whole, key=counts.count)
    others = [factor for factor in measure.whole if factor is not rarest]
    held = math.prod(map(counts.count, measure.part[1:])) / math.prod(map(counts.count, others))
    found = _among(items, measure.part[0], rarest, level)
    if found.interval is None:
        return found
    low, high = found.interval
    rough = f"the {_what(items)} cannot be left out one by one"
    return replace(found, interval=(low * held, high * held), rough=rough)


def _what(items: FlipItems) -> str:
    return "items" if items.clusters is None else "clusters"


def seed_floor(rights: list[NDArray[np.bool_]]) -> float | None:
    """Mean NFR over all ordered pairs of runs of one recipe; ``None`` with fewer than two."""
    if len(rights) < 2 or not len(rights[0]):
        return None
    rates = [float((old & ~new).mean()) for old in rights for new in rights if old is not new]
    return float(np.mean(rates))
