"""What a cell means: texts, labels, names and splits as they are written in the wild."""

from __future__ import annotations

import math
import sys
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any

from harness.errors import InvalidError, UsageError
from harness.tasks.tables import Row
from suites.detection.protocol import CALIBRATION, TEST

HUMAN_WORDS = frozenset({"0", "false", "human", "human-written", "human_written"})
MACHINE_WORDS = frozenset(
    {"1", "true", "machine", "ai", "generated", "llm"}
    | {f"{who}{dash}generated" for who in ("machine", "ai", "llm") for dash in "-_"}
)
SPLITS = {
    **dict.fromkeys(("calibration", "valid", "validation", "val", "dev"), CALIBRATION),
    "test": TEST,
}
"""Names of splits -> what they are used for. Training texts are refused, never used in silence."""

_UNTOUCHED = frozenset(
    {"none", "no", "0", "false", "original", "clean", "plain", "raw"}
    | {"n/a", "n.a.", "-", "--", "\u2013", "\u2014", "without", "not attacked", "without attack"}
    | {f"no{dash}{what}" for dash in ("", "-", "_", " ") for what in ("attack", "perturbation")}
    | {
        f"un{what}"
        for what in ("attacked", "perturbed", "modified", "altered", "edited", "touched")
    }
)
"""What tables call the attack of a text that nobody tampered with.

Not ``baseline`` or ``default``, which may as well be the plainest of several attacks.
"""

_MISSING = frozenset({"nan", "none", "null", "na", "n/a", "<na>"})


def absent(value: Any) -> bool:
    """Whether a cell is empty: null, NaN, or nothing but space."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return isinstance(value, str) and not value.strip()


def text_of(row: Row, column: str) -> str:
    """The text of a row; null and NaN are ``""``. Raises for anything but a string."""
    value = row.values.get(column)
    if isinstance(value, str):
        if value.isascii():
            return value
        return value.encode("utf-8", "replace").decode()  # lone surrogates of JSON escapes
    if absent(value):
        return ""
    raise InvalidError(f"{row.where}: column {column!r} holds {_shown(value)}, not a text")


def name_of(value: Any) -> str:
    """A cell as a name to slice by; ``""`` for empty ones, ``yes`` and ``no`` for booleans."""
    if type(value) is str and value.isascii():  # as nearly all are: this runs for every cell
        return value.strip()
    if absent(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).encode("utf-8", "replace").decode().strip()


def slice_name(role: str, value: Any) -> str:
    """A name of the column ``role``, ``""`` where it says ``nan`` or ``none`` for unknown.

    For attacks ``none`` is a name, and so are others for a text that nobody tampered with. Equal
    names are one object: a set of 672,000 texts has a few dozen of them.
    """
    return _known_name(role, value) if type(value) is str else _slice_name(role, value)


def _slice_name(role: str, value: Any) -> str:
    name = sys.intern(name_of(value))
    word = name.lower()
    if role == "attack" and word in _UNTOUCHED:
        return "none"
    return name if word not in _MISSING else ""


@lru_cache(maxsize=4096)
def _known_name(role: str, value: str) -> str:
    return _slice_name(role, value)


def word_of(value: Any) -> str:
    """A label cell in one spelling: ``1`` for 1, 1.0, "1" and "1.0"; other words in lower case."""
    if isinstance(value, bool):
        return str(int(value))
    word = name_of(value).lower()
    return word.removesuffix(".0") if word in ("0.0", "1.0") else word


def label_of(
    row: Row, column: str, *, human: Collection[str], machine: Collection[str]
) -> float | None:
    """1.0 for a machine's text, 0.0 for a human's, ``None`` for a word that is neither."""
    word = word_of(row.values.get(column))
    return 0.0 if word in human else 1.0 if word in machine else None


def label_words(pairs: Iterable[tuple[str, str]]) -> tuple[frozenset[str], frozenset[str]]:
    """Words for human and for machine texts, those that a person tells of among them.

    What is told goes before what is known. Raises :class:`UsageError` for another class than
    these two.
    """
    human, machine = set(HUMAN_WORDS), set(MACHINE_WORDS)
    for word, meaning in pairs:
        kind, own = word_of(meaning), word_of(word)
        if kind not in HUMAN_WORDS | MACHINE_WORDS:
            raise UsageError(
                f"--label-map {word}={meaning}: texts are human or machine",
                fix=f"Type --label-map {word}=human or --label-map {word}=machine",
            )
        human.discard(own)
        machine.discard(own)
        (human if kind in HUMAN_WORDS else machine).add(own)
    return frozenset(human), frozenset(machine)


def split_of(row: Row, column: str) -> str:
    """The split of a row: ``calibration`` or ``test``. Raises in one line for any other."""
    word = name_of(row.values.get(column)).lower()
    if word in SPLITS:
        return SPLITS[word]
    known = ", ".join(SPLITS)
    raise InvalidError(
        f"{row.where}: split {word!r} is not known", fix=f"Known: {known}; leave other rows out"
    )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
