"""Scores with their intervals, one below the other on an axis that zooms in on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from leaderboard_site.plots.tools.axes import axis
from leaderboard_site.plots.tools.labels import fit, label, text_width
from leaderboard_site.plots.tools.marks import (
    INK,
    MUTED,
    Text,
    dots,
    in_pixels,
    segments,
    texts,
)
from leaderboard_site.plots.tools.scales import Scale, factor, narrowest, tight
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.tools.vega import Json, chart, render
from leaderboard_site.text import (
    better_end,
    bounds,
    in_units,
    listing,
    metric_name,
    plural,
    quantity,
)

MOST_ROWS = 20
WIDTH = 160
_LEFT, _RIGHT, _BOTTOM = 152, 108, 28
_ROW = 20


class ForestRow(NamedTuple):
    """One system; the bounds of its interval are ``None`` without one."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


class Reference(NamedTuple):
    """A line that all rows are read against, such as the first stage."""

    name: str
    value: float


def forest_plot(
    rows: Sequence[ForestRow],
    *,
    metric: str,
    higher_is_better: bool | None,
    unit: str = "",
    reference: Reference | None = None,
) -> Svg | None:
    """At most twenty rows in the order given, in points or their unit; ``None`` without any."""
    if not rows:
        return None
    shown = rows[:MOST_ROWS]
    title = metric_name(metric)
    said = f"{in_units(unit)} with intervals, {better_end(higher_is_better)} is better."
    left_out = len(rows) - len(shown)
    names = listing([f"{label(row.name)} {quantity(row.value, unit)}" for row in shown], most=8)
    return render(
        _spec(shown, reference, unit),
        kind="forest",
        name=f"{label(title.full)} {in_units(unit)} with intervals: {names}",
        title=label(title.full),
        caption=f"{said} {plural(left_out, 'more system')} not drawn." if left_out else said,
    )


def _spec(rows: Sequence[ForestRow], reference: Reference | None, unit: str) -> Json:
    ends = [v for row in rows for v in (row.value, row.low, row.high) if v is not None]
    if reference is not None:
        ends.append(reference.value)
    ends = [factor(unit) * end for end in ends]
    scale = tight(ends, steps=5, narrowest=narrowest(ends, unit))
    height = _ROW * len(rows)
    return chart(
        width=WIDTH,
        height=height,
        padding=(_LEFT, _RIGHT, 8 if reference is None else 26, _BOTTOM),
        x={
            "scale": {"domain": [scale.low, scale.high], "nice": False},
            "axis": axis(scale.ticks, scale.tick_texts()),
        },
        y={"scale": {"domain": [0, height], "reverse": True}, "axis": None},
        layers=[
            *_reference(reference, scale, height, unit),
            *_whiskers(rows, unit),
            *_words(rows, unit),
        ],
    )


def _whiskers(rows: Sequence[ForestRow], unit: str) -> list[Json]:
    times = factor(unit)
    middles = [_ROW * (place + 0.5) for place in range(len(rows))]
    ends = [
        (times * row.low, y, times * row.high, y)
        for row, y in zip(rows, middles, strict=True)
        if row.low is not None and row.high is not None
    ]
    values = [(times * row.value, y) for row, y in zip(rows, middles, strict=True)]
    return [segments(ends, colour="var(--range)", width=2), dots(values, colour="var(--mark)")]


def _words(rows: Sequence[ForestRow], unit: str) -> list[Json]:
    """Names on the left; value and interval on the right, as in a table."""
    left, right = -_LEFT + 1, WIDTH + _RIGHT - 1
    names, values, intervals = [], [], []
    for place, row in enumerate(rows):
        y = _ROW * (place + 0.5)
        names.append(Text(left, y, fit(row.name, _LEFT - 8)))
        values.append(Text(right - 70, y, quantity(row.value, unit)))
        if row.low is not None and row.high is not None:
            intervals.append(Text(right, y, bounds((row.low, row.high), unit)))
    return [
        in_pixels(texts(names, colour=INK)),
        in_pixels(texts(values, align="right", colour=INK, fontWeight=600)),
        in_pixels(texts(intervals, align="right", colour=MUTED)),
    ]


def _reference(reference: Reference | None, scale: Scale, height: float, unit: str) -> list[Json]:
    if reference is None:
        return []
    value = factor(unit) * reference.value
    said = f"{quantity(reference.value, unit)} {label(reference.name)}"
    said = fit(said, WIDTH + _RIGHT)
    half = text_width(said) / 2
    x = min(max(scale.share(value) * WIDTH, half - _LEFT), WIDTH + _RIGHT - half)
    return [
        segments([(value, -4, value, height)], colour="var(--reference)", width=1.5, dash=(2, 3)),
        in_pixels(texts([Text(x, -13, said)], align="center", colour=MUTED)),
    ]
