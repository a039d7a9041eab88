"""Pins: what each set is, where it comes from, and how its columns are to be read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.nouns import TaskCard
from harness.tasks.hub import Hub
from suites.families import slug_of

_FILES = ("hub", "folders")
UNPINNED = "not pinned: the commit is recorded at load"
UNVERIFIED = (
    "Columns not verified: their names are from memory, and a load stops when one is not so."
)


@dataclass(frozen=True, slots=True)
class Part:
    """One split of a set: the names its file or hub split may have, and what it is used for.

    ``use`` is ``test``, ``calibration``, or ``""`` where the set has no splits.
    """

    names: tuple[str, ...]
    use: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Pin:
    """A pinned set.

    ``folder`` is its name under ``--data``; ``layout`` says how rows become texts (see
    :mod:`suites.detection.layouts`); ``within`` lets tables lie in subfolders, by a pattern.
    """

    id: str
    folder: str
    layout: Mapping[str, Any]
    parts: tuple[Part, ...]
    card: TaskCard
    hub: Hub | None = None
    within: str = ""


@cache
def pins() -> tuple[Pin, ...]:
    """All pins, in the order they are listed."""
    return tuple(pin for name in _FILES for pin in _read(name))


def slug(path: Path) -> str:
    """A file's or folder's name as the last part of a task id."""
    return slug_of(path.resolve().name) or "data"


def _read(name: str) -> Iterator[Pin]:
    path = Path(__file__).parent / "pins" / f"{name}.json"
    for entry in json.loads(path.read_text(encoding="utf-8")):
        yield _pin(entry)


def _pin(entry: dict[str, Any]) -> Pin:
    hub = Hub(**entry["hub"]) if entry.get("hub") else None
    revision = (hub.revision if hub else entry.get("revision")) or UNPINNED
    caveats = [*entry["caveats"], *([] if entry["columns_verified"] else [UNVERIFIED])]
    source = f"hf:{hub.repository}" if hub else entry["source"]
    return Pin(
        id=entry["id"],
        folder=entry["folder"],
        layout=entry["layout"],
        parts=tuple(
            Part(tuple(part["names"]), part["use"], part.get("optional", False))
            for part in entry["parts"]
        ),
        hub=hub,
        within=entry.get("within", ""),
        card=TaskCard(
            title=entry["title"],
            description=entry["description"],
            source=source,
            revision=revision,
            licence=entry["licence"],
            citation=entry["citation"],
            url=entry["url"],
            caveats=tuple(caveats),
        ),
    )
