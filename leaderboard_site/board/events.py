"""What happened on the board, and when: from the dates in manifests and in ``status.toml``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from harness.submission.manifest.status import DISPUTED, REPRODUCED, WITHDRAWN
from leaderboard_site.addresses import run_page
from leaderboard_site.board.systems import System, day
from leaderboard_site.reading.summary import Revision
from leaderboard_site.text import clip, listing, plural

NEW, UPDATED = "new", "updated"
ORDER = (WITHDRAWN, DISPUTED, REPRODUCED, UPDATED, NEW)
"""Kinds of events; of one day, later ones in the life of a submission stand first."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to one revision.

    ``day`` is ``""`` when the date is none of the calendar. ``before`` is the id of the revision
    that an update follows.
    """

    day: str
    kind: str
    revision: Revision
    before: str

    @property
    def page(self) -> str:
        """The page of the revision."""
        return run_page(self.revision.manifest)

    @property
    def name(self) -> str:
        """The system's name with the revision: ``Invented, r2``."""
        return f"{clip(self.revision.manifest.name)}, {self.revision.manifest.revision}"

    @property
    def title(self) -> str:
        """What happened, in short: ``submitted``; ``updated, after r1``; ``reproduced``."""
        if self.kind == NEW:
            return "submitted"
        if self.kind == UPDATED:
            system, _, revision = self.before.partition("/")
            own = system == self.revision.manifest.system
            return f"updated, after {revision if own else clip(self.before)}"
        standing = self.revision.standing
        tasks = [clip(task) for task in standing.tasks] if standing is not None else []
        return f"{self.kind} on {listing(tasks)}" if tasks else self.kind

    @property
    def words(self) -> str:
        """What happened, with the reason where one was given: ``disputed: the reason``."""
        standing = self.revision.standing
        if self.kind in (NEW, UPDATED) or standing is None or not standing.reason.strip():
            return self.title
        return f"{self.title}: {clip(standing.reason.strip(), most=300)}"


def events_of(systems: Sequence[System]) -> tuple[Event, ...]:
    """All events, newest first; those without a date of the calendar come last."""
    found = [
        event
        for system in systems
        for place, revision in enumerate(system.revisions)
        for event in _events(revision, system.revisions[place - 1] if place else None)
    ]
    found.sort(key=lambda event: (ORDER.index(event.kind), event.revision.manifest.id))
    return tuple(sorted(found, key=lambda event: event.day, reverse=True))


def _events(revision: Revision, earlier: Revision | None) -> list[Event]:
    manifest = revision.manifest
    before = manifest.predecessor or (earlier.manifest.id if earlier is not None else "")
    kind = UPDATED if before else NEW
    found = [Event(day(manifest.date), kind, revision, before)]
    standing = revision.standing
    if standing is not None and standing.state in ORDER:
        found.append(Event(day(standing.date), standing.state, revision, before))
    return found


def suite_words(name: str) -> str:
    """The name of a suite within a sentence: ``two words``."""
    return clip(name, most=40).replace("-", " ")


def suites_in_words(revision: Revision) -> str:
    """The suites of a revision with the number of its tasks: ``alpha (3 tasks), beta``."""
    counts = Counter(run.suite for run in revision.runs)
    parts = [
        suite_words(suite) + (f" ({plural(number, 'task')})" if number > 1 else "")
        for suite, number in sorted(counts.items())
    ]
    return ", ".join(parts) or "no record"
