"""Characters that leave no mark on a page, though Unicode calls many of them letters."""

from __future__ import annotations

import unicodedata

_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Control, format, surrogate, private, unassigned; ends of lines and paragraphs."""

_SPACES = {" ", "\u00a0", "\u202f", "\u3000"}
"""Spaces that people write: the common one, those that do not break, the wide one of East Asia."""

_BLANK = (
    (0x034F, 0x034F),  # combining grapheme joiner
    (0x115F, 0x1160),  # Hangul fillers
    (0x17B4, 0x17B5),  # Khmer inherent vowels
    (0x180B, 0x180F),  # Mongolian variation selectors
    (0x2800, 0x2800),  # braille with no dot
    (0x3164, 0x3164),  # Hangul filler
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFFA0, 0xFFA0),  # halfwidth Hangul filler
    (0x16FE4, 0x16FE4),  # Khitan filler
    (0x1D159, 0x1D159),  # musical null notehead
    (0xE0000, 0xE0FFF),  # tags and variation selectors
)
"""Of other categories, and drawn as nothing: Unicode 16.0, Default_Ignorable_Code_Point in
DerivedCoreProperties.txt, and the two that fonts draw empty."""

MOST_MARKS = 2
"""Marks on one letter: scripts that people write need two once composed, towers have dozens."""


def is_unseen(character: str) -> bool:
    """Whether a character leaves no mark, or is a space that nobody types."""
    kind = unicodedata.category(character)
    if kind == "Zs":
        return character not in _SPACES
    code = ord(character)
    return kind in _CATEGORIES or any(first <= code <= last for first, last in _BLANK)


def tower_at(text: str) -> int | None:
    """Where more than :data:`MOST_MARKS` marks stand on one letter, or one on none at all."""
    marks = MOST_MARKS  # none may stand first, nor behind a space
    for place, character in enumerate(text):
        if unicodedata.category(character) not in ("Mn", "Me"):
            marks = MOST_MARKS if character.isspace() else 0
            continue
        marks += 1
        if marks > MOST_MARKS:
            return place
    return None


def has_sign(text: str) -> bool:
    """Whether a text holds a letter or a digit, so that it can be called by it."""
    return any(
        unicodedata.category(character)[0] in "LN" and not is_unseen(character)
        for character in text
    )
