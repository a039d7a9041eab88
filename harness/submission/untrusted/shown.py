"""Text of a submission made fit for a terminal or a report: what cannot be seen is spelt out."""

from __future__ import annotations

import unicodedata

LONGEST = 300
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def shown(text: object, *, most: int = LONGEST) -> str:
    """One line of at most ``most`` characters with every control or invisible one as ``\\u202e``.

    Terminal escapes, line breaks, right-to-left marks and the bytes of names that are no UTF-8
    end up as plain letters. What is longer is cut in the middle, where the length is told.
    """
    said = str(text)
    if len(said) > most:
        half = most // 2
        said = f"{said[:half]}[... {len(said):,} characters ...]{said[-half // 2 :]}"
    if said.isprintable():  # nothing of what is unseen, and no other space than the common one
        return said
    return "".join(_seen(character) for character in said)


def _seen(character: str) -> str:
    if unicodedata.category(character) not in _UNSEEN:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
