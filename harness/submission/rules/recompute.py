"""Rules about figures: what predictions give here is what records claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from harness.submission.subject.around import Board
from harness.submission.subject.finding import Fault
from harness.submission.subject.subject import Subject

Check = Callable[[Subject, Board], Iterator[Fault]]


def found_by(rule: str) -> Check:
    """A rule of :mod:`~harness.submission.recompute.recomputer`, which scores each run once."""
    return partial(_found_by, rule)


def _found_by(rule: str, subject: Subject, board: Board) -> Iterator[Fault]:
    for claim in subject.claims:
        outcome = board.outcomes.get((subject.id, claim.task_id))
        for name, fault in outcome.faults if outcome else ():
            if name == rule:
                yield fault
