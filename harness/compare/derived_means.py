"""Means of columns of the per-group table, with their intervals, derived again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.compare.sides import Side
from harness.metrics.intervals import mean
from harness.metrics.intervals.means import FRACTIONS, Range
from harness.nouns import MetricCard
from harness.records.record import MetricValue

Reals = NDArray[np.float64]

SIGNED: Range = (-1.0, 1.0)
OPEN: Range = (None, None)

CLOSE = 1e-9
"""How far an end of an interval may lie from the one derived, as a share of the larger."""


@dataclass(frozen=True, slots=True)
class Column:
    """Numbers of the per-group table, NaN where a group has none."""

    name: str
    numbers: Reals


def column_of(side: Side, name: str) -> Column | None:
    """A column of numbers, or of true and false as 1 and 0; ``None`` for any other or none."""
    values = side.numbers(name)
    return None if values is None else Column(name, values)


def mean_interval_fits(
    side: Side, metric: MetricValue, values: Reals, card: MetricCard | None
) -> bool | None:
    """Whether a mean's interval is what its column gives; ``None`` where that cannot be said.

    Records of schema 4 and before do not say what theirs are, percentiles of many draws.
    """
    if metric.interval is None:
        return True  # one that was taken out is missed by whoever needs it
    if metric.basis is None:
        return None
    level, codes = side.record.intervals.level, side.cluster_codes
    known = False
    for limits in ranges(card):
        sure = mean(values, codes, limits=limits, level=level)
        if sure.method == metric.basis.method:
            known = True
            if close(metric.interval, sure.interval):
                return True
    return False if known else None


def close(claimed: tuple[float, float], derived: tuple[float, float] | None) -> bool:
    """Whether two intervals are the same but for rounding."""
    if derived is None:
        return False
    size = max(1e-6, *map(abs, (*claimed, *derived)))
    return all(abs(a - b) <= CLOSE * size for a, b in zip(claimed, derived, strict=True))


def ranges(card: MetricCard | None) -> tuple[Range, ...]:
    """The ranges that an interval may have been made for: its card's, or any without a card."""
    return (FRACTIONS, SIGNED, OPEN) if card is None else (card.limits,)
