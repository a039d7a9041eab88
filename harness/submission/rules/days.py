"""Rules about days and times: of the calendar, not to come, and not before there was a board."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from harness.submission.layout import MANIFEST_FILE
from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault
from harness.submission.subject.subject import Subject

BEGAN = date(2026, 11, 23)
"""The first day of this project: nothing that it writes is older."""

AHEAD = timedelta(days=1)
"""Where it is tomorrow already, and clocks that run fast."""

REMADE = timedelta(days=30)
"""A run may be made again this long after the day of submission, while it is looked at."""

SCORE_AGAIN = "Score the run again with this version, marginbench score RUN_DIR, and pack it again"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:\+00:00|Z)")


def created(subject: Subject, board: Board) -> Iterator[Fault]:
    """The predictions were finished at a time of the calendar, in UTC, which has come."""
    for claim in subject.claims:
        said = time_fault(claim.record.created)
        if said:
            said = f"created: {claim.record.created[:40]!r} {said}"
            yield Fault(subject.at(claim.path), said, SCORE_AGAIN)


def time_fault(text: str) -> str:
    """What is wrong with the time of a run; empty when nothing is."""
    found = read_time(text)
    if found is None:
        return "is no time as 2026-11-30T12:00:00+00:00"
    return _fault(found.date())


def read_time(text: str) -> datetime | None:
    """A time as records write it, or ``None`` for any other text."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def submitted(subject: Subject, board: Board) -> Iterator[Fault]:
    """The day of submission has come, and the runs were there by then."""
    if subject.manifest is None:
        return
    day = date.fromisoformat(subject.manifest.date)
    said = _fault(day)
    times = [read_time(claim.record.created) for claim in subject.claims]
    last = max((found.date() for found in times if found is not None), default=None)
    if not said and last is not None and last > day + REMADE:
        said = f"is more than {REMADE.days} days before a run of it was finished ({last})"
    if said:
        yield Fault(
            subject.at(MANIFEST_FILE), f"date: {day} {said}", "Write the day of the submission"
        )


def _fault(day: date) -> str:
    if day > datetime.now(UTC).date() + AHEAD:
        return "is still to come"
    return f"is before {BEGAN}, when this project began" if day < BEGAN else ""
