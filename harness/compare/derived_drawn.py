"""Figures of a whole set, held against their values without one unit, or in bootstrap replicates.

Where the interval was made from those values on one of the known scales, it follows from them and
the value to the last digits, so that both are settled. Otherwise they bound the value: a figure
lies among its own replicates, and no farther from its jackknife values than these are apart. One
that decides lies near the middle of its replicates, too: so far as their bias may be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.compare.derived_means import OPEN, close, ranges
from harness.compare.sides import Side
from harness.metrics.intervals import METHODS, Uncertainty
from harness.metrics.intervals.means import Range
from harness.metrics.intervals.smooth import FISHER_Z, LOG, LOGIT, PLAIN, Scale, drawn, jackknife
from harness.nouns import MetricCard
from harness.records.record import MetricValue

Reals = NDArray[np.float64]

SCALES = (PLAIN, LOGIT, LOG, FISHER_Z)
SLACK = 1e-9
MOST_BIAS = 2.0
"""Standard deviations by which the mean of replicates may miss a figure that decides.

Of the suites' own such figures it misses none by more than .4.
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What a file says of a value: the very one, or the range in which it must lie."""

    file: str
    low: float
    high: float
    exactly: bool


def allowed(side: Side, metric: MetricValue, card: MetricCard | None) -> Told | None:
    """What the jackknife or bootstrap values of a metric say; ``None`` without any."""
    without, replicates = side.jackknife.get(metric.name), side.replicates.get(metric.name)
    if without is not None and len(known := without[~np.isnan(without)]):
        wide = float(np.ptp(known))
        return _told("jackknife.parquet", metric, _left_out(side, metric, without, card), known,
                     wide)  # fmt: skip
    if replicates is not None and len(known := replicates[~np.isnan(replicates)]):
        found = _drawn(side, metric, replicates, card)
        return _told("replicates.parquet", metric, found, _middle(side, metric, known), 0.0)
    return None


def _middle(side: Side, metric: MetricValue, known: Reals) -> Reals:
    """The replicates between which a figure must lie."""
    task = side.record.task
    if metric.name not in (task.primary_metric, *task.beside):
        return known
    mean, wide = float(known.mean()), MOST_BIAS * float(known.std())
    return np.clip(known, mean - wide, mean + wide)


def _told(
    file: str, metric: MetricValue, made: Iterator[Uncertainty], known: Reals, wide: float
) -> Told:
    exactly = metric.interval is not None and any(
        sure.interval is not None and close(metric.interval, sure.interval) for sure in made
    )
    low, high = float(known.min()), float(known.max())
    slack = wide + SLACK * max(1.0, abs(low), abs(high))
    low, high = low - slack, high + slack
    assert metric.value is not None
    return Told(file, low, high, exactly and low <= metric.value <= high)


def _left_out(
    side: Side, metric: MetricValue, without: Reals, card: MetricCard | None
) -> Iterator[Uncertainty]:
    value, level = metric.value, side.record.intervals.level
    if metric.basis is None or value is None:
        return iter(())

    def made(scale: Scale, limits: Range) -> Uncertainty:
        return jackknife(value, without, scale=scale, limits=limits, level=level)

    return _every(made, card)


def _drawn(
    side: Side, metric: MetricValue, replicates: Reals, card: MetricCard | None
) -> Iterator[Uncertainty]:
    value, basis, level = metric.value, metric.basis, side.record.intervals.level
    if basis is None or value is None or (method := METHODS.get(basis.method)) is None:
        return iter(())

    def made(scale: Scale, limits: Range) -> Uncertainty:
        return drawn(value, replicates, basis.units, method=method, scale=scale, limits=limits,
                     level=level)  # fmt: skip

    return _every(made, card)


def _every(
    made: Callable[[Scale, Range], Uncertainty], card: MetricCard | None
) -> Iterator[Uncertainty]:
    """The interval on each scale: on that of the card's own range first, for a match ends the
    search; in each range, and in none, as a suite's own method need not keep to its card's.
    """
    low, high = OPEN if card is None else card.limits
    own = -math.inf if low is None else low, math.inf if high is None else high
    for scale in sorted(SCALES, key=lambda scale: (scale.low, scale.high) != own):
        wide = made(scale, OPEN)
        for limits in ranges(card):
            yield made(scale, limits) if wide.interval is None else wide.within(*limits)
        yield wide
