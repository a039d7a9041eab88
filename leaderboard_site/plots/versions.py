"""One system from revision to revision: a line for each task."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from leaderboard_site.plots.tools.axes import axis
from leaderboard_site.plots.tools.labels import LINE, fit, label, text_width
from leaderboard_site.plots.tools.marks import (
    MUTED,
    SERIES,
    Text,
    curves,
    dots,
    in_pixels,
    pixel_segments,
    segments,
    series_names,
    texts,
)
from leaderboard_site.plots.tools.placing import spread
from leaderboard_site.plots.tools.scales import Scale, factor, narrowest, zoomed
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.tools.vega import Json, chart, render
from leaderboard_site.text import in_units, listing, plural

MOST_LINES = 6
MOST_REVISIONS = 40
WIDTH, HEIGHT = 240, 220
_PADDING = (34, 146, 12, 26)
_MARGIN = 14


class Version(NamedTuple):
    """What one revision scored on one task: the primary metric with its interval."""

    task: str
    revision: str
    value: float
    low: float | None = None
    high: float | None = None

    def times(self, number: float) -> Version:
        """The same in another measure."""
        ends = (None if end is None else number * end for end in (self.low, self.high))
        return Version(self.task, self.revision, number * self.value, *ends)


class _Line(NamedTuple):
    """A task and its places: (place of the revision, version)."""

    task: str
    places: tuple[tuple[int, Version], ...]


def versions_plot(
    revisions: Sequence[str], versions: Sequence[Version], *, unit: str = ""
) -> Svg | None:
    """Up to six tasks, in the order they come in, over the last forty of ``revisions``.

    ``revisions`` are in order of time; versions of others are not drawn. ``None`` when no task has
    two revisions.
    """
    kept = revisions[-MOST_REVISIONS:]
    drawn = _lines(kept, [version.times(factor(unit)) for version in versions])
    if not drawn:
        return None
    shown = drawn[:MOST_LINES]
    left_out = len(drawn) - len(shown)
    said = f"Primary metric of each task {in_units(unit)} with intervals, oldest revision first."
    tasks = listing([label(one.task) for one in shown], most=MOST_LINES)
    return render(
        _spec(kept, shown, unit),
        kind="versions",
        name=f"Primary metric by revision: {tasks}",
        title="Versions over time",
        caption=f"{said} {plural(left_out, 'more task')} not drawn." if left_out else said,
    )


def _lines(revisions: Sequence[str], versions: Sequence[Version]) -> list[_Line]:
    found = []
    for task in dict.fromkeys(version.task for version in versions):
        own = {version.revision: version for version in versions if version.task == task}
        places = tuple((i, own[name]) for i, name in enumerate(revisions) if name in own)
        if len(places) > 1:
            found.append(_Line(task, places))
    return found


def _spec(revisions: Sequence[str], lines: Sequence[_Line], unit: str) -> Json:
    every = [v for one in lines for _, v in one.places]
    ends = [e for v in every for e in (v.value, v.low, v.high) if e is not None]
    scale = zoomed(ends, narrowest=narrowest(ends, unit))
    margin = _MARGIN / (WIDTH - 2 * _MARGIN) * (len(revisions) - 1)
    return chart(
        width=WIDTH,
        height=HEIGHT,
        padding=_PADDING,
        x={
            "scale": {"domain": [-margin, len(revisions) - 1 + margin], "nice": False},
            "axis": None,
        },
        y={
            "scale": {"domain": [scale.low, scale.high], "nice": False},
            "axis": axis(scale.ticks, scale.tick_texts()),
        },
        layers=[*_series(lines), *_names(lines, revisions, scale), _revisions(revisions)],
    )


def _series(lines: Sequence[_Line]) -> list[Json]:
    layers = [curves([[(i, v.value) for i, v in one.places] for one in lines])]
    for one, series in zip(lines, SERIES, strict=False):
        spots = [(i, v.value) for i, v in one.places]
        ends = [
            (i, v.low, i, v.high) for i, v in one.places if v.low is not None and v.high is not None
        ]
        layers += [
            segments(ends, colour=series.colour, opacity=0.5),
            dots(spots, colour=series.colour, radius=3),
        ]
    return layers


def _names(lines: Sequence[_Line], revisions: Sequence[str], scale: Scale) -> list[Json]:
    """Names right of the last point of their line, spread apart."""
    step = (WIDTH - 2 * _MARGIN) / max(1, len(revisions) - 1)
    last = [one.places[-1] for one in lines]
    heights = [HEIGHT * (1 - scale.share(v.value)) for _, v in last]
    places = spread(heights, gap=LINE, low=LINE / 2, high=HEIGHT - LINE / 2)
    ends = [
        (_MARGIN + i * step + 5, height, WIDTH + 3, place)
        for (i, _), height, place in zip(last, heights, places, strict=True)
    ]
    room = _PADDING[1] - 8
    names = [
        Text(WIDTH + 6, place, fit(one.task, room))
        for one, place in zip(lines, places, strict=True)
    ]
    return [pixel_segments(ends), series_names(names)]


def _revisions(revisions: Sequence[str]) -> Json:
    """Names of revisions below the plot: as many as there is room for, always the last."""
    step = (WIDTH - 2 * _MARGIN) / max(1, len(revisions) - 1)
    names = [fit(name, max(84, min(150, step - 8)), size=11) for name in revisions]
    widths = [text_width(name, size=11) for name in names]
    every = max(1, math.ceil((max(widths) + 8) / step))
    rows = []
    for i in range(len(revisions) - 1, -1, -every):
        inside = widths[i] / 2 + 1 - _PADDING[0]
        rows.append(Text(max(_MARGIN + i * step, inside), HEIGHT + 15, names[i]))
    return in_pixels(texts(rows, align="center", colour=MUTED))
