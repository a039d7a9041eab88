"""Numbers as words of a terminal."""

from __future__ import annotations

from harness.records.record import Difference, MetricValue


def number(value: float | None) -> str:
    """A fraction with four digits, or a dash."""
    return "–" if value is None else f"{value:.4f}"


def signed(value: float | None) -> str:
    """A difference with its sign, or a dash."""
    return "–" if value is None else f"{value:+.4f}"


def bounds(found: tuple[float, float] | None) -> str:
    """``[low, high]``, or a dash."""
    return "–" if found is None else f"[{found[0]:.4f}, {found[1]:.4f}]"


ROUGH = "~"
"""Stands before an interval that may cover less than it says."""


def interval(metric: MetricValue | Difference) -> str:
    """``[low, high]`` of a metric or a difference, marked where it is rough, or a dash."""
    rough = metric.basis is not None and metric.basis.rough
    return (ROUGH if rough else "") + bounds(metric.interval)
