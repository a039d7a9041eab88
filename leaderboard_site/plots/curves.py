"""A rising curve for each system over a common axis, often one that shows what low values hide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.exhibits import Curve, Curves, Point
from leaderboard_site.plots.tools.labels import LINE, fit, label
from leaderboard_site.plots.tools.lines import stairs
from leaderboard_site.plots.tools.marks import (
    MUTED,
    RULE,
    SERIES,
    Text,
    band,
    in_pixels,
    line,
    pixel_segments,
    segments,
    series_dots,
    series_names,
    texts,
)
from leaderboard_site.plots.tools.marks import curves as drawn_curves
from leaderboard_site.plots.tools.placing import spread
from leaderboard_site.plots.tools.rulers import Ruler, ruler
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.tools.vega import Json, chart, render
from leaderboard_site.text import plural

MOST_CURVES = len(SERIES)
WIDTH, HEIGHT = 318, 250
_PADDING = (42, 60, 26, 44)
_STEPS = 40
_BELOW = 8
"""Names hang this far below their curve, which rises to the right."""

_ROOM = 0.3
"""Where the axis begins, as a share of where its resolved part does, unless points lie lower."""

_NAMED = 0.4
"""Where names stand along the axis when curves are compared nowhere in particular."""


def curves_plot(exhibit: Curves) -> Svg | None:
    """Up to eight curves; ``None`` when there is none. Points must fit the axes."""
    drawn = [curve for curve in exhibit.curves if curve.points]
    if not drawn:
        return None
    shown = drawn[:MOST_CURVES]
    x, y = _rulers(exhibit, shown)
    at = x.value(_NAMED) if exhibit.rule is None else exhibit.rule
    return render(
        chart(
            width=WIDTH,
            height=HEIGHT,
            padding=_PADDING,
            x=x.across(WIDTH),
            y=y.upwards(_PADDING[0], width=WIDTH, grid=False),
            layers=[
                *_ground(exhibit, x, y),
                drawn_curves([_line(curve, x, y) for curve in shown]),
                *_unresolved(exhibit, x),
                *_names(shown, x, y, at),
            ],
        ),
        kind="curves",
        name=f"{label(exhibit.title)}: {label(exhibit.y.title)} against {label(exhibit.x.title)}, "
        f"{', '.join(label(curve.name) for curve in shown)}",
        title=label(exhibit.title),
        caption=_caption(exhibit, x, len(drawn) - len(shown)),
    )


def _rulers(exhibit: Curves, shown: Sequence[Curve]) -> tuple[Ruler, Ruler]:
    points = [point for curve in shown for point in curve.points]
    # The axis begins far enough left of what is resolved to show where that ends.
    room = [] if exhibit.resolved is None else [exhibit.resolved * _ROOM]
    return (
        ruler(exhibit.x, [*(x for x, _ in points), *room], rule=exhibit.rule),
        ruler(exhibit.y, [y for _, y in points]),
    )


def _caption(exhibit: Curves, x: Ruler, left_out: int) -> str:
    said = []
    if exhibit.resolved is not None and exhibit.resolved > x.low:
        said.append("Shaded: too few to tell.")
    if exhibit.chance:
        said.append("Dotted: chance.")
    if exhibit.rule is not None:
        place = dict(zip(x.ticks, x.texts, strict=True)).get(exhibit.rule, f"{exhibit.rule:g}")
        said.append(f"Names stand by the curve at {place}.")
    if left_out:
        said.append(f"{plural(left_out, 'more system')} not drawn.")
    return " ".join(said)


def _ground(exhibit: Curves, x: Ruler, y: Ruler) -> list[Json]:
    """What lies behind the curves: what is not resolved, lines to read by, the line of chance."""
    found = []
    if exhibit.resolved is not None and exhibit.resolved > x.low:
        end = min(x.high, exhibit.resolved)
        found.append(band(x.low, end, y.low, y.high, colour="var(--band)"))
    found.append(segments([(x.low, tick, x.high, tick) for tick in y.ticks], colour=RULE))
    if exhibit.rule is not None:
        found.append(
            segments([(exhibit.rule, y.low, exhibit.rule, y.high)], colour=MUTED, width=0.75)
        )
    if exhibit.chance:
        found.append(line(_chance(exhibit.chance, x, y), colour=MUTED, width=1.25, dash=(1, 3),
                          strokeCap="round"))  # fmt: skip
    return found


def _unresolved(exhibit: Curves, x: Ruler) -> list[Json]:
    end = x.low if exhibit.resolved is None else min(exhibit.resolved, x.high)
    fade = WIDTH * x.share(end)
    if fade <= LINE:
        return []
    words = texts([Text(fade / 2, HEIGHT / 2, "not resolved")], align="center", colour=MUTED,
                  angle=270, halo="unresolved")  # fmt: skip
    return [in_pixels(words)]


def _chance(points: Sequence[Point], x: Ruler, y: Ruler) -> list[Point]:
    """Straight between its points, which looks bent on a logarithmic axis."""
    known = sorted(points)
    places = [x.value(step / _STEPS) for step in range(_STEPS + 1)]
    heights = np.interp(places, [a for a, _ in known], [b for _, b in known]).tolist()
    return [(a, b) for a, b in zip(places, heights, strict=True)
            if known[0][0] <= a <= known[-1][0] and y.holds(b)]  # fmt: skip


def _line(curve: Curve, x: Ruler, y: Ruler) -> list[Point]:
    """The curve in the axes, thinned to what can be seen."""
    start = curve.reached(x.low)
    inside = sorted(point for point in curve.points if point[0] > x.low)
    if start is not None:
        inside.insert(0, (x.low, start))
    kept = stairs([(x.share(a) * WIDTH, y.share(b) * HEIGHT) for a, b in inside])
    return [(x.value(a / WIDTH), y.value(b / HEIGHT)) for a, b in kept]


def _names(curves: Sequence[Curve], x: Ruler, y: Ruler, at: float) -> list[Json]:
    """Names right of a place at the height of their curves there, spread apart."""
    reached = [curve.reached(at) for curve in curves]
    known = [y.low if height is None else height for height in reached]
    start = x.share(at) * WIDTH
    heights = [HEIGHT * (1 - y.share(height)) for height in known]
    places = spread(
        [height + _BELOW for height in heights], gap=LINE, low=LINE / 2, high=HEIGHT - LINE / 2
    )
    room = WIDTH + _PADDING[1] - start - 14
    names = [
        Text(start + 12, place, fit(curve.name, room))
        for place, curve in zip(places, curves, strict=True)
    ]
    ends = [
        (start + 3, height, start + 10, place)
        for height, place in zip(heights, places, strict=True)
    ]
    return [
        pixel_segments(ends),
        series_dots([(at, height) for height in known], radius=2.5),
        series_names(names, halo="names"),
    ]
