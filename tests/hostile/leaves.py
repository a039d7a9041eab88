"""Every leaf of a record, each changed to another value that its type admits."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from harness.errors import InvalidError
from harness.records.record import Record, parse_record, to_json

Place = tuple[str | int, ...]

FREE = {
    ("task", "notes"), ("task", "origin"), ("task", "members"), ("model", "options"),
    ("model", "details"), ("first_stage", "parameters"), ("run", "batch"),
    ("environment", "packages"),
}  # fmt: skip
"""Objects whose keys no schema names."""

CANDIDATES: tuple[Any, ...] = ("x1", 1, 0.5, True, [0.1, 0.9])


def as_data(record: Record) -> dict[str, Any]:
    """A record as JSON would give it."""
    found: dict[str, Any] = json.loads(to_json(record))
    return found


def leaves(value: Any, path: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Path and value of everything that is no object and no list with something in it."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from leaves(inner, (*path, number))
    else:
        yield path, value


def pattern(path: Place) -> str:
    """``metrics[].interval[]``; what lies in an object of free keys goes by the object's name."""
    if path[:2] in FREE:
        return ".".join(map(str, path[:2]))
    if "slice" in path:
        path = path[: path.index("slice") + 1]
    text = "".join("[]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".")


def others(value: Any) -> Iterator[Any]:
    """Values of the same form that are not this one; for null, whatever the field might hold."""
    if value is None or value in ([], {}):
        yield from CANDIDATES
        yield from ([candidate] for candidate in CANDIDATES)
        yield from ({"x": candidate} for candidate in CANDIDATES)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, float):
        yield value + 1e-3
        yield value - 1e-3
    else:
        yield other_text(value)


def other_text(text: str) -> str:
    """Another text of the same form: a digest, a time, a word."""
    try:
        return (datetime.fromisoformat(text) - timedelta(seconds=1)).isoformat()
    except ValueError:
        pass
    if len(text) in (40, 64) and set(text) <= set("0123456789abcdef"):
        return ("1" if text[0] == "0" else "0") + text[1:]
    return f"{text}1"


def changed(data: dict[str, Any], path: Place, value: Any) -> Record | None:
    """The record with another value at a path, or ``None`` where no record can hold it."""
    made = copy.deepcopy(data)
    place: Any = made
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    try:
        return parse_record(json.dumps(made), where="record")
    except InvalidError:
        return None
