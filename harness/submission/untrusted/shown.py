"""Text of a submission made fit for a terminal or a report: what cannot be seen is spelt out."""

from __future__ import annotations

from harness.submission.untrusted.unseen import is_unseen, tower_at

LONGEST = 300


def shown(text: object, *, most: int = LONGEST) -> str:
    """One line of at most ``most`` characters with every control or invisible one as ``\\u202e``.

    Terminal escapes, line breaks, right-to-left marks, fillers, marks that pile up and the bytes of
    names that are no UTF-8 end up as plain letters. What is longer is cut in the middle, where the
    length is told.
    """
    said = str(text)
    if len(said) > most:
        half = most // 2
        said = f"{said[:half]}[... {len(said):,} characters ...]{said[-half // 2 :]}"
    return spelt(said)


def spelt(said: str) -> str:
    """The same of any length."""
    if said.isascii() and said.isprintable():
        return said
    said = "".join(map(_seen, said))
    while (place := tower_at(said)) is not None:
        said = f"{said[:place]}{_spelt(said[place])}{said[place + 1 :]}"
    return said


def _seen(character: str) -> str:
    return _spelt(character) if is_unseen(character) else character


def _spelt(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
