"""Axes that zoom in on the data, with round ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from leaderboard_site.text import MINUS


class Scale(NamedTuple):
    """An axis from ``low`` to ``high`` with its ticks and the decimals they need."""

    low: float
    high: float
    ticks: tuple[float, ...]
    decimals: int

    def share(self, value: float) -> float:
        """How far along the axis a value is, 0 to 1."""
        return (value - self.low) / (self.high - self.low)

    def tick_texts(self) -> tuple[str, ...]:
        """The labels of the ticks."""
        return tuple(f"{tick:.{self.decimals}f}".replace("-", MINUS) for tick in self.ticks)


def zoomed(values: Sequence[float], *, steps: int = 5, narrowest: float = 1.0) -> Scale:
    """An axis over all values with about ``steps`` round steps, no narrower than ``narrowest``."""
    low, high = min(values), max(values)
    if high - low < narrowest:
        middle = (low + high) / 2
        low, high = middle - narrowest / 2, middle + narrowest / 2
    step = round_step((high - low) / steps)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    ticks = tuple(round(i * step, decimals) for i in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], ticks, decimals)


def tight(values: Sequence[float], *, steps: int = 4, narrowest: float = 0.0) -> Scale:
    """An axis that ends just beyond the values, with the round ticks that lie on it."""
    low, high = min(values), max(values)
    narrowest = max(narrowest, 1e-6 * max(abs(low), abs(high)), 1e-9)
    wide = max(high - low, narrowest)
    middle = (low + high) / 2
    low, high = middle - wide * 0.54, middle + wide * 0.54
    step = round_step(wide / steps)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    ticks = (i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1))
    return Scale(low, high, tuple(round(tick, decimals) for tick in ticks), decimals)


def factor(unit: str) -> float:
    """What values are multiplied by on an axis: fractions stand in points."""
    return 1.0 if unit else 100.0


def narrowest(values: Sequence[float], unit: str) -> float:
    """The least width of an axis: one point, or a hundredth of the largest value in a unit."""
    return max(0.01 * max(map(abs, values)), 1e-9) if unit else 1.0


def round_step(rough: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below ``rough``."""
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
