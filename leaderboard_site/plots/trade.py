"""What an update broke against what it mended: negative flips over gains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from leaderboard_site.plots.tools.axes import across, upwards
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
from leaderboard_site.plots.tools.scales import Scale, zoomed
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.tools.vega import Json, chart, render
from leaderboard_site.text import listing, plural

MOST_SYSTEMS = 8
WIDTH, HEIGHT = 364, 260
_PADDING = (42, 14, 26, 44)
_DOT = 3.5
_LONGEST_NAME = 210


class FlipPoint(NamedTuple):
    """One system, in shares of all items; ``low`` and ``high`` are the interval of ``losses``."""

    name: str
    gains: float
    losses: float
    low: float | None = None
    high: float | None = None


def flips_plot(systems: Sequence[FlipPoint]) -> Svg | None:
    """Up to eight systems against one reference; ``None`` without any."""
    if not systems:
        return None
    shown = systems[:MOST_SYSTEMS]
    left_out = len(systems) - len(shown)
    said = (
        "Shares of all items, the upright line is the interval. On the dotted line accuracy stays "
        "the same; below it, it rises."
    )
    names = listing([label(point.name) for point in shown], most=MOST_SYSTEMS)
    return render(
        _spec(shown),
        kind="flips",
        name=f"Negative flips against gains over the reference: {names}",
        title="Negative flips against gains",
        caption=f"{said} {plural(left_out, 'more system')} not drawn." if left_out else said,
    )


def _spec(systems: Sequence[FlipPoint]) -> Json:
    most = max(max(s.gains, s.losses, s.high or 0.0) for s in systems)
    scale = zoomed([0.0, 100 * most], narrowest=0.4)
    labels = [f"{text}%" for text in scale.tick_texts()]
    domain = {"domain": [scale.low, scale.high], "nice": False}
    return chart(
        width=WIDTH,
        height=HEIGHT,
        padding=_PADDING,
        x={
            "scale": domain,
            "axis": across(scale.ticks, labels, title="Gains: wrong before, right now",
                           width=WIDTH, grid=True),
        },
        y={
            "scale": domain,
            "axis": upwards(scale.ticks, labels, title="Negative flips: right before, wrong now",
                            left=_PADDING[0]),
        },
        layers=[
            line([(scale.low, scale.low), (scale.high, scale.high)], colour=MUTED, width=1.25,
                 dash=(1, 3), strokeCap="round"),
            _even(),
            segments([(100 * s.gains, 100 * s.low, 100 * s.gains, 100 * s.high) for s in systems
                      if s.low is not None and s.high is not None],
                     colour="var(--range)", width=1.5),
            dots([(100 * s.gains, 100 * s.losses) for s in systems], colour="var(--mark)",
                 radius=_DOT),
            *_names(systems, scale),
        ],
    )  # fmt: skip


def _even() -> Json:
    """The name of the diagonal, written along it."""
    angle = -math.degrees(math.atan2(HEIGHT, WIDTH))
    spot = Text(WIDTH * 0.84, HEIGHT * 0.16, "equal accuracy")
    words = texts([spot], align="center", colour=MUTED, angle=angle, fontSize=11, dy=-8)
    return in_pixels(words)


def _names(systems: Sequence[FlipPoint], scale: Scale) -> list[Json]:
    spots, taken = [], list(_diagonal())
    for s in systems:
        x, y = WIDTH * scale.share(100 * s.gains), HEIGHT * (1 - scale.share(100 * s.losses))
        spots.append((x, y, fit(s.name, _LONGEST_NAME)))
        if s.low is not None and s.high is not None:
            ends = ((x, HEIGHT * (1 - scale.share(100 * v))) for v in (s.low, s.high))
            taken.append(stroke(*ends, width=2))
    named = place(spots, taken=taken, area=Box(2, WIDTH + _PADDING[1] - 2, 0, HEIGHT - 1))
    return [*leaders(spots, named), *placed_names(named)]


def _diagonal() -> list[Box]:
    """Room around the diagonal's name, so that no other name is written over it."""
    return [
        Box(WIDTH * share - 9, WIDTH * share + 9, HEIGHT * (1 - share) - 18, HEIGHT * (1 - share))
        for share in (0.74, 0.79, 0.84, 0.89, 0.94)
    ]
