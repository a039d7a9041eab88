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

_REACHES = (8.0, 18.0, 30.0, 44.0, 60.0, 80.0)
_SIDES = ((1, 0), (-1, 0), (1, -1), (1, 1), (-1, -1), (-1, 1), (0, -1), (0, 1))
_FEW = 10
_DOT = 6.0
_ANCHORS = {1: "start", -1: "end", 0: "middle"}


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

    def way(self, at: Spot) -> list[Box]:
        """The room that the line from its point takes, as a row of dots."""
        if not self.far:
            return []
        steps = [(i / 8, 1 - i / 8) for i in range(2, 8)]
        spots = [(at[0] * b + self.x * a, at[1] * b + self.y * a) for a, b in steps]
        return [stroke(spot, spot, width=2) for spot in spots]


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
    dots = [stroke((x, y), (x, y), width=_DOT) for x, y, _ in points]
    marks, within = _boxes(taken), _boxes([area])
    found: dict[int, Placed] = {}
    for _ in range(2 if len(points) <= _FEW else 1):
        for number, (x, y, text) in enumerate(points):
            others = [(points[n], name) for n, name in found.items() if n != number]
            ways = [step for (a, b, _), name in others for step in name.way((a, b))]
            solid = dots + [name.box for _, name in others]
            room = _Room(_boxes(solid), _boxes(ways), marks, within)
            found[number] = _best(_candidates(x, y, text), (x, y), room)
    return [found[number] for number in range(len(points))]


def _best(candidates: Sequence[Placed], at: Spot, room: _Room) -> Placed:
    """The first of the cheapest candidates; they come in order of their way from the point."""
    away = [max(abs(name.x - at[0]), abs(name.y - at[1])) - _REACHES[0] for name in candidates]
    costs = np.maximum(away, 0.0) + _costs(candidates, at, room)
    return candidates[int(np.argmin(np.round(costs, 1)))]


def _candidates(x: float, y: float, text: str) -> list[Placed]:
    width = text_width(text)
    return [
        Placed(
            text,
            x + across * reach * (0.7 if down else 1),
            y + down * (reach + (LINE / 2 - 3 if not across else 0)),
            _ANCHORS[across],
            far=reach > _REACHES[0],
            width=width,
        )
        for reach, (across, down) in product(_REACHES, _SIDES)
    ]


def _costs(names: Sequence[Placed], at: Spot, room: _Room) -> _Reals:
    """What each place covers. Any part of another name costs more than the longest way."""
    boxes = _boxes([name.box for name in names])
    left, right, top, bottom = boxes.T
    outside = (right - left) * (bottom - top) - _covered(boxes, room.area)
    hidden, crossed = _covered(boxes, room.solid), _covered(boxes, room.ways)
    ways = [(number, step) for number, name in enumerate(names) for step in name.way(at)]
    steps = _covered(_boxes([step for _, step in ways]), room.solid)
    np.add.at(crossed, [number for number, _ in ways], steps)
    steep = 500 * (hidden > 0) + 500 * (outside > 1e-6) + 50 * (crossed > 0)
    return np.asarray(steep + 4 * outside + hidden + crossed + _covered(boxes, room.marks))


def _boxes(boxes: Sequence[Box]) -> _Boxes:
    return np.asarray(boxes, dtype=np.float64).reshape(-1, 4)


def _covered(boxes: _Boxes, others: _Boxes) -> _Reals:
    """The area that each of some rectangles shares with others, those counted one by one."""
    low = np.maximum(boxes[:, None, ::2], others[None, :, ::2])
    high = np.minimum(boxes[:, None, 1::2], others[None, :, 1::2])
    return np.asarray(np.maximum(high - low, 0.0).prod(axis=2).sum(axis=1))
