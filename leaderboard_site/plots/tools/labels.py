"""Names on a picture: cleaned, measured, and cut to the room there is."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from leaderboard_site.text import clip

SIZE = 12
"""Font size of names, in units of the viewBox."""

LINE = 14
"""Distance between two lines of text."""

LONGEST = 60
"""Characters of a name that are looked at; the longest that a picture has room for is shorter."""

_NARROW = frozenset("iljtfrI.,:;'|!()[]{}-/ ")
_BROAD = frozenset("mwMW@%&")


def label(name: str, *, most: int = LONGEST) -> str:
    """A name on one line: direction marks and what XML cannot hold are shown, the rest is cut."""
    line = " ".join(clip(name, most=most).split())
    allowed = (c if _is_xml(c) else f"⟨U+{ord(c):04X}⟩" for c in line)
    return clip("".join(allowed), most=most) or "–"


def _is_xml(character: str) -> bool:
    code = ord(character)
    return 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def shared_start(names: Sequence[str]) -> str:
    """The words that all names begin with, up to a comma (``ResNet-50``); ``""`` for none.

    A picture has little room for what tells nothing apart.
    """
    first = names[0].partition(", ")[0] if len(names) > 1 else ""
    alike = all(name.startswith(f"{first}, ") and name[len(first) + 2 :] for name in names)
    return first if alike else ""


def without_shared(names: Sequence[str]) -> list[str]:
    """The names without :func:`shared_start`."""
    start = shared_start(names)
    return [name[len(start) + 2 :] if start else name for name in names]


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
