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


def interval(metric: MetricValue | Difference) -> str:
    """``[low, high]`` of a metric or a difference, or a dash."""
    return bounds(metric.interval)
