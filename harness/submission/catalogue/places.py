"""Which tasks a submission may be about: known, pinned, and the same for everybody."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from harness.nouns import Aggregate, Suite, Task
from harness.registry import suite_named, suites


class Place(NamedTuple):
    """A task, or a mean over several (``task`` is then ``None``), with its suite."""

    suite: Suite
    task: Task | None
    aggregate: Aggregate | None

    @property
    def is_embedded(self) -> bool:
        """Whether its data come with the packages, without a network."""
        return self.task is not None and self.task.id in self.suite.all_embedded


@cache
def place_of(task_id: str) -> Place | None:
    """Where a task id belongs, or ``None`` for one that the board has no place for.

    Open families (``detection/folder/NAME``) are the submitter's own data: nobody else could
    take part, so that they are not for the board.
    """
    suite = suite_named(task_id.partition("/")[0])
    if suite is None:
        return None
    for task in suite.tasks:
        if task.id == task_id:
            return None if task.resolve is not None else Place(suite, task, None)
    found = next((mean for mean in suite.aggregates if mean.id == task_id), None)
    return None if found is None else Place(suite, None, found)


def board_tasks() -> list[str]:
    """Ids of all tasks that the board has a place for."""
    found = [suite.tasks for suite in suites()]
    means = [suite.aggregates for suite in suites()]
    ids = {task.id for tasks in found for task in tasks}
    ids |= {mean.id for some in means for mean in some}
    return sorted(name for name in ids if place_of(name) is not None)
