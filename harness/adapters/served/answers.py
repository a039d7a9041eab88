"""Reading what a server said: a wrong type, a missing field or a lost index is one line."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from harness.errors import InvalidError, first_ids
from harness.strict_json import Json

Read = TypeVar("Read")

KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number",
         float: "a number", type(None): "null"}  # fmt: skip


def at(value: Json, path: Sequence[str], where: str) -> Json:
    """The value below some fields. Raises :class:`InvalidError` when one is not there."""
    for depth, name in enumerate(path):
        if not isinstance(value, Mapping) or name not in value:
            shown = ".".join(path[: depth + 1])
            raise InvalidError(f"{where}: its answer has no {shown}", fix=OTHER_DIALECT)
        value = value[name]
    return value


OTHER_DIALECT = "See that the address and the kind of server (--option dialect=) are right"


def maybe(value: Json, path: Sequence[str]) -> Json | None:
    """The value below some fields, or ``None`` where there is none."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def count(value: Json) -> int | None:
    """A number of things, or ``None`` for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None  # some write 1.0
    return int(value) if 0 <= value < 1 << 53 else None


def counted(word: str) -> int | None:
    """The same of a word, such as that of a header."""
    return count(int(word)) if word.isascii() and word.isdigit() and len(word) < 16 else None


def scattered(
    rows: Json, expected: int, index: str, read: Callable[[Json, str], Read], where: str
) -> list[Read]:
    """What rows say of ``expected`` things, each in the place that its ``index`` names.

    Raises :class:`InvalidError` unless every index from 0 stands in exactly one row: nothing is
    invented for what is missing, and nothing chosen where there are two.
    """
    if not isinstance(rows, list):
        raise InvalidError(f"{where}: its answer is {kind(rows)} where a list of rows should be")
    found: dict[int, Read] = {}
    for row in rows:
        place = maybe(row, [index])
        if not isinstance(place, int) or isinstance(place, bool):
            raise InvalidError(
                f"{where}: a row of its answer has no whole number {index!r}", fix=OTHER_DIALECT
            )
        if not 0 <= place < expected:
            raise InvalidError(f"{where}: {index} {place} in answer to {expected} documents")
        if place in found:
            raise InvalidError(f"{where}: {index} {place} stands twice in its answer")
        found[place] = read(row, where)
    if len(found) < expected:
        missing = [str(place) for place in range(expected) if place not in found]
        raise InvalidError(
            f"{where}: its answer has {len(found)} of {expected} documents; it lacks {index} "
            + first_ids(missing)
        )
    return [found[place] for place in range(expected)]


def number(row: Json, name: str, where: str) -> float:
    """A finite number of a row. Raises :class:`InvalidError` for anything else."""
    value = maybe(row, [name])
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    said = f"is {kind(value)}" if isinstance(row, Mapping) and name in row else "is not there"
    raise InvalidError(f"{where}: {name} of a row {said}, and should be a number")


def kind(value: Json) -> str:
    """What a value is, in words."""
    return KINDS.get(type(value), "something else")
