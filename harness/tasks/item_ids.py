"""Ids of two files held against each other: as written on both sides, or stripped on both.

Where no id of the task has blanks at its ends, those of a file are stripped of theirs; where one
has, both are taken as they are written. Ids that only look the same are never joined, but said.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence

from harness.data.coded import Coded
from harness.errors import InvalidError, first_ids

_FORMS: tuple[tuple[str, Callable[[str], str]], ...] = (
    (
        "in how accents are written (composed or decomposed Unicode, NFC or NFD)",
        lambda name: unicodedata.normalize("NFC", name),
    ),
    ("in blanks at their ends", str.strip),
    (
        "in look-alike characters (wide forms, other blanks)",
        lambda name: " ".join(unicodedata.normalize("NFKC", name).split()),
    ),
    ("in capital letters", str.casefold),
    ("in an ending .0", lambda name: name.removesuffix(".0")),
)


def as_meant(wanted: Iterable[str], found: Sequence[str]) -> Sequence[str]:
    """The ids ``found`` as they are compared with those ``wanted``."""
    if any(name != name.strip() for name in _distinct(wanted)):
        return found
    if isinstance(found, Coded):
        return found.named([name.strip() for name in found.names])
    return [name.strip() for name in found]


def _distinct(names: Iterable[str]) -> Iterable[str]:
    return names.names if isinstance(names, Coded) else names


def alike(unknown: Iterable[str], known: Collection[str]) -> str:
    """A sentence on ids that differ from known ones in their writing alone; ``""`` without any."""
    names = list(unknown)
    for what, form in _FORMS:
        forms = {form(name): name for name in known}
        same = [name for name in names if form(name) in forms and name not in known]
        if same:
            pairs = first_ids([f"{name} / {forms[form(name)]}" for name in same], most=2)
            count = "1 differs" if len(same) == 1 else f"{len(same):,} differ"
            return f"{count} from the other side's only {what}: {ascii_of(pairs)}"
    return ""


def refuse_twins(classes: Iterable[str], where: str) -> None:
    """Raise :class:`InvalidError` for two classes that are one but for how they are written.

    That is by accents, blanks at the ends, or an ending ``.0``: nobody means two classes by them.
    Capital letters may part two.
    """
    for what, form in (_FORMS[0], _FORMS[1], _FORMS[-1]):
        seen: dict[str, str] = {}
        for name in sorted(set(classes)):
            other = seen.setdefault(form(name), name)
            if other != name:
                pair = ascii_of(f"{other!r} and {name!r}")
                raise InvalidError(
                    f"{where}: the classes {pair} differ only {what}",
                    fix="Write each class in one way",
                )


def ascii_of(text: str) -> str:
    """The text with what is beyond ASCII escaped, so that two writings look different."""
    return text.encode("ascii", "backslashreplace").decode()
