"""Pictures as plain coordinates; templates draw them as SVG, so nothing bypasses escaping."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from leaderboard_site.text import count, points, quantity

WHISKER_MARGIN = 6.0
"""Room at both ends of an axis, in per cent of its width, for the labels of its ends."""

SKYLINE_WIDTH = 400
SKYLINE_HEIGHT = 120
_SKYLINE_MIDDLE = SKYLINE_HEIGHT / 2
_SKYLINE_REACH = SKYLINE_HEIGHT / 2 - 4
MOST_BARS = 500
SMALLEST = 1e-9
"""The narrowest axis of a metric in units of its own."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: position in per cent of its width, and its label."""

    x: str
    label: str


@dataclass(frozen=True, slots=True)
class Whisker:
    """Interval and value of one row on the table's shared axis, in per cent of its width.

    ``low`` and ``high`` are ``None`` without an interval.
    """

    value: str
    low: str | None
    high: str | None


@dataclass(frozen=True, slots=True)
class Axis:
    """A zoomed axis shared by all rows of a table."""

    low: float
    high: float
    ticks: tuple[Tick, ...]

    def place(self, value: float) -> str:
        """Where a value lies, in per cent of the width: 37.2."""
        return _place(value, self.low, self.high)

    def whisker(self, value: float | None, interval: tuple[float, float] | None) -> Whisker | None:
        """The whisker of one row, or ``None`` when its value is undefined."""
        if value is None:
            return None
        low, high = interval or (None, None)
        return Whisker(
            value=self.place(value),
            low=None if low is None else self.place(low),
            high=None if high is None else self.place(high),
        )


def make_axis(values: Sequence[float], unit: str = "") -> Axis | None:
    """An axis over all values and bounds of a table with two to five round ticks."""
    if not values:
        return None
    low, high = min(values), max(values)
    narrowest = max(0.01 * max(abs(low), abs(high)), SMALLEST) if unit else 0.01
    if high - low < narrowest:
        low, high = low - narrowest / 2, high + narrowest / 2
    step = _round_step((high - low) / 3)
    first, last = math.floor(low / step), math.ceil(high / step)
    if min(values) >= 0:
        first = max(first, 0)
    low, high = first * step, last * step
    shown = step if unit else step * 100
    decimals = max(0, -math.floor(math.log10(shown) + 1e-9))
    every = 1 if last - first <= 4 else 2
    ticks = tuple(
        Tick(_place(i * step, low, high), _tick(i * step, unit, decimals))
        for i in range(first, last + 1, every)
    )
    return Axis(low=low, high=high, ticks=ticks)


def _tick(value: float, unit: str, decimals: int) -> str:
    return quantity(value, unit) if unit else points(value, decimals=decimals)


def _place(value: float, low: float, high: float) -> str:
    return f"{WHISKER_MARGIN + (value - low) / (high - low) * (100 - 2 * WHISKER_MARGIN):.1f}"


def _round_step(rough: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)


class Outline(str):
    """Path data of our own making: not a text from a record, so never cut short."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Skyline:
    """Paired differences of all queries, best first, as two outlines around a zero line."""

    gains: Outline
    losses: Outline
    reach: str
    queries: str
    per_bar: int


def reach_of(series: Sequence[Sequence[float]], unit: str = "") -> float:
    """The largest absolute difference: the scale that skylines share. Fractions, up to tenths."""
    largest = max((abs(v) for values in series for v in values), default=0.0)
    if unit:
        return max(largest, SMALLEST)
    return max(0.1, math.ceil(largest * 10 - 1e-9) / 10)


def skyline(values: Sequence[float], *, reach: float, sign: int, unit: str = "") -> Skyline:
    """Outline the sorted differences; up is better. Above 500 queries a bar is a mean of several.

    ``sign`` is -1 for a metric where lower is better.
    """
    ordered = sorted((sign * v for v in values), reverse=True)
    per_bar = max(1, math.ceil(len(ordered) / MOST_BARS))
    bars = [_mean(ordered[i : i + per_bar]) for i in range(0, len(ordered), per_bar)]
    return Skyline(
        gains=_outline([max(0.0, b) for b in bars], reach),
        losses=_outline([min(0.0, b) for b in bars], reach),
        reach=quantity(reach, unit, decimals=0),
        queries=count(len(ordered)),
        per_bar=per_bar,
    )


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _outline(bars: Sequence[float], reach: float) -> Outline:
    # Runs of equal height become one step, which keeps thousands of queries small.
    width = SKYLINE_WIDTH / len(bars) if bars else 0.0
    heights = [f"{_SKYLINE_MIDDLE - b / reach * _SKYLINE_REACH:.1f}" for b in bars]
    zero = f"{_SKYLINE_MIDDLE:.1f}"
    path = [f"M0 {zero}"]
    last = zero
    for index, height in enumerate(heights):
        if height != last:
            path.append(f"H{index * width:.1f}V{height}")
            last = height
    if len(path) == 1:
        return Outline()
    return Outline("".join([*path, f"H{len(bars) * width:.1f}V{zero}Z"]))
