"""Pins: what each set is, where it comes from, and how its columns are to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.nouns import TaskCard
from harness.tasks.hub import UNPINNED, Hub
from suites.pins import read_pins

FOLDER = Path(__file__).parent / "pins"
_FILES = ("hub", "folders")


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
    return tuple(_pin(entry) for entry in read_pins(*(FOLDER / f"{name}.json" for name in _FILES)))


def _pin(entry: dict[str, Any]) -> Pin:
    about, hub = entry["card"], None
    if "hub" in entry:
        hub = Hub(**entry["hub"])
        about = {**about, "source": f"hf:{hub.repository}", "revision": hub.revision or UNPINNED}
    parts = tuple(Part(**part) for part in entry["parts"])
    return Pin(**{**entry, "parts": parts, "card": TaskCard(**about), "hub": hub})
