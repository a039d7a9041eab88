"""Names on a picture: cleaned, cut to the room there is, and kept apart from each other."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from leaderboard_site.text import clip, visible

SIZE = 12
"""Font size of names, in units of the viewBox."""

LINE = 14
"""Distance between two lines of text."""

LONGEST = 60
"""Characters of a name that are looked at; the longest that a picture has room for is shorter."""

_NARROW = frozenset("iljtfrI.,:;'|!()[]{}-/ ")
_BROAD = frozenset("mwMW@%&")
_REACHES = (8.0, 18.0, 30.0, 44.0, 60.0, 80.0)
_SIDES = ((1, 0), (-1, 0), (1, -1), (1, 1), (-1, -1), (-1, 1), (0, -1), (0, 1))


def label(name: str, *, most: int = LONGEST) -> str:
    """A name on one line: direction marks and what XML cannot hold are shown, the rest is cut."""
    line = " ".join(visible(clip(name, most=most)).split())
    allowed = (c if _is_xml(c) else f"⟨U+{ord(c):04X}⟩" for c in line)
    return clip("".join(allowed), most=most) or "–"


def _is_xml(character: str) -> bool:
    code = ord(character)
    return 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def text_width(text: str, *, size: float = SIZE) -> float:
    """The room a text takes at most in common sans-serif fonts, in units of the viewBox."""
    return size * sum(_em(character) for character in text)


def _em(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF" or ord(character) > 0x2E7F:
        return 1.1
    if character in _NARROW:
        return 0.36
    if character in _BROAD:
        return 0.92
    return 0.68 if character.isupper() else 0.57


def fit(name: str, room: float, *, size: float = SIZE) -> str:
    """A cleaned name cut to ``room``; at least its first character is kept."""
    text = label(name)
    while len(text) > 2 and text_width(text, size=size) > room:
        text = clip(text, most=len(text) - 1)
    return text


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

    def meets(self, other: Box) -> float:
        """The area that two rectangles share."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, across) * max(0.0, down)


class Placed(NamedTuple):
    """Where a name stands; ``far`` when it needs a line to its point."""

    text: str
    x: float
    y: float
    anchor: str
    far: bool

    @property
    def box(self) -> Box:
        """The room it takes."""
        width = text_width(self.text)
        left = self.x - {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        return Box(left, left + width, self.y - LINE / 2, self.y + LINE / 2)


def place(
    points: Sequence[tuple[float, float, str]], *, taken: Sequence[Box], area: Box
) -> list[Placed]:
    """A place for the name of each point (x, y, text), without overlaps where there is room.

    Names go to the best place around their point, in the order given: near, inside the area, and
    off other names and the room that marks have ``taken``.
    """
    found: list[Placed] = []
    names: list[Box] = []
    for x, y, text in points:
        best = _best(_candidates(x, y, text), (x, y), (names, taken, area))
        found.append(best)
        names.append(best.box)
    return found


def _best(
    candidates: Sequence[Placed],
    at: tuple[float, float],
    around: tuple[Sequence[Box], Sequence[Box], Box],
) -> Placed:
    """The first of the cheapest candidates; they come in order of their way from the point."""
    best, least = candidates[0], float("inf")
    for name in candidates:
        away = max(0.0, max(abs(name.x - at[0]), abs(name.y - at[1])) - _REACHES[0])
        if away >= least:
            continue
        cost = round(away + _cost(name.box, *around), 1)
        if cost < least:
            best, least = name, cost
    return best


def _candidates(x: float, y: float, text: str) -> list[Placed]:
    anchors = {1: "start", -1: "end", 0: "middle"}
    return [
        Placed(
            text,
            x + across * reach * (0.7 if down else 1),
            y + down * (reach + (LINE / 2 - 3 if not across else 0)),
            anchors[across],
            far=reach > _REACHES[0],
        )
        for reach, (across, down) in product(_REACHES, _SIDES)
    ]


def _cost(box: Box, names: Sequence[Box], taken: Sequence[Box], area: Box) -> float:
    """What a place covers. Another name costs far more than a longer way, a thin line less."""
    outside = (box.right - box.left) * (box.bottom - box.top) - box.meets(area)
    return 4 * outside + 20 * _covered(box, names) + _covered(box, taken)


def _covered(box: Box, others: Sequence[Box]) -> float:
    return sum(box.meets(o) for o in others if o.left < box.right and box.left < o.right)
