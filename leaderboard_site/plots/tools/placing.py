"""Names kept apart: in a column beside a plot, and around points within it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from leaderboard_site.plots.tools.labels import LINE, text_width

Spot = tuple[float, float]
_Reals: TypeAlias = NDArray[np.float64]
_Boxes: TypeAlias = NDArray[np.float64]
"""Rectangles, one a row, as :class:`Box` has them."""

_REACHES = (8.0, 18.0, 30.0, 44.0, 60.0, 80.0)
_SIDES = ((1, 0), (-1, 0), (1, -1), (1, 1), (-1, -1), (-1, 1), (0, -1), (0, 1))
_FEW = 10
_DOT = 6.0
_ANCHORS = {1: "start", -1: "end", 0: "middle"}
_NEAR = len(_SIDES)
"""The first so many places are near; names at the others have a line to their point."""

_STEPS = np.arange(2, 8) / 8
"""Where the dots of a line lie, from its point to its name."""

_PLACES = tuple(product(_REACHES, _SIDES))
_ACROSS = np.array([across * reach * (0.7 if down else 1) for reach, (across, down) in _PLACES])
_DOWN = np.array(
    [down * (reach + (LINE / 2 - 3 if not across else 0)) for reach, (across, down) in _PLACES]
)
_BEFORE = np.array([{1: 0.0, 0: 0.5, -1: 1.0}[across] for _, (across, _) in _PLACES])
"""The share of a name that stands left of where it is set."""

_NONE = np.empty((0, 4))


def spread(wanted: Sequence[float], *, gap: float, low: float, high: float) -> list[float]:
    """Places at least ``gap`` apart within [low, high], each as near as can be to where it wants.

    Least squares under the order of the wanted places (pool adjacent violators). Where there is
    not enough room, the gap shrinks.
    """
    if not wanted:
        return []
    gap = min(gap, (high - low) / max(1, len(wanted) - 1))
    order = sorted(range(len(wanted)), key=lambda i: (wanted[i], i))
    pools: list[list[float]] = []
    for rank, index in enumerate(order):
        pools.append([wanted[index] - rank * gap])
        while len(pools) > 1 and _mean(pools[-2]) >= _mean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    places = [0.0] * len(wanted)
    top = high - (len(wanted) - 1) * gap
    flat = [min(max(_mean(pool), low), top) for pool in pools for _ in pool]
    for rank, (index, place) in enumerate(zip(order, flat, strict=True)):
        places[index] = place + rank * gap
    return places


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


class Box(NamedTuple):
    """A rectangle: left, right, top, bottom."""

    left: float
    right: float
    top: float
    bottom: float


def stroke(start: Spot, end: Spot, *, width: float) -> Box:
    """The room of an upright or level line, or of a dot where it ends as it starts."""
    (left, right), (top, bottom) = (sorted(ends) for ends in zip(start, end, strict=True))
    half = width / 2
    return Box(left - half, right + half, top - half, bottom + half)


class Placed(NamedTuple):
    """Where a name stands; ``far`` when it needs a line to its point."""

    text: str
    x: float
    y: float
    anchor: str
    far: bool
    width: float

    @property
    def box(self) -> Box:
        """The room it takes."""
        left = self.x - {"start": 0.0, "middle": self.width / 2, "end": self.width}[self.anchor]
        return Box(left, left + self.width, self.y - LINE / 2, self.y + LINE / 2)


class _Places(NamedTuple):
    """All places that a name may have, a row each, in order of their way from its point.

    ``boxes`` are the room of the name, ``ways`` that of the line from its point to a far one, as a
    row of dots: far places by dots by four.
    """

    text: str
    width: float
    x: _Reals
    y: _Reals
    boxes: _Boxes
    ways: NDArray[np.float64]

    def way(self, place: int) -> _Boxes:
        """The line to one place; none to one that is near."""
        return self.ways[place - _NEAR] if place >= _NEAR else _NONE

    def placed(self, place: int) -> Placed:
        """The name at one of its places."""
        x, y = float(self.x[place]), float(self.y[place])
        anchor = _ANCHORS[_SIDES[place % _NEAR][0]]
        return Placed(self.text, x, y, anchor, place >= _NEAR, self.width)


class _Room(NamedTuple):
    """What is there already, one rectangle a row, and the area that names stay in.

    Names and points are never covered if that can be helped, the ``ways`` from points to names
    rarely, other marks at the price of the area.
    """

    solid: _Boxes
    ways: _Boxes
    marks: _Boxes
    area: _Boxes


def place(
    points: Sequence[tuple[float, float, str]], *, taken: Sequence[Box], area: Box
) -> list[Placed]:
    """A place for the name of each point (x, y, text), without overlaps where there is room.

    Names go to the best place around their point, in the order given: near, inside the area, and
    off points, other names and the room that other marks have ``taken``. A few names are looked at
    a second time, when all others have a place.
    """
    dots = _boxes([stroke((x, y), (x, y), width=_DOT) for x, y, _ in points])
    marks, within = _boxes(taken), _boxes([area])
    names = [_places(x, y, text) for x, y, text in points]
    found: dict[int, int] = {}
    for _ in range(2 if len(points) <= _FEW else 1):
        for number, (x, y, _) in enumerate(points):
            others = [(names[n], at) for n, at in found.items() if n != number]
            solid = np.concatenate([dots, *(name.boxes[at : at + 1] for name, at in others)])
            ways = np.concatenate([_NONE, *(name.way(at) for name, at in others)])
            found[number] = _best(names[number], (x, y), _Room(solid, ways, marks, within))
    return [name.placed(found[number]) for number, name in enumerate(names)]


def _places(x: float, y: float, text: str) -> _Places:
    width = text_width(text)
    across, down = x + _ACROSS, y + _DOWN
    left = across - width * _BEFORE
    boxes = np.stack([left, left + width, down - LINE / 2, down + LINE / 2], axis=1)
    far = across[_NEAR:, None] * _STEPS, down[_NEAR:, None] * _STEPS
    dots = x * (1 - _STEPS) + far[0], y * (1 - _STEPS) + far[1]
    ways = np.stack([dots[0] - 1, dots[0] + 1, dots[1] - 1, dots[1] + 1], axis=2)
    return _Places(text, width, across, down, boxes, ways)


def _best(names: _Places, at: Spot, room: _Room) -> int:
    """The first of the cheapest places; they come in order of their way from the point."""
    away = np.maximum(np.abs(names.x - at[0]), np.abs(names.y - at[1])) - _REACHES[0]
    costs = np.maximum(away, 0.0) + _costs(names, room)
    return int(np.argmin(np.round(costs, 1)))


def _costs(names: _Places, room: _Room) -> _Reals:
    """What each place covers. Any part of another name costs more than the longest way."""
    left, right, top, bottom = names.boxes.T
    outside = (right - left) * (bottom - top) - _covered(names.boxes, room.area)
    hidden, crossed = _covered(names.boxes, room.solid), _covered(names.boxes, room.ways)
    for dots in names.ways.swapaxes(0, 1):
        crossed[_NEAR:] += _covered(dots, room.solid)
    steep = 500 * (hidden > 0) + 500 * (outside > 1e-6) + 50 * (crossed > 0)
    covered = _covered(names.boxes, room.marks)
    return np.asarray(steep + 4 * outside + hidden + crossed + covered)


def _boxes(boxes: Sequence[Box]) -> _Boxes:
    return np.asarray(boxes, dtype=np.float64).reshape(-1, 4)


def _covered(boxes: _Boxes, others: _Boxes) -> _Reals:
    """The area that each of some rectangles shares with others, those counted one by one."""
    wide = _shared(boxes[:, 0:1], boxes[:, 1:2], others[:, 0], others[:, 1])
    wide *= _shared(boxes[:, 2:3], boxes[:, 3:4], others[:, 2], others[:, 3])
    return np.asarray(wide.sum(axis=1))


def _shared(low: _Reals, high: _Reals, lows: _Reals, highs: _Reals) -> _Reals:
    return np.asarray(np.maximum(np.minimum(high, highs) - np.maximum(low, lows), 0.0))
