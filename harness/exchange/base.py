"""What a format is made of: runs that go out as files, and what comes in from files of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from harness.records.record import Record
from harness.registry import Lazy


class Run(NamedTuple):
    """A record and the folder that it lies in, beside its tables where there are any."""

    folder: Path
    record: Record


class File(NamedTuple):
    """A file to write: its path below ``--out``, with ``/`` between names, and its bytes."""

    path: str
    data: bytes


class Written(NamedTuple):
    """What a format makes of runs; ``notes`` say what it has no place for."""

    files: Sequence[File]
    notes: Sequence[str] = ()


Told = Mapping[str, str]
"""What was said with ``--option KEY=VALUE``, each key one of the format's own."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format of others.

    ``title`` is what tables call it. ``write`` is a function of runs and of what was told that
    returns :class:`Written`; ``read`` one of a path that returns
    :class:`harness.exchange.claims.Claims`. Either is ``None`` where there is no such direction.
    ``options`` are the keys that may be told, with their meaning. Equal runs give equal bytes.
    """

    title: str
    write: Lazy | None = None
    read: Lazy | None = None
    options: Mapping[str, str] = field(default_factory=dict)
