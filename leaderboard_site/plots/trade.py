"""What each system won against what that cost, on a square where the diagonal means no change."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.exhibits import Trade, Traded
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
from leaderboard_site.plots.tools.rulers import Ruler
from leaderboard_site.plots.tools.scales import zoomed
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.tools.vega import Json, chart, render
from leaderboard_site.text import listing, plural

MOST_SYSTEMS = 8
WIDTH, HEIGHT = 364, 260
_PADDING = (42, 14, 26, 44)
_DOT = 3.5
_LONGEST_NAME = 210
_NARROWEST = 0.4
"""The axes reach as many points at least, so that next to nothing does not look like much."""


def trade_plot(exhibit: Trade) -> Svg | None:
    """Up to eight systems on two axes with one scale; ``None`` without any. All are shares."""
    if not exhibit.points:
        return None
    shown = exhibit.points[:MOST_SYSTEMS]
    left_out = len(exhibit.points) - len(shown)
    names = listing([label(point.name) for point in shown], most=MOST_SYSTEMS)
    return render(
        _spec(exhibit, shown),
        kind="trade",
        name=f"{label(exhibit.title)}: {label(exhibit.y.title)} against "
        f"{label(exhibit.x.title)}, {names}",
        title=label(exhibit.title),
        caption=_caption(shown, left_out),
    )


def _caption(systems: Sequence[Traded], left_out: int) -> str:
    said = ["On the dotted line both are equal."]
    said += ["Upright lines are intervals."] * any(one.interval for one in systems)
    if left_out:
        said.append(f"{plural(left_out, 'more system')} not drawn.")
    return " ".join(said)


def _spec(exhibit: Trade, systems: Sequence[Traded]) -> Json:
    found = zoomed([0.0, 100 * max(max(s.x, s.y, *(s.interval or ())) for s in systems)],
                   narrowest=_NARROWEST)  # fmt: skip
    scale = Ruler(
        title="",
        low=found.low / 100,
        high=found.high / 100,
        ticks=tuple(tick / 100 for tick in found.ticks),
        texts=tuple(f"{text}%" for text in found.tick_texts()),
    )
    x, y = (scale._replace(title=axis.title) for axis in (exhibit.x, exhibit.y))
    return chart(
        width=WIDTH,
        height=HEIGHT,
        padding=_PADDING,
        x=x.across(WIDTH, grid=True),
        y=y.upwards(_PADDING[0], width=WIDTH),
        layers=[
            line([(scale.low, scale.low), (scale.high, scale.high)], colour=MUTED, width=1.25,
                 dash=(1, 3), strokeCap="round"),
            _even(),
            segments([(s.x, s.interval[0], s.x, s.interval[1]) for s in systems
                      if s.interval is not None], colour="var(--range)", width=1.5),
            dots([(s.x, s.y) for s in systems], colour="var(--mark)", radius=_DOT),
            *_names(systems, scale),
        ],
    )  # fmt: skip


def _even() -> Json:
    """The name of the diagonal, written along it."""
    angle = -math.degrees(math.atan2(HEIGHT, WIDTH))
    spot = Text(WIDTH * 0.84, HEIGHT * 0.16, "equal")
    words = texts([spot], align="center", colour=MUTED, angle=angle, dy=-8)
    return in_pixels(words)


def _names(systems: Sequence[Traded], scale: Ruler) -> list[Json]:
    spots, taken = [], list(_diagonal())
    for s in systems:
        x, y = WIDTH * scale.share(s.x), HEIGHT * (1 - scale.share(s.y))
        spots.append((x, y, fit(s.name, _LONGEST_NAME)))
        if s.interval is not None:
            ends = ((x, HEIGHT * (1 - scale.share(end))) for end in s.interval)
            taken.append(stroke(*ends, width=2))
    named = place(spots, taken=taken, area=Box(2, WIDTH + _PADDING[1] - 2, 0, HEIGHT - 1))
    return [*leaders(spots, named), *placed_names(named)]


def _diagonal() -> list[Box]:
    """Room around the diagonal's name, so that no other name is written over it."""
    return [
        Box(WIDTH * share - 9, WIDTH * share + 9, HEIGHT * (1 - share) - 18, HEIGHT * (1 - share))
        for share in (0.79, 0.84, 0.89)
    ]
