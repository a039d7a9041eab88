"""What scoring a run again may cost, and how runs are shared out among children.

The data of a task are this machine's own; loading them is not counted. What a submission may cost
after that grows with the items of the task, whatever its files claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from harness.submission.confined.limits import MIB, Limits
from harness.submission.subject.jobs import Job

LOADING = Limits(seconds=24 * 3600, memory=64 << 30, written=1 << 30)
SECONDS, MEMORY = 5, 400 * MIB
"""For a task of no items; each item adds its share."""

ITEMS_A_SECOND = 2500
BYTES_AN_ITEM = 3000
FEWEST = 8
"""Runs of one task for which its data are not loaded by one more child."""


def scoring(items: int) -> Limits:
    """Limits for a run of a task of so many items."""
    return Limits(
        seconds=SECONDS + items // ITEMS_A_SECOND,
        memory=MEMORY + items * BYTES_AN_ITEM,
        written=1 << 30,
    )


def by_task(jobs: Sequence[Job]) -> list[list[int]]:
    """Places of jobs, which are in order of their tasks: each list is of one task's data.

    The longest come first, so that none is left over at the end.
    """
    longest = max(FEWEST, -(-len(jobs) // 4))
    found: list[list[int]] = []
    for _, group in groupby(range(len(jobs)), key=lambda place: _data(jobs[place])):
        places = list(group)
        found += [places[at : at + longest] for at in range(0, len(places), longest)]
    return sorted(found, key=len, reverse=True)


def _data(job: Job) -> tuple[str, str]:
    return job.task_id, job.on_error
