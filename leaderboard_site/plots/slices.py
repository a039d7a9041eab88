"""What detectors catch by domain, generator and attack: a dot and its interval for each system."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

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
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.tools.vega import Json, chart, render
from leaderboard_site.text import listing, plural

MOST_SYSTEMS = 4
MOST_VALUES = 12
WIDTH = 252
_PADDING = (146, 22, 12, 28)
_KEY = 18
_HEAD = 24
_APART = 6


class SlicePoint(NamedTuple):
    """TPR on the texts whose column ``key`` has ``value``, as fractions."""

    key: str
    value: str
    tpr: float
    low: float | None = None
    high: float | None = None


class SliceSeries(NamedTuple):
    """One system and its slices."""

    name: str
    points: Sequence[SlicePoint]


class _Row(NamedTuple):
    """A slice and the middle of its row."""

    key: str
    value: str
    y: float


class _Plan(NamedTuple):
    """Where everything stands, downwards."""

    heads: tuple[Text, ...]
    panels: tuple[tuple[float, float], ...]
    rows: tuple[_Row, ...]
    height: float
    left_out: int


def slices_plot(systems: Sequence[SliceSeries], *, target: str) -> Svg | None:
    """Up to four systems on up to twelve slices of each kind; ``None`` without any.

    A kind with a single value tells nothing that the whole does not, and is left out.

    ``target`` is the FPR that thresholds aim at, in words.
    """
    drawn = [one for one in systems if one.points]
    shown = drawn[:MOST_SYSTEMS]
    plan = _plan(shown)
    if not plan.rows:
        return None
    said = [f"Share of machine texts caught at a FPR of {target}, with intervals."]
    if len(drawn) > len(shown):
        said.append(f"{plural(len(drawn) - len(shown), 'more system')} not drawn.")
    if plan.left_out:
        said.append(f"{plural(plan.left_out, 'more slice')} not drawn.")
    names = listing([label(one.name) for one in shown], most=MOST_SYSTEMS)
    kinds = listing([label(head.text) for head in plan.heads], most=6)
    return render(
        _spec(shown, plan),
        kind="slices",
        name=f"True positive rate by {kinds}: {names}",
        title=f"TPR by {kinds}",
        caption=" ".join(said),
    )


def _plan(systems: Sequence[SliceSeries]) -> _Plan:
    kinds: dict[str, dict[str, None]] = {}
    for one in systems:
        for point in one.points:
            kinds.setdefault(point.key, {})[point.value] = None
    step = max(18.0, _APART * len(systems) + 9.0)
    y = _KEY * -(-len(systems) // 2) + 4.0
    heads, panels, rows, left_out = [], [], [], 0
    for key, values in kinds.items():
        if len(values) < 2:
            continue
        heads.append(Text(0, y + _HEAD / 2 + 3, key))
        y += _HEAD
        top = y
        for value in list(values)[:MOST_VALUES]:
            rows.append(_Row(key, value, y + step / 2))
            y += step
        panels.append((top, y))
        left_out += max(0, len(values) - MOST_VALUES)
    return _Plan(tuple(heads), tuple(panels), tuple(rows), y, left_out)


def _spec(systems: Sequence[SliceSeries], plan: _Plan) -> Json:
    shares = (0.0, 25.0, 50.0, 75.0, 100.0)
    return chart(
        width=WIDTH,
        height=plan.height,
        padding=_PADDING,
        x={
            "scale": {"domain": [0, 100], "nice": False},
            "axis": axis(shares, [f"{share:g}%" for share in shares], grid=False),
        },
        y={"scale": {"domain": [0, plan.height], "reverse": True}, "axis": None},
        layers=[
            segments([(share, top, share, bottom) for top, bottom in plan.panels
                      for share in shares], colour=RULE),
            *_words(plan),
            *(layer for i, one in enumerate(systems)
              for layer in _system(one, i, len(systems), plan)),
        ],
    )  # fmt: skip


def _words(plan: _Plan) -> list[Json]:
    left, room = -_PADDING[0] + 1, _PADDING[0] - 12
    heads = [Text(left, head.y, fit(head.text, room)) for head in plan.heads]
    rows = [Text(left, row.y, fit(row.value, room)) for row in plan.rows]
    return [
        in_pixels(texts(heads, colour=MUTED, fontSize=11)),
        in_pixels(texts(rows, colour=INK)),
    ]


def _system(one: SliceSeries, number: int, systems: int, plan: _Plan) -> list[Json]:
    """Dots and whiskers of one system, below those of the one before, and its entry in the key."""
    series = SERIES[number]
    offset = (number - (systems - 1) / 2) * _APART
    known = {(point.key, point.value): point for point in one.points}
    spots = [
        (known[row.key, row.value], row.y + offset)
        for row in plan.rows
        if (row.key, row.value) in known
    ]
    ends = [
        (100 * p.low, y, 100 * p.high, y)
        for p, y in spots
        if p.low is not None and p.high is not None
    ]
    x = -_PADDING[0] + 6 + (number % 2) * (WIDTH + _PADDING[0]) / 2
    y = _KEY * (number // 2) + 4.0
    name = Text(x + 10, y, fit(one.name, (WIDTH + _PADDING[0]) / 2 - 20))
    colour, shape = series.colour, series.shape
    return [
        segments(ends, colour=colour, width=1.25, opacity=0.6),
        dots([(100 * p.tpr, y) for p, y in spots], colour=colour, shape=shape, radius=3),
        in_pixels(dots([(x, y)], colour=colour, shape=shape, radius=3)),
        in_pixels(texts([name], colour=colour)),
    ]
