"""Axes of exhibits: where they end, where their ticks stand, and what these say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from harness.exhibits import FRACTION, Axis
from leaderboard_site.plots.tools.axes import SHARE_TEXTS, SHARES, across, upwards
from leaderboard_site.plots.tools.labels import fit
from leaderboard_site.plots.tools.scales import round_step, tight
from leaderboard_site.plots.tools.vega import Json
from leaderboard_site.text import MINUS

MOST_TICKS = 7
_APART = 0.07
"""Ticks of a logarithmic axis that stand nearer to one wanted more, as a share of it, give way."""

_NARROWEST = 1e-9
"""No axis is narrower, in its unit and as a share of its numbers: ticks would all be one."""

_TINY = 1e-290
"""What is smaller has no place on a logarithmic axis: half of it may be 0."""

_LARGE = 1e5
"""From here on ticks are said in powers of ten."""


class Ruler(NamedTuple):
    """An axis from ``low`` to ``high`` with its ticks; turned where ``low`` is the larger one."""

    title: str
    low: float
    high: float
    ticks: tuple[float, ...]
    texts: tuple[str, ...]
    log: bool = False

    def share(self, value: float) -> float:
        """How far along the axis a value is: 0 at ``low``, 1 at ``high``."""
        low, high = self._bent(self.low), self._bent(self.high)
        return (self._bent(value) - low) / (high - low)

    def value(self, share: float) -> float:
        """What stands so far along the axis."""
        low, high = self._bent(self.low), self._bent(self.high)
        bent = low + share * (high - low)
        return 10.0**bent if self.log else bent

    def holds(self, value: float) -> bool:
        """Whether a value lies between the ends."""
        return min(self.low, self.high) <= value <= max(self.low, self.high)

    def across(self, width: float, *, grid: bool = False) -> Json:
        """The axis below a plot."""
        made = across(self.ticks, self.texts, title=fit(self.title, width), width=width, grid=grid)
        return {"scale": self._scale(), "axis": made}

    def upwards(self, left: float, *, width: float, grid: bool = True) -> Json:
        """The axis on the left, over the ``left`` padding of a plot that is ``width`` wide."""
        made = upwards(
            self.ticks, self.texts, title=fit(self.title, left + width), left=left, grid=grid
        )
        return {"scale": self._scale(), "axis": made}

    def _bent(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def _scale(self) -> Json:
        return {
            "type": "log" if self.log else "linear",
            "domain": sorted((self.low, self.high)),
            "nice": False,
            "reverse": self.low > self.high,
        }


def ruler(axis: Axis, values: Sequence[float], *, rule: float | None = None) -> Ruler:
    """The axis over ``values``, which must fit it; a ``rule`` gets a tick if it is logarithmic."""
    if axis.log:
        return _logarithmic(axis, values, rule)
    if axis.unit == FRACTION and (axis.low, axis.high) == (0, 1):
        return Ruler(axis.title, 0, 1, SHARES, SHARE_TEXTS)
    low, high = _ends(axis, values)
    factor = 100 if axis.unit == FRACTION else 1
    ticks, texts = _ticks(min(low, high) * factor, max(low, high) * factor, axis.unit)
    return Ruler(axis.title, low, high, tuple(tick / factor for tick in ticks), texts)


def _ends(axis: Axis, values: Sequence[float]) -> tuple[float, float]:
    """Given ends, and others just beyond the data; no share is beyond what shares can be."""
    given = [end for end in (axis.low, axis.high) if end is not None]
    known = [*values, *given] or [0.0, 1.0]
    least = 1e-3 if axis.unit == FRACTION else 1e-6
    scale = tight(known, narrowest=max(least, *(abs(value) / 100 for value in known)))
    low = scale.low if axis.low is None else axis.low
    high = scale.high if axis.high is None else axis.high
    if axis.unit == FRACTION and values:
        low = max(low, 0.0) if min(values) >= 0 else low
        high = min(high, 1.0) if max(values) <= 1 else high
    return _apart(low, high)


def _apart(low: float, high: float) -> tuple[float, float]:
    """The ends, moved apart where nothing fits between them."""
    least = _NARROWEST * max(1.0, 1000 * abs(low), 1000 * abs(high))
    return (low, high) if abs(high - low) >= least else (low - least, high + least)


def _ticks(low: float, high: float, unit: str) -> tuple[tuple[float, ...], tuple[str, ...]]:
    step = round_step((high - low) / 5)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    ticks = tuple(round(i * step, decimals) for i in range(first, last + 1))
    largest = max(map(abs, ticks), default=0.0)
    digits = math.ceil(math.log10(max(1.0, largest / step))) + 1
    form = f".{digits}g" if largest >= _LARGE else f".{decimals}f"
    said = (format(tick, form) for tick in ticks)
    mark = "%" if unit == FRACTION else ""
    return ticks, tuple(text.replace("-", MINUS) + mark for text in said)


def _logarithmic(axis: Axis, values: Sequence[float], rule: float | None) -> Ruler:
    known = [value for value in values if value > _TINY] or [0.1, 1.0]
    low = min(known) if axis.low is None else axis.low
    high = max(known) if axis.high is None else axis.high
    if abs(math.log10(high) - math.log10(low)) < _APART:
        low, high = low / 2, high * 2
    bare = Ruler(axis.title, low, high, (), (), log=True)
    first, last = sorted(map(math.log10, (low, high)))
    powers = range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1)
    found = [10.0**power for power in powers][:: max(1, math.ceil(len(powers) / MOST_TICKS))]
    if rule is not None and bare.holds(rule):
        found.insert(0, rule)
    if len(found) < 2:
        found += [low, high]
    ticks: list[float] = []
    for tick in found:  # the first ones are wanted most
        if all(abs(bare.share(tick) - bare.share(other)) > _APART for other in ticks):
            ticks.append(tick)
    ticks.sort()
    fraction = axis.unit == FRACTION
    texts = (f"{100 * tick:.3g}%" if fraction else f"{tick:.3g}" for tick in ticks)
    return bare._replace(ticks=tuple(ticks), texts=tuple(texts))
