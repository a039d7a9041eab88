"""What rules know beside the submission that they look at: the others, and what was computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from harness.strict_json import Json
from harness.submission.confined.pool import Ended
from harness.submission.evidence.facts import TableFacts, TableKey
from harness.submission.folders.places import Stray
from harness.submission.manifest.keepers import Author
from harness.submission.manifest.manifest import Manifest
from harness.submission.subject.finding import Fault
from harness.submission.untrusted.parquet_tables import TableError

RECOMPUTED, SELF_REPORTED = "recomputed", "self-reported"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of scoring a run again.

    ``level`` is :data:`RECOMPUTED` or :data:`SELF_REPORTED`; ``reason`` says why it is no better.
    ``faults`` are by the id of their rule. ``unfinished`` says what kept the work from its end.
    ``absent`` tells that the data of the task are not here, so that nothing could be computed.
    """

    level: str
    reason: str = ""
    faults: tuple[tuple[str, Fault], ...] = ()
    unfinished: str = ""
    absent: bool = False


class Copy(NamedTuple):
    """Whose answers a run's nearly are, and how near."""

    of: str
    how: str


def as_plain(outcome: Outcome) -> Json:
    """An outcome as JSON can hold it."""
    faults = [[rule, list(fault)] for rule, fault in outcome.faults]
    return [outcome.level, outcome.reason, faults, outcome.unfinished, outcome.absent]


def of_plain(value: Json) -> Outcome:
    """The outcome that :func:`as_plain` made this of."""
    level, reason, faults, unfinished, absent = value
    found = tuple((rule, Fault(*fault)) for rule, fault in faults)
    return Outcome(level, reason, found, unfinished, absent)


@dataclass(frozen=True)
class Board:
    """All of it.

    ``known`` holds the manifests of every submission in sight, ``None`` where one cannot be read;
    ``subjects`` are those that are looked at. ``root`` is their folder, ``whole`` whether all of
    it is looked at, ``base`` the same folder as it was merged. ``twins``: task and digest of
    answers -> ids of the submissions that hold them, the earliest first; ``copies``: run -> whose
    answers it has but for some noise. ``owners`` and ``waived`` are what maintainers say (of the
    base, where there is one), ``author`` is who sends a pull request, ``changed`` what it changes.
    ``stopped`` are those that cost more to read than any may.
    """

    root: Path
    whole: bool
    subjects: tuple[str, ...]
    known: Mapping[str, Manifest | None]
    strays: tuple[Stray, ...] = ()
    base: Path | None = None
    merged: tuple[str, ...] = ()
    tables: Mapping[TableKey, TableFacts | TableError] = field(default_factory=dict)
    twins: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    outcomes: Mapping[tuple[str, str], Outcome] = field(default_factory=dict)
    stopped: Mapping[str, Ended] = field(default_factory=dict)
    owners: Mapping[str, frozenset[int]] = field(default_factory=dict)
    waived: Mapping[str, frozenset[str]] = field(default_factory=dict)
    copies: Mapping[tuple[str, str], Copy] = field(default_factory=dict)
    author: Author | None = None
    changed: tuple[str, ...] = ()
