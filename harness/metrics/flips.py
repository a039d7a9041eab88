"""Negative flips: what was right before an update and is wrong after it.

Counts are those of the contingency table of two models on the same items. Sources: NFR, Yan et al.
CVPR 2021 (arXiv 2011.09161); relative NFR, the same over the NFR that independent errors would
give; NFI, Cai et al. 2022; BTC, Bansal et al. 2019; BEC, Srivastava et al. 2020 and Träuble et al.
2021 (the denominator of the paper: errors of the new model); churn, Milani Fard et al. 2016.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from harness.metrics.intervals import SEED, Interval
from harness.metrics.intervals.distributions import binomial_tail
from harness.metrics.intervals.shares import clopper_pearson

DRAWS = 10_000


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

MEASURES = {measure.name: measure for measure in FLIP_MEASURES}
NFR = "NFR"


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


def mcnemar(lost: int, won: int) -> float:
    """Exact two-sided p of McNemar's test; 1 when nothing flipped.

    It asks whether flips in one direction outnumber those in the other: the net change alone.
    Source: McNemar, Psychometrika 12 (1947); exact binomial form.
    """
    n = lost + won
    return min(1.0, 2 * binomial_tail(min(lost, won), n)) if n else 1.0


def flip_interval(name: str, counts: FlipCounts, *, level: float = 0.95) -> Interval | None:
    """The interval of one flip metric, ``None`` where it is undefined.

    Shares of a fixed number of items have the Clopper-Pearson interval; ratios whose denominator
    is itself counted (relative NFR) have a multinomial bootstrap.
    """
    measure = MEASURES[name]
    if measure.needs_answers and counts.wrong_other is None:
        return None
    if not measure.is_share:
        return _drawn_interval(name, counts, level=level)
    part, whole = counts.count(measure.part[0]), counts.count(measure.whole[0])
    return clopper_pearson(part, whole, level=level) if whole else None


def _drawn_interval(name: str, counts: FlipCounts, *, level: float) -> Interval | None:
    """Percentile interval over multinomial draws of the four cells, seeded."""
    value, _ = flip_metrics(counts)[name]
    if value is None:
        return None
    table = np.array(counts.table(), dtype=np.float64)
    generator = np.random.Generator(np.random.PCG64(SEED))
    drawn = generator.multinomial(counts.n, table / table.sum(), size=DRAWS)
    both, lost, won, wrong = drawn.T
    ratios = flip_ratios(both, lost, won, wrong, 0)[name]
    kept = ratios[np.isfinite(ratios)]
    if not kept.size:
        return None
    tail = (1 - level) / 2
    low, high = np.quantile(kept, [tail, 1 - tail])
    return float(low), float(high)


def seed_floor(rights: list[NDArray[np.bool_]]) -> float | None:
    """Mean NFR over all ordered pairs of runs of one recipe; ``None`` with fewer than two."""
    if len(rights) < 2 or not len(rights[0]):
        return None
    rates = [float((old & ~new).mean()) for old in rights for new in rights if old is not new]
    return float(np.mean(rates))
