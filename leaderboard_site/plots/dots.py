"""A figure slice by slice: a dot and its interval for each system."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.exhibits import Dots, DotSeries
from leaderboard_site.plots.tools.axes import axis
from leaderboard_site.plots.tools.labels import fit, label
from leaderboard_site.plots.tools.marks import (
    INK,
    MUTED,
    RULE,
    SERIES,
    Text,
    dots,
    in_pixels,
    segments,
    texts,
)
from leaderboard_site.plots.tools.rulers import Ruler, ruler
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.tools.vega import Json, chart, render
from leaderboard_site.text import listing, plural

MOST_SYSTEMS = 4
MOST_VALUES = 12
MOST_KINDS = 6
WIDTH = 252
_PADDING = (146, 22, 12, 28)
_KEY = 18
_HEAD = 24
_APART = 6


class _Row(NamedTuple):
    """A slice and the middle of its row."""

    by: str
    slice: str
    y: float


class _Plan(NamedTuple):
    """Where everything stands, downwards."""

    heads: tuple[Text, ...]
    panels: tuple[tuple[float, float], ...]
    rows: tuple[_Row, ...]
    height: float
    left_out: int


def dots_plot(exhibit: Dots) -> Svg | None:
    """Up to four systems on up to twelve slices of each kind; ``None`` without any.

    A kind with a single slice tells nothing that the whole does not, and is left out. Figures must
    fit the axis.
    """
    drawn = [one for one in exhibit.series if one.dots]
    shown = drawn[:MOST_SYSTEMS]
    plan = _plan(shown)
    if not plan.rows:
        return None
    whole = any(dot.figure.interval for one in shown for dot in one.dots)
    said = ["Lines are intervals."] * whole
    if len(drawn) > len(shown):
        said.append(f"{plural(len(drawn) - len(shown), 'more system')} not drawn.")
    if plan.left_out:
        said.append(f"{plural(plan.left_out, 'more slice')} not drawn.")
    names = listing([label(one.name) for one in shown], most=MOST_SYSTEMS)
    kinds = listing([label(head.text) for head in plan.heads], most=MOST_KINDS)
    return render(
        _spec(shown, plan, ruler(exhibit.x, _values(shown))),
        kind="dots",
        name=f"{label(exhibit.title)}: {label(exhibit.x.title)} by {kinds}, {names}",
        title=label(exhibit.title),
        caption=" ".join(said),
    )


def _values(systems: Sequence[DotSeries]) -> list[float]:
    figures = [dot.figure for one in systems for dot in one.dots]
    ends = [end for figure in figures if figure.interval for end in figure.interval]
    return [figure.value for figure in figures if figure.value is not None] + ends


def _plan(systems: Sequence[DotSeries]) -> _Plan:
    kinds: dict[str, dict[str, None]] = {}
    for one in systems:
        for dot in one.dots:
            kinds.setdefault(dot.by, {})[dot.slice] = None
    telling = [(by, list(slices)) for by, slices in kinds.items() if len(slices) > 1]
    step = max(18.0, _APART * len(systems) + 9.0)
    y = _KEY * -(-len(systems) // 2) + 4.0
    heads, panels, rows = [], [], []
    for by, slices in telling[:MOST_KINDS]:
        heads.append(Text(0, y + _HEAD / 2 + 3, by))
        y += _HEAD
        top = y
        for name in slices[:MOST_VALUES]:
            rows.append(_Row(by, name, y + step / 2))
            y += step
        panels.append((top, y))
    left_out = sum(len(slices) for _, slices in telling) - len(rows)
    return _Plan(tuple(heads), tuple(panels), tuple(rows), y, left_out)


def _spec(systems: Sequence[DotSeries], plan: _Plan, x: Ruler) -> Json:
    return chart(
        width=WIDTH,
        height=plan.height,
        padding=_PADDING,
        x={**x.across(WIDTH), "axis": axis(x.ticks, x.texts, grid=False)},
        y={"scale": {"domain": [0, plan.height], "reverse": True}, "axis": None},
        layers=[
            segments([(tick, top, tick, bottom) for top, bottom in plan.panels for tick in x.ticks],
                     colour=RULE),
            *_words(plan),
            *(layer for i, one in enumerate(systems)
              for layer in _system(one, i, len(systems), plan)),
        ],
    )  # fmt: skip


def _words(plan: _Plan) -> list[Json]:
    left, room = -_PADDING[0] + 1, _PADDING[0] - 12
    heads = [Text(left, head.y, fit(head.text, room)) for head in plan.heads]
    rows = [Text(left, row.y, fit(row.slice, room)) for row in plan.rows]
    return [
        in_pixels(texts(heads, colour=MUTED)),
        in_pixels(texts(rows, colour=INK)),
    ]


def _system(one: DotSeries, number: int, systems: int, plan: _Plan) -> list[Json]:
    """Dots and whiskers of one system, below those of the one before, and its entry in the key."""
    series = SERIES[number]
    offset = (number - (systems - 1) / 2) * _APART
    known = {(dot.by, dot.slice): dot.figure for dot in one.dots}
    spots = [
        (known[row.by, row.slice], row.y + offset)
        for row in plan.rows
        if (row.by, row.slice) in known
    ]
    ends = [(*figure.interval, y) for figure, y in spots if figure.interval is not None]
    x = -_PADDING[0] + 6 + (number % 2) * (WIDTH + _PADDING[0]) / 2
    y = _KEY * (number // 2) + 4.0
    name = Text(x + 10, y, fit(one.name, (WIDTH + _PADDING[0]) / 2 - 20))
    colour, shape = series.colour, series.shape
    return [
        segments([(low, y, high, y) for low, high, y in ends], colour=colour, width=1.25,
                 opacity=0.6),
        dots([(figure.value, y) for figure, y in spots if figure.value is not None],
             colour=colour, shape=shape, radius=3),
        in_pixels(dots([(x, y)], colour=colour, shape=shape, radius=3)),
        in_pixels(texts([name], colour=colour)),
    ]  # fmt: skip
