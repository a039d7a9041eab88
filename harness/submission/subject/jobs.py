"""Runs to be scored again, light enough to hold those of every submission at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.nouns import Aggregate
from harness.submission.catalogue.places import Place
from harness.submission.evidence.facts import TableFacts
from harness.submission.subject.subject import Claim, Subject
from harness.submission.untrusted.parquet_tables import TableError

BROKEN = "it breaks a rule, see the findings"
ELSEWHERE = "its predictions are kept elsewhere and were not read"


@dataclass(frozen=True, slots=True)
class Job:
    """A run of a submission. ``folder`` is that of the submission, ``path`` the record's in it.

    ``tables`` are the sha256 of its tables in their order. ``obstacle`` says why it cannot be
    scored here whatever data are at hand, ``""`` when it can.
    """

    id: str
    folder: Path
    path: str
    task_id: str
    on_error: str
    place: Place | None
    tables: tuple[str, ...]
    obstacle: str

    @property
    def aggregate(self) -> Aggregate | None:
        """The mean over tasks that it is, or ``None``."""
        return self.place.aggregate if self.place else None

    @property
    def key(self) -> tuple[str, str]:
        """Id of the submission and of the task."""
        return self.id, self.task_id

    @property
    def at(self) -> str:
        """The record's path below the folder of submissions."""
        return f"{self.id}/{self.path}"


def job_of(subject: Subject, claim: Claim, tables: dict[str, TableFacts | TableError]) -> Job:
    """The job of a claim whose tables were looked at."""
    return Job(
        id=subject.id,
        folder=subject.folder,
        path=claim.path,
        task_id=claim.task_id,
        on_error=claim.record.task.on_error,
        place=claim.place,
        tables=tuple(
            facts.sha256 for name in sorted(tables) if isinstance(facts := tables[name], TableFacts)
        ),
        obstacle=_obstacle(claim, tables),
    )


def _obstacle(claim: Claim, tables: dict[str, TableFacts | TableError]) -> str:
    about = claim.record.task
    if claim.place is None or about.limit is not None:
        return BROKEN
    if claim.task is None:
        return ""
    if claim.larger:
        return ELSEWHERE
    if any(not isinstance(tables.get(name), TableFacts) for name in claim.tables):
        return BROKEN
    if about.version != claim.task.version:
        return f"made for version {about.version}, version {claim.task.version} is scored here"
    return ""
