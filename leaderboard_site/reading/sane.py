"""Figures as the board keeps them: absurd claims end no build."""

from __future__ import annotations

import sys

from leaderboard_site.reading.summary import Basis, BasisLike, Metric, MetricLike
from leaderboard_site.text import clip

LARGEST = 1e6
"""Beyond it no metric is one."""


def sane_metric(metric: MetricLike) -> Metric:
    """The metric, undefined where no picture could hold it: absurd claims end no build."""
    numbers = [v for v in (metric.value, *(metric.interval or ())) if v is not None]
    if all(abs(number) <= LARGEST for number in numbers):
        return Metric(metric.name, metric.value, metric.interval, metric.n,
                      metric.higher_is_better, metric.reason, metric.unit,
                      sane_basis(metric.basis))  # fmt: skip
    reason = f"The record claims a value beyond {LARGEST:,.0f}"
    return Metric(metric.name, None, None, metric.n, metric.higher_is_better, reason, metric.unit)


def sane_basis(basis: BasisLike | None) -> Basis | None:
    """What an interval rests on, its words cut."""
    if basis is None:
        return None
    # One text for the many rows that say the same.
    method = sys.intern(clip(basis.method))
    return Basis(method, basis.units, sys.intern(clip(basis.rough)) if basis.rough else None)
