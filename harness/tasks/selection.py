"""From names, globs, tasks and suites to tasks, with did-you-mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TypeAlias

from harness.errors import UsageError, did_you_mean, first_ids
from harness.nouns import Aggregate, Suite, Task
from harness.registry import suite_named, suites
from harness.tasks.extra_metrics import at_threshold, check_known

Wanted: TypeAlias = str | Task | Suite
"""A task, a suite, or a name: of a task, of a mean over tasks, of a suite, or a glob over tasks."""

Chosen: TypeAlias = tuple[tuple[Task, ...], tuple[Aggregate, ...]]
"""Tasks in the order asked for, each once, and the means that they complete."""


def select_tasks(suite_names: Sequence[str], patterns: Sequence[str]) -> Chosen:
    """The tasks of the named suites and patterns, and the aggregates they complete.

    A pattern is a task id, an aggregate's id, or a glob over both. Raises :class:`UsageError`
    for an unknown suite and for a pattern that matches nothing.
    """
    found = suites()
    chosen = [task for name in suite_names for task in _suite(found, name).tasks]
    chosen += [task for pattern in patterns for task in _matching(found, pattern)]
    if not chosen:
        raise UsageError("no task chosen", fix="Give --suite NAME or --task ID_OR_GLOB")
    return _completed(found, chosen)


def choose_tasks(wanted: Wanted | Iterable[Wanted]) -> Chosen:
    """The tasks that are meant by one thing or by several, and the means they complete.

    Raises :class:`UsageError` for a name that matches nothing and for what names no task.
    """
    found = suites()
    several = [wanted] if isinstance(wanted, str | Task | Suite) else _listed(wanted)
    chosen = [task for one in several for task in _meant(found, one)]
    if not chosen:
        raise UsageError(
            "no task chosen", fix="Name one, such as: " + ", ".join(repr(s.name) for s in found)
        )
    return _completed([*found, *(one for one in several if isinstance(one, Suite))], chosen)


def find_task(task_id: str) -> Task:
    """One task by its exact id; :class:`UsageError` for none, and for a mean over tasks."""
    found = suites()
    for suite in found:
        task = suite.find(task_id)
        if task is not None:
            return task
        mean = next((mean for mean in suite.aggregates if mean.id == task_id), None)
        if mean is not None:
            raise UsageError(
                f"{task_id} is a mean over {len(mean.members)} tasks, and one task is needed",
                fix=f"Name one of {first_ids(mean.members)}",
            )
    raise _unknown(found, task_id)


def checked_metrics(
    tasks: Sequence[Task],
    names: Sequence[str],
    threshold: float | None = None,
    *,
    inclusive: bool = False,
) -> tuple[str, ...]:
    """The metrics asked for by name and by a threshold.

    Raises :class:`UsageError` for a name that no suite of the tasks has, and for a threshold at
    which none gives anything.
    """
    if not names and threshold is None:
        return ()
    wanted = dict.fromkeys(task.suite for task in tasks)
    described = [suite for name in wanted if (suite := suite_named(name))]
    check_known(described, names)
    if threshold is None:
        return tuple(names)
    return (*names, *at_threshold(described, threshold, inclusive=inclusive))


def _listed(wanted: Iterable[Wanted]) -> list[Wanted]:
    try:
        return list(wanted)
    except TypeError:
        raise _no_task(wanted) from None


def _meant(found: Sequence[Suite], one: Wanted) -> Sequence[Task]:
    if isinstance(one, Task):
        return [one]
    if isinstance(one, Suite):
        return one.tasks
    if not isinstance(one, str):
        raise _no_task(one)
    named = next((suite for suite in found if suite.name == one), None)
    return _matching(found, one) if named is None else named.tasks


def _no_task(given: object) -> UsageError:
    return UsageError(
        f"{type(given).__name__} names no task", fix="Give a task's name, a glob, a Task or a Suite"
    )


def _completed(found: Sequence[Suite], chosen: Sequence[Task]) -> Chosen:
    tasks: dict[str, Task] = {}
    for task in chosen:
        if tasks.setdefault(task.id, task) != task:
            raise UsageError(
                f"two different tasks are called {task.id}", fix="Give each an id of its own"
            )
    means = {mean.id: mean for suite in found for mean in suite.aggregates}
    complete = [mean for mean in means.values() if tasks.keys() >= set(mean.members)]
    return tuple(tasks.values()), tuple(complete)


def chosen_suites(names: Sequence[str]) -> list[Suite]:
    """The suites of these names, all of them without any; :class:`UsageError` for an unknown."""
    found = suites()
    return [_suite(found, name) for name in dict.fromkeys(names)] if names else found


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
