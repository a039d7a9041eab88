"""Exhibits without what no axis holds: a record may claim any number, and a claim ends no build.

Whatever lies off an axis is left out of pictures here, and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

from harness.exhibits import (
    FRACTION,
    Axis,
    Bundle,
    Curves,
    Dot,
    Dots,
    Figure,
    Interval,
    Point,
    Scatter,
    Trade,
)

LARGEST = 1e12
"""No axis reaches further, and no logarithmic one nearer to zero than one by this."""

Pictured: TypeAlias = Curves | Dots | Scatter | Bundle | Trade
"""What is drawn as a picture."""


def sane(exhibit: Pictured) -> Pictured:
    """The same with what can be drawn alone: finite numbers within their axes."""
    match exhibit:
        case Curves():
            return _curves(exhibit)
        case Dots():
            return _dots(exhibit)
        case Scatter():
            return _scatter(exhibit)
        case Bundle():
            return _bundle(exhibit)
        case Trade():
            return _trade(exhibit)


def marks(exhibit: Pictured) -> int:
    """How many marks a picture is made of, to tell how many were left out."""
    match exhibit:
        case Curves():
            return sum(len(curve.points) for curve in exhibit.curves)
        case Dots():
            return sum(len(one.dots) for one in exhibit.series)
        case Bundle():
            return len(exhibit.lines)
        case Scatter() | Trade():
            return len(exhibit.points)


def finite(value: float | None) -> float | None:
    """The number, or ``None`` for one that nothing can show."""
    return value if value is not None and math.isfinite(value) else None


def bounded(interval: Interval | None) -> Interval | None:
    """The interval, or ``None`` for one that has no bounds."""
    return interval if interval is not None and all(map(math.isfinite, interval)) else None


def _curves(exhibit: Curves) -> Curves:
    """Points left of the axis are kept: a curve enters it at the height that it has reached."""
    x, y = _axis(exhibit.x), _axis(exhibit.y)
    left = x._replace(low=None, log=False)
    return replace(
        exhibit,
        x=x,
        y=y,
        curves=tuple(
            curve._replace(points=[p for p in curve.points if _on(left, p[0]) and _on(y, p[1])])
            for curve in exhibit.curves
        ),
        resolved=_known(x._replace(low=None, high=None), exhibit.resolved),
        rule=_known(x, exhibit.rule),
        chance=_inside(exhibit.chance, x, y),
    )


def _dots(exhibit: Dots) -> Dots:
    x = _axis(exhibit.x)

    def kept(dot: Dot) -> Dot | None:
        value = _known(x, dot.figure.value)
        return None if value is None else dot._replace(figure=_figure(dot.figure, x))

    return replace(
        exhibit,
        x=x,
        series=tuple(
            one._replace(dots=tuple(found for dot in one.dots if (found := kept(dot)) is not None))
            for one in exhibit.series
        ),
    )


def _figure(figure: Figure, axis: Axis) -> Figure:
    interval = figure.interval
    whole = interval is not None and all(_on(axis, end) for end in interval)
    return figure._replace(interval=interval if whole else None)


def _scatter(exhibit: Scatter) -> Scatter:
    x, y = _axis(exhibit.x), _axis(exhibit.y)
    return replace(
        exhibit,
        x=x,
        y=y,
        points=_inside(exhibit.points, x, y),
        curve=_inside(exhibit.curve, x, y),
    )


def _bundle(exhibit: Bundle) -> Bundle:
    """Places off the axis go with their values, lines that leave it as a whole."""
    x, y = _axis(exhibit.x), _axis(exhibit.y)
    kept = [n for n, place in enumerate(exhibit.places) if _on(x, place)]
    found = [
        (name, [line[n] for n in kept])
        for name, line in zip(exhibit.names, exhibit.lines, strict=False)
        if len(line) == len(exhibit.places) and all(_on(y, line[n]) for n in kept)
    ]
    return replace(
        exhibit,
        x=x,
        y=y,
        places=tuple(exhibit.places[n] for n in kept),
        names=tuple(name for name, _ in found),
        lines=[line for _, line in found],
        worst=min(1.0, max(0.0, finite(exhibit.worst) or 0.0)),
    )


def _trade(exhibit: Trade) -> Trade:
    share = Axis("", 0, 1)
    points = (one for one in exhibit.points if _on(share, one.x) and _on(share, one.y))
    return replace(
        exhibit,
        points=tuple(
            one._replace(interval=_figure(Figure(one.y, one.interval), share).interval)
            for one in points
        ),
    )


def _axis(axis: Axis) -> Axis:
    """The axis without ends that are none."""
    low, high = (_known(axis._replace(low=None, high=None), end) for end in (axis.low, axis.high))
    if low is not None and low == high:
        low = high = None
    return axis._replace(low=low, high=high)


def _inside(points: Sequence[Point], x: Axis, y: Axis) -> tuple[Point, ...]:
    return tuple((a, b) for a, b in points if _on(x, a) and _on(y, b))


def _known(axis: Axis, value: float | None) -> float | None:
    return value if value is not None and _on(axis, value) else None


def _on(axis: Axis, value: float) -> bool:
    """Whether an axis holds a value; a share is between -1 and 1."""
    most = 1.0 if axis.unit == FRACTION else LARGEST
    if not abs(value) <= most or (axis.log and value < 1 / LARGEST):
        return False
    if axis.low is not None and axis.high is not None:
        return min(axis.low, axis.high) <= value <= max(axis.low, axis.high)
    return (axis.low is None or axis.low <= value) and (axis.high is None or value <= axis.high)
