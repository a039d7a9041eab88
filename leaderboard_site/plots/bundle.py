"""One line for each of many classes: their mean, and the worst of them told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.exhibits import Bundle, Point
from leaderboard_site.plots.tools.labels import LINE, label
from leaderboard_site.plots.tools.lines import simplified
from leaderboard_site.plots.tools.marks import Text, in_pixels, line, lines, texts
from leaderboard_site.plots.tools.placing import spread
from leaderboard_site.plots.tools.rulers import Ruler, ruler
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.tools.vega import Json, chart, render
from leaderboard_site.text import count

MOST_LINES = 40
"""Classes drawn one by one; of more, evenly many from the best to the worst."""

STEPS = 48
WIDTH, HEIGHT = 304, 240
_PADDING = (42, 74, 26, 44)

Reals = NDArray[np.float64]


def bundle_plot(exhibit: Bundle) -> Svg | None:
    """The lines with their mean; ``None`` without any. Lines must fit the axes."""
    if not exhibit.lines or len(set(exhibit.places)) < 2:
        return None
    x = ruler(exhibit.x, exhibit.places)
    y = ruler(exhibit.y, [value for line in exhibit.lines for value in line])
    bad, good = exhibit.parted()
    worst = _thinned(bad, max(1, round(MOST_LINES * len(bad) / len(exhibit.lines))))
    others = _thinned(good, MOST_LINES - len(worst))
    drawn, share = len(worst) + len(others), f"worst {100 * exhibit.worst:g}%"
    return render(
        chart(
            width=WIDTH,
            height=HEIGHT,
            padding=_PADDING,
            x=x.across(WIDTH),
            y=y.upwards(_PADDING[0], width=WIDTH),
            layers=_layers(exhibit, worst, others, x, y),
        ),
        kind="bundle",
        name=f"{label(exhibit.title)}: {label(exhibit.y.title)} of each class against "
        f"{label(exhibit.x.title)}, with the mean and the {share}",
        title=label(exhibit.title),
        caption=f"{count(len(exhibit.lines))} classes"
        + (f", {drawn} drawn" if drawn < len(exhibit.lines) else "")
        + f". Thick: their mean. Dashed: the {share}.",
    )


def _thinned(order: Sequence[int], most: int) -> list[int]:
    if len(order) <= most:
        return list(order)
    places = np.unique(np.linspace(0, len(order) - 1, most).round().astype(int))
    return [order[place] for place in places]


def _layers(
    exhibit: Bundle, worst: Sequence[int], others: Sequence[int], x: Ruler, y: Ruler
) -> list[Json]:
    order = np.argsort(exhibit.places, kind="stable")
    places = np.asarray(exhibit.places, dtype=float)[order]
    across = [x.value(share) for share in np.linspace(0, 1, STEPS).tolist()]
    across = [place for place in across if places[0] <= place <= places[-1]] or places.tolist()
    values = np.asarray(exhibit.lines, dtype=float)[:, order]
    every = np.array([np.interp(across, places, row) for row in values])
    mean, bad = every.mean(axis=0), every[list(worst)]

    def paths(rows: Reals) -> list[list[Point]]:
        return [_path(across, row, x, y) for row in rows]

    return [
        lines(paths(every[list(others)]), colour="var(--range)", opacity=0.7),
        lines(paths(bad), colour="var(--loss)", dash=(4, 2), width=1.25),
        line(_path(across, mean, x, y), colour="var(--mark)", width=2.75),
        *_names([y.share(float(row[-1])) for row in (mean, bad.mean(axis=0))], exhibit.worst),
    ]


def _path(across: Sequence[float], row: Reals, x: Ruler, y: Ruler) -> list[Point]:
    """A line with as few points as the eye needs."""
    known = zip(across, row.tolist(), strict=True)
    kept = simplified([(x.share(a) * WIDTH, y.share(b) * HEIGHT) for a, b in known])
    return [(x.value(a / WIDTH), y.value(b / HEIGHT)) for a, b in kept]


def _names(shares: Sequence[float], worst: float) -> list[Json]:
    """Names at the right end of the mean and of the worst lines, spread apart."""
    heights = [HEIGHT * (1 - share) for share in shares]
    places = spread(heights, gap=LINE, low=LINE / 2, high=HEIGHT - LINE / 2)
    said = (("mean", "var(--mark)"), (f"worst {100 * worst:g}%", "var(--loss)"))
    return [
        in_pixels(texts([Text(WIDTH + 6, place, text)], colour=colour))
        for place, (text, colour) in zip(places, said, strict=True)
    ]
