"""Lines with as few points as the eye needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Point = tuple[float, float]


def simplified(points: Sequence[Point], *, within: float = 0.4) -> list[Point]:
    """The points that keep a line within a distance of all of them, in units of the viewBox.

    Ramer 1972, Douglas and Peucker 1973.
    """
    if len(points) < 3:
        return list(points)
    line = np.asarray(points, dtype=float)
    keep = np.zeros(len(line), dtype=bool)
    keep[[0, -1]] = True
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        away = _distances(line[first + 1 : last], line[first], line[last])
        far = int(away.argmax())
        if away[far] > within:
            middle = first + 1 + far
            keep[middle] = True
            spans += [(first, middle), (middle, last)]
    return [points[index] for index in np.flatnonzero(keep).tolist()]


def stairs(points: Sequence[Point], *, grid: float = 0.5) -> list[Point]:
    """A staircase on a grid, without steps that the grid swallows and points along an edge.

    Points are in units of the viewBox and in the order of the line.
    """
    line = np.round(np.asarray(points, dtype=float) / grid) * grid
    line = line[np.concatenate([[True], (np.diff(line, axis=0) != 0).any(axis=1)])]
    same = np.diff(line, axis=0) == 0
    edge = (same[1:] & same[:-1]).any(axis=1)
    kept = line[np.concatenate([[True], ~edge, [True]])] if len(line) > 2 else line
    return [(float(x), float(y)) for x, y in kept]


def _distances(inner: Reals, start: Reals, end: Reals) -> Reals:
    along, offset = end - start, inner - start
    length = float(np.hypot(*along))
    if length > 0:
        share = np.clip(offset @ along / length**2, 0, 1)
        offset = offset - share[:, None] * along
    away: Reals = np.hypot(offset[:, 0], offset[:, 1])
    return away
