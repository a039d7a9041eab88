"""What each system won against what that cost, with a line where both are equal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.exhibits import Trade, Traded
from leaderboard_site.plots.tools.labels import fit, label, shared_start, without_shared
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
    """Up to eight systems on two axes, ``None`` without any; all are shares.

    Both have one scale unless one reaches less than half as far as the other: then each has its
    own, so that what is small can be told apart, and the line of equals is the steeper for it.
    """
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
    if shared := shared_start([label(one.name) for one in systems]):
        said.append(f"All names begin with {shared}.")
    said += ["Upright lines are intervals."] * any(one.interval for one in systems)
    if left_out:
        said.append(f"{plural(left_out, 'more system')} not drawn.")
    return " ".join(said)


def _spec(exhibit: Trade, systems: Sequence[Traded]) -> Json:
    x, y = _scales(exhibit, systems)
    end = min(x.high, y.high)
    return chart(
        width=WIDTH,
        height=HEIGHT,
        padding=_PADDING,
        x=x.across(WIDTH, grid=True),
        y=y.upwards(_PADDING[0], width=WIDTH),
        layers=[
            line([(x.low, y.low), (end, end)], colour=MUTED, width=1.25,
                 dash=(1, 3), strokeCap="round"),
            _even(x, y),
            segments([(s.x, s.interval[0], s.x, s.interval[1]) for s in systems
                      if s.interval is not None], colour="var(--range)", width=1.5),
            dots([(s.x, s.y) for s in systems], colour="var(--mark)", radius=_DOT),
            *_names(systems, x, y),
        ],
    )  # fmt: skip


def _scales(exhibit: Trade, systems: Sequence[Traded]) -> tuple[Ruler, Ruler]:
    """Both axes from 0, as far as the further of the two reaches if they are of one size."""
    across = max(s.x for s in systems)
    upwards = max(max([s.y, *(s.interval or ())]) for s in systems)
    if min(across, upwards) >= max(across, upwards) / 2:
        across = upwards = max(across, upwards)
    return _scale(exhibit.x.title, across), _scale(exhibit.y.title, upwards)


def _scale(title: str, reach: float) -> Ruler:
    found = zoomed([0.0, 100 * reach], narrowest=_NARROWEST)
    return Ruler(
        title=title,
        low=found.low / 100,
        high=found.high / 100,
        ticks=tuple(tick / 100 for tick in found.ticks),
        texts=tuple(f"{text}%" for text in found.tick_texts()),
    )


def _end(x: Ruler, y: Ruler) -> tuple[float, float]:
    """How far along and up, in pixels, the line of equals goes."""
    end = min(x.high, y.high)
    return WIDTH * x.share(end), HEIGHT * y.share(end)


def _even(x: Ruler, y: Ruler) -> Json:
    """The name of the line of equals, written along it."""
    along, up = _end(x, y)
    spot = Text(along * 0.84, HEIGHT - up * 0.84, "equal")
    angle = -math.degrees(math.atan2(up, along))
    return in_pixels(texts([spot], align="center", colour=MUTED, angle=angle, dy=-8))


def _names(systems: Sequence[Traded], across: Ruler, upwards: Ruler) -> list[Json]:
    spots, taken = [], _diagonal(across, upwards)
    shown = without_shared([label(s.name) for s in systems])
    for s, name in zip(systems, shown, strict=True):
        x, y = WIDTH * across.share(s.x), HEIGHT * (1 - upwards.share(s.y))
        spots.append((x, y, fit(name, _LONGEST_NAME)))
        if s.interval is not None:
            ends = ((x, HEIGHT * (1 - upwards.share(end))) for end in s.interval)
            taken.append(stroke(*ends, width=2))
    named = place(spots, taken=taken, area=Box(2, WIDTH + _PADDING[1] - 2, 0, HEIGHT - 1))
    return [*leaders(spots, named), *placed_names(named)]


def _diagonal(x: Ruler, y: Ruler) -> list[Box]:
    """Room around the name of that line, so that no other name is written over it."""
    along, up = _end(x, y)
    spots = [(along * share, HEIGHT - up * share) for share in (0.79, 0.84, 0.89)]
    return [Box(left - 9, left + 9, top - 18, top) for left, top in spots]
