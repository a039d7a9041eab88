"""Quality against the time one item takes, with the line that nothing is above and left of.

Times from different devices do not compare: then there is no line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from leaderboard_site.plots.tools.axes import across, axis
from leaderboard_site.plots.tools.labels import fit, label
from leaderboard_site.plots.tools.marks import (
    MUTED,
    Text,
    dots,
    in_pixels,
    leaders,
    line,
    placed_names,
    segments,
    texts,
)
from leaderboard_site.plots.tools.placing import Box, place, stroke
from leaderboard_site.plots.tools.scales import Scale, factor, narrowest, zoomed
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.tools.vega import Json, chart, render
from leaderboard_site.text import better_end, in_units, listing, metric_name, plural

MOST_POINTS = 20
WIDTH, HEIGHT = 372, 260
_PADDING = (34, 14, 26, 44)
_LONGEST_NAMES = {8: 210, MOST_POINTS: 150}
"""Up to so many points: the room of a name."""

_DOT = 3.5


class SpeedPoint(NamedTuple):
    """One system: seconds for an item (above zero) on a device, and its metric with interval."""

    name: str
    seconds: float
    value: float
    low: float | None = None
    high: float | None = None
    device: str = ""

    def times(self, number: float) -> SpeedPoint:
        """The same with its metric in another measure."""
        low, high = (None if end is None else number * end for end in (self.low, self.high))
        return self._replace(value=number * self.value, low=low, high=high)


class _Time(NamedTuple):
    """A logarithmic axis of seconds."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, seconds: float) -> float:
        """How far along the axis a time is, 0 to 1."""
        return math.log(seconds / self.low) / math.log(self.high / self.low)


def latency_plot(
    points: Sequence[SpeedPoint], *, metric: str, higher_is_better: bool | None, unit: str = ""
) -> Svg | None:
    """At most twenty systems, the first ones given; ``None`` without any."""
    if not points:
        return None
    shown = points[:MOST_POINTS]
    name = label(metric_name(metric).full)
    names = listing([label(point.name) for point in shown], most=8)
    devices = len({point.device for point in shown})
    said = (
        f"{name} {in_units(unit)} ({better_end(higher_is_better)} is better) with intervals, "
        "against the median time for one item on a logarithmic scale. "
    ) + (
        "On the dashed line: nothing is both faster and better."
        if devices == 1
        else f"Times are from {devices} devices, so they do not compare and no line is drawn."
    )
    left_out = len(points) - len(shown)
    return render(
        _spec(shown, name, unit, higher_is_better=higher_is_better is True),
        kind="latency",
        name=f"{name} against seconds for one item: {names}",
        title="Quality against latency",
        caption=f"{said} {plural(left_out, 'more system')} not drawn." if left_out else said,
    )


def front(points: Sequence[SpeedPoint], *, higher_is_better: bool) -> list[SpeedPoint]:
    """Points that no other beats or equals in one of speed and quality and beats in the other."""
    sign = 1 if higher_is_better else -1
    best = -math.inf
    found = []
    for point in sorted(points, key=lambda p: (p.seconds, -sign * p.value)):
        if sign * point.value > best:
            best = sign * point.value
            found.append(point)
    return found


def time_text(seconds: float) -> str:
    """``50 µs``, ``2 ms``, ``10 s``."""
    if seconds < 0.999e-3:
        return f"{seconds * 1e6:g} µs"
    return f"{seconds * 1e3:g} ms" if seconds < 0.999 else f"{seconds:g} s"


def _time_axis(seconds: Sequence[float]) -> _Time:
    low, high = min(seconds) / 1.5, max(seconds) * 1.5
    steps = (1,) if high / low > 200 else (1, 3) if high / low > 40 else (1, 2, 5)
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [float(f"{step}e{exponent}") for exponent in exponents for step in steps]
    shown = [tick for tick in ticks if low <= tick <= high]
    # Nearly equal times may lie between two of them: then their middle with one digit is one.
    middle = float(f"{math.sqrt(low) * math.sqrt(high):.0e}")
    return _Time(low, high, tuple(shown or [middle]))


def _spec(points: Sequence[SpeedPoint], metric: str, unit: str, *, higher_is_better: bool) -> Json:
    points = [point.times(factor(unit)) for point in points]
    values = [v for p in points for v in (p.value, p.low, p.high) if v is not None]
    scale = zoomed(values, narrowest=narrowest(values, unit))
    time = _time_axis([p.seconds for p in points])
    alike = len({point.device for point in points}) == 1
    corners = _corners(points, scale, time, higher_is_better=higher_is_better) if alike else []
    return chart(
        width=WIDTH,
        height=HEIGHT,
        padding=_PADDING,
        x={
            "scale": {"type": "log", "domain": [time.low, time.high], "nice": False},
            "axis": across(time.ticks, [time_text(tick) for tick in time.ticks],
                           title="Time for one item", width=WIDTH),
        },
        y={
            "scale": {"domain": [scale.low, scale.high], "nice": False},
            "axis": axis(scale.ticks, scale.tick_texts()),
        },
        layers=[
            *([line(corners, colour="var(--reference)", width=1.25, dash=(5, 3))] if alike else []),
            segments(
                [(p.seconds, p.low, p.seconds, p.high) for p in points
                 if p.low is not None and p.high is not None],
                colour="var(--range)", width=1.5,
            ),
            dots([(p.seconds, p.value) for p in points], colour="var(--mark)", radius=_DOT),
            *_names(points, corners, scale, time),
            in_pixels(texts([Text(2 - _PADDING[0], -16, fit(metric, WIDTH))], colour=MUTED)),
        ],
    )  # fmt: skip


def _corners(
    points: Sequence[SpeedPoint], scale: Scale, time: _Time, *, higher_is_better: bool
) -> list[tuple[float, float]]:
    """Where the line of the front turns, from the axis below to the right edge."""
    best = front(points, higher_is_better=higher_is_better)
    worst = scale.low if higher_is_better else scale.high
    corners = [(best[0].seconds, worst)]
    for point, after in zip(best, [*best[1:], None], strict=True):
        until = time.high if after is None else after.seconds
        corners += [(point.seconds, point.value), (until, point.value)]
    return corners


def _names(
    points: Sequence[SpeedPoint],
    corners: Sequence[tuple[float, float]],
    scale: Scale,
    time: _Time,
) -> list[Json]:
    def pixels(seconds: float, value: float) -> tuple[float, float]:
        return WIDTH * time.share(seconds), HEIGHT * (1 - scale.share(value))

    longest = next(room for most, room in _LONGEST_NAMES.items() if len(points) <= most)
    spots, taken = [], []
    for p in points:
        x, y = pixels(p.seconds, p.value)
        spots.append((x, y, fit(p.name, longest)))
        if p.low is not None and p.high is not None:
            ends = (pixels(p.seconds, end) for end in (p.low, p.high))
            taken.append(stroke(*ends, width=2))
    taken += [stroke(pixels(*a), pixels(*b), width=0.6) for a, b in pairwise(corners)]
    area = Box(2, WIDTH + _PADDING[1] - 2, 0, HEIGHT - 1)
    named = place(spots, taken=taken, area=area)
    return [*leaders(spots, named), *placed_names(named)]
