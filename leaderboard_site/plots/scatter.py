"""Single items of one system as dots, with the curve that was fitted through them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.exhibits import Point, Scatter
from leaderboard_site.plots.tools.labels import label
from leaderboard_site.plots.tools.lines import simplified
from leaderboard_site.plots.tools.marks import line, specks
from leaderboard_site.plots.tools.rulers import Ruler, ruler
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.tools.vega import chart, render
from leaderboard_site.text import count

MOST_POINTS = 500
WIDTH, HEIGHT = 366, 240
_PADDING = (42, 12, 26, 44)


def scatter_plot(exhibit: Scatter) -> Svg | None:
    """Dots and the part of the curve within the axes; ``None`` without any dot.

    Points must fit the axes. Of more than five hundred evenly many are drawn, from left to right.
    """
    if not exhibit.points:
        return None
    every = sorted(exhibit.points)
    kept = every[:: math.ceil(len(every) / MOST_POINTS)]
    x = ruler(exhibit.x, [x for x, _ in every])
    y = ruler(exhibit.y, [y for _, y in every])
    drawn = count(len(kept)) + (f" of {count(len(every))}" if len(kept) < len(every) else "")
    return render(
        chart(
            width=WIDTH,
            height=HEIGHT,
            padding=_PADDING,
            x=x.across(WIDTH),
            y=y.upwards(_PADDING[0], width=WIDTH),
            layers=[
                specks(kept, colour="var(--range)", width=3.5),
                line(_inside(exhibit.curve, x, y), colour="var(--mark)", width=2.25),
            ],
        ),
        kind="scatter",
        name=f"{label(exhibit.title)}: {label(exhibit.y.title)} against {label(exhibit.x.title)}",
        title=label(exhibit.title),
        caption=f"{drawn} drawn.",
    )


def _inside(curve: Sequence[Point], x: Ruler, y: Ruler) -> list[Point]:
    """The part of a curve within the axes, with as few points as the eye needs."""
    inside = [(a, b) for a, b in sorted(curve) if x.holds(a) and y.holds(b)]
    kept = simplified([(x.share(a) * WIDTH, y.share(b) * HEIGHT) for a, b in inside])
    return [(x.value(a / WIDTH), y.value(b / HEIGHT)) for a, b in kept]
