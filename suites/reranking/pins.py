"""Pins: what each data set is, where it comes from, and the counts it must have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import InvalidError
from harness.nouns import TaskCard
from suites.pins import read_pins

if TYPE_CHECKING:
    from suites.reranking.corpus import Collection

FOLDER = Path(__file__).parent / "pins"
_FILES = ("code_search", "beir", "nano_beir", "bright", "trec_dl", "folders")


@dataclass(frozen=True, slots=True)
class Pin:
    """A pinned data set.

    ``kind`` chooses the loader. ``ir_datasets`` is its name there, ``None`` when it comes from
    a folder only; ``names`` are the folder names under ``--data`` that claim to be it.
    ``counts`` holds documents, queries, judgements and exclusions, ``None`` where not pinned.
    """

    id: str
    kind: str
    ir_datasets: str | None
    split: str
    names: tuple[str, ...]
    counts: Mapping[str, int | None]
    judged_non_relevant: bool
    card: TaskCard
    content_sha256: str = ""


@cache
def pins() -> tuple[Pin, ...]:
    """All pins, in the order they are listed."""
    return tuple(_pin(entry) for entry in read_pins(*(FOLDER / f"{name}.json" for name in _FILES)))


def check_counts(pin: Pin, collection: Collection, *, where: str) -> None:
    """Raise :class:`InvalidError` when what was loaded does not have the pinned counts."""
    found = {
        "queries": len(collection.gold),
        "judgements": sum(map(len, collection.gold.values())),
        "exclusions": sum(map(len, collection.exclusions.values())),
    }
    if collection.complete and pin.counts.get("documents") is not None:
        found["documents"] = len(collection.corpus)
    wrong = [
        f"{expected} {what} expected, {found[what]} found"
        for what, expected in pin.counts.items()
        if expected is not None and what in found and found[what] != expected
    ]
    if wrong:
        raise InvalidError(f"{where} is not the pinned {pin.id}: {'; '.join(wrong)}")


def _pin(entry: dict[str, Any]) -> Pin:
    return Pin(**{**entry, "card": TaskCard(**entry["card"])})
