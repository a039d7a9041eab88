"""From ``--suite`` and ``--task`` to tasks, with did-you-mean."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from harness.errors import UsageError, did_you_mean
from harness.nouns import Aggregate, Suite, Task
from harness.registry import suites


def select_tasks(
    suite_names: Sequence[str], patterns: Sequence[str]
) -> tuple[tuple[Task, ...], tuple[Aggregate, ...]]:
    """The tasks of the named suites and patterns, and the aggregates they complete.

    A pattern is a task id, an aggregate's id, or a glob over both. Raises :class:`UsageError`
    for an unknown suite and for a pattern that matches nothing.
    """
    found = suites()
    chosen: dict[str, Task] = {}
    for name in suite_names:
        chosen.update((task.id, task) for task in _suite(found, name).tasks)
    for pattern in patterns:
        chosen.update((task.id, task) for task in _matching(found, pattern))
    if not chosen:
        raise UsageError("no task chosen", fix="Give --suite NAME or --task ID_OR_GLOB")
    aggregates = [a for s in found for a in s.aggregates if chosen.keys() >= set(a.members)]
    return tuple(chosen.values()), tuple(aggregates)


def find_task(task_id: str) -> Task:
    """One task by its exact id."""
    found = suites()
    for suite in found:
        task = suite.find(task_id)
        if task is not None:
            return task
    raise _unknown(found, task_id)


def _suite(found: Sequence[Suite], name: str) -> Suite:
    for suite in found:
        if suite.name == name:
            return suite
    raise UsageError(f"unknown suite {name!r}", fix=did_you_mean(name, [s.name for s in found]))


def _matching(found: Sequence[Suite], pattern: str) -> list[Task]:
    tasks = {task.id: task for suite in found for task in suite.tasks}
    if not any(sign in pattern for sign in "*?["):
        for suite in found:
            for aggregate in suite.aggregates:
                if aggregate.id == pattern:
                    return [tasks[member] for member in aggregate.members]
        return [find_task(pattern)]
    matching = [task for name, task in tasks.items() if fnmatchcase(name, pattern)]
    if not matching:
        raise _unknown(found, pattern)
    return matching


def _unknown(found: Sequence[Suite], name: str) -> UsageError:
    known = [task.id for suite in found for task in suite.tasks]
    known += [aggregate.id for suite in found for aggregate in suite.aggregates]
    short = [k for k in known if k.partition("/")[2] == name or k.rpartition("/")[2] == name]
    if short:
        fix = "Did you mean " + " or ".join(repr(k) for k in short[:3]) + "?"
    else:
        fix = did_you_mean(name, known)
    return UsageError(f"unknown task {name!r}", fix=f"{fix} See: marginbench list tasks")
