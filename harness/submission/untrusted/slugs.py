"""Names fit for folders of a submission, and texts fit for a page."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from harness.submission.untrusted.unseen import MOST_MARKS, is_unseen, tower_at

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
"""Lower-case letters, digits and inner dashes, 64 at most; matched in full."""

SLUG_RULE = "lower-case letters a-z, digits and inner dashes, 64 at most"
LONGEST_URL = 300
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z](?:[a-z0-9-]*[a-z0-9])?\.?")
"""Names, and no numbers: those are of whoever reads the page, such as their router."""


_DEVICES = {"con", "prn", "aux", "nul", *(f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10))}


def is_slug(name: str) -> bool:
    """Whether a name may be a folder here: a slug, and no device name of Windows."""
    return SLUG.fullmatch(name) is not None and name not in _DEVICES


def is_system(name: str) -> bool:
    """Whether a name is ``ORG__MODEL``, both of them slugs."""
    org, sign, model = name.partition("__")
    return bool(sign) and is_slug(org) and is_slug(model)


def to_slug(name: str) -> str:
    """The nearest slug: ``BAAI/bge-v1.5`` gives ``baai-bge-v1-5``; ``""`` when nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].strip("-")


def text_fault(text: str, *, most: int, lines: bool = False) -> str | None:
    """What is wrong with a text for a page, or ``None``.

    Refused: more than ``most`` characters, other than NFC, control and invisible characters
    (right-to-left marks, zero-width ones, fillers and odd spaces among them), marks piled up on one
    letter; line feeds unless ``lines``.
    """
    if len(text) > most:
        return f"{len(text):,} characters, {most:,} at most"
    if text.isascii() and text.isprintable():
        return None
    if unicodedata.normalize("NFC", text) != text:
        return "not in Unicode normal form C"
    for place, character in enumerate(text):
        if is_unseen(character) and not (lines and character == "\n"):
            return f"U+{ord(character):04X} at character {place + 1} cannot be seen"
    tower = tower_at(text)
    if tower is not None:
        return f"more than {MOST_MARKS} marks on a letter, or one on none, at character {tower + 1}"
    return None


def url_fault(url: str) -> str | None:
    """What is wrong with a link, or ``None``: https with a host, no user name, 300 characters."""
    if len(url) > LONGEST_URL:
        return f"{len(url):,} characters, {LONGEST_URL} at most"
    if not url.isascii() or any(c.isspace() or c in "<>\"'`\\{}|^" or ord(c) < 33 for c in url):
        return "holds characters that do not belong in a URL"
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for a port that is no number
    except ValueError as error:
        return str(error)
    if parts.scheme != "https" or not parts.hostname or not _HOST.fullmatch(parts.hostname):
        return "not an https:// address with a host that has a name"
    if parts.username is not None or parts.password is not None:
        return "carries a user name"
    return None
