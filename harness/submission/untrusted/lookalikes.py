"""Names that a reader takes for one another.

Skeletons after Unicode Technical Standard 39 ("Unicode Security Mechanisms", section 4): two texts
are confusable where their skeletons are equal. Which characters are confusable is the table of the
package confusable-homoglyphs, which is Unicode's own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

from harness.errors import IncompleteError
from harness.submission.untrusted.unseen import is_unseen

_APART = re.compile(r"[\s_‐-―-]+")
"""What parts words without being read: spaces, underscores, dashes."""

_READ = "+#"
"""Signs behind a name that are read with it: ``BM25+`` is another method than ``BM25``."""


def skeleton(text: str) -> str:
    """What a text looks like: confusable characters by the one that stands for all of them."""
    known = _prototypes()
    seen = "".join(one for one in unicodedata.normalize("NFD", text) if not is_unseen(one))
    return unicodedata.normalize("NFD", "".join(known.get(one, one) for one in seen))


@lru_cache(maxsize=4096)
def looks(text: str, *, together: bool = False) -> frozenset[str]:
    """What a name may be taken for; two names are alike that have one of these in common.

    Letter case and forms (full width, ligatures) count for nothing, and with ``together`` neither
    does what parts words. As capitals are confusable with other letters than small ones, a name
    looks like something in either.
    """
    plain = _bared(unicodedata.normalize("NFKC", _bared(text)))
    plain = _APART.sub("" if together else " ", _inside(plain) if together else plain)
    return frozenset(
        skeleton(skeleton(form).casefold()) for form in (plain, plain.casefold(), plain.upper())
    )


def _bared(text: str) -> str:
    """A name without what stands around it unread (``(lmscan)``, ``lmscan.``, ``#lmscan``), and
    without marks on characters of ASCII that no letter is written with."""
    kept: list[str] = []
    for one in unicodedata.normalize("NFC", text):
        if not (unicodedata.combining(one) and kept and kept[-1].isascii()):
            kept.append(one)
    while kept and not _is_word(kept[0]):
        del kept[0]
    while kept and not (_is_word(kept[-1]) or kept[-1] in _READ):
        del kept[-1]
    return "".join(kept) or text


def _inside(text: str) -> str:
    """A name without the signs in it, but for the points between digits and what is read."""
    kept = []
    for place, one in enumerate(text):
        between = text[place - 1 : place].isdigit() and text[place + 1 : place + 2].isdigit()
        if _is_word(one) or one in _READ or one.isspace() or (one == "." and between):
            kept.append(one)
    return "".join(kept)


def _is_word(one: str) -> bool:
    """Whether a character is read: a letter or digit; not one that only modifies letters."""
    kind = unicodedata.category(one)
    return (kind[0] in "LN" and kind != "Lm") or kind in ("Mc", "Mn")


def alike(one: str, other: str, *, together: bool = False) -> bool:
    """Whether a reader may take one name for the other."""
    return not looks(one, together=together).isdisjoint(looks(other, together=together))


@cache
def _prototypes() -> Mapping[str, str]:
    """Character -> what stands for it and all that look like it.

    The package lists for each character those it is confusable with, in both directions: whatever
    has several is what stands for them. Of a pair it is the sequence, or the earlier character.
    """
    try:
        from confusable_homoglyphs.confusables import confusables_data
    except ImportError as error:
        raise IncompleteError(
            "names cannot be compared without the package confusable-homoglyphs",
            fix="pip install confusable-homoglyphs",
        ) from error
    table = {
        _bare(name): [_bare(entry["c"]) for entry in entries]
        for name, entries in confusables_data.items()
    }
    found: dict[str, str] = {}
    for name, others in table.items():
        if len(name) == 1 and len(others) == 1:
            (other,) = others
            pair = len(table.get(other, ())) == 1 and len(other) == 1
            found[name] = min(name, other) if pair else other
    return found


def _bare(text: str) -> str:
    return text.replace("\u200e", "")
