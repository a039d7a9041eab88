"""From what a model wrote to an order: one written rule, which loses no document.

Everything up to the last ``</think>`` is left away. The identifiers are read in the order in which
they stand; one that stands twice counts where it stands first, one that names no document of the
window is passed over, and documents that are not named follow in the order they had. An answer is
repaired where any of this had to be done, or where it is not written as it was asked for.
The rule is that of RankLLM (Pradeep et al. 2023), which also reads numbers without brackets.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from string import ascii_uppercase

THOUGHT = "</think>"
MOST_LABELS = len(ascii_uppercase)


def letters(count: int) -> tuple[str, ...]:
    """``A``, ``B``, ... for so many documents, at most :data:`MOST_LABELS`."""
    return tuple(ascii_uppercase[:count])


def numerals(count: int) -> tuple[str, ...]:
    """``1``, ``2``, ... for so many documents."""
    return tuple(str(number + 1) for number in range(count))


def spoken(text: str) -> str:
    """What a model said, without what it thought first."""
    return text.rpartition(THOUGHT)[2].strip()


def order_in(text: str, labels: Sequence[str]) -> tuple[list[int], bool]:
    """The order that a text names as indices of ``labels``, and whether it had to be repaired."""
    said = spoken(text)
    places = {label: place for place, label in enumerate(labels)}
    numbers = labels[0].isdigit() if labels else True
    # Letters count in brackets alone: words have letters too.
    found = re.findall(r"[0-9]+" if numbers else r"\[([A-Z])\]", _plain(said))
    named = [places.get(name.lstrip("0") if numbers else name) for name in found]
    known = list(dict.fromkeys(place for place in named if place is not None))
    rest = [place for place in range(len(labels)) if place not in set(known)]
    order = known + rest
    return order, said != " > ".join(f"[{labels[place]}]" for place in order)


def _plain(text: str) -> str:
    """Digits that are raised, circled or wide as plain ones; each circled one is a number."""
    apart = (f" {sign} " if unicodedata.category(sign) == "No" else sign for sign in text)
    return unicodedata.normalize("NFKC", "".join(apart))


def label_in(text: str, labels: Sequence[str], pattern: str) -> int | None:
    """The one label that ``pattern`` finds in a text, by its place; ``None`` where there is none.

    The first group of the pattern holds the label; the last place where it fits counts.
    """
    found = re.findall(pattern, text, re.DOTALL)
    return labels.index(found[-1]) if found and found[-1] in labels else None
