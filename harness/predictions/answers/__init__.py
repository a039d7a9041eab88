"""What a task asks of each item: one object per kind, by its name in the registry.

Another kind is a class in one file, and two names of it: in :data:`harness.registry.ANSWERS` what
tasks say, in :data:`harness.registry.BROUGHT` the capabilities that serve it. Another package names
both by entry points.
"""

from __future__ import annotations

from functools import cache

from harness.data import TaskData
from harness.errors import UsageError, did_you_mean
from harness.nouns import Task
from harness.predictions.answers.base import Answer
from harness.registry import Registry, answer_kinds, brought, warn


def kind_of(task: Task) -> type[Answer]:
    """The kind of answer a task asks for, known before its data are loaded.

    Raises :class:`UsageError` for a kind that there is not.
    """
    kinds = answer_kinds()
    if task.asks not in kinds.builtin and task.asks not in kinds.names():
        raise UsageError(
            f"{task.id} asks for {task.asks!r}", fix=did_you_mean(task.asks, kinds.names())
        )
    return _checked(kinds, task.asks)


def answer_of(task: Task, data: TaskData) -> Answer:
    """What a task asks of each item of its data."""
    return kind_of(task).of(data)


def bringing(capability: str) -> type[Answer]:
    """The kind of answer that brought a capability. Raises :class:`UsageError` where none did."""
    return _checked(brought(), capability)


@cache
def all_columns() -> frozenset[tuple[str, bool]]:
    """Name of each column that any kind of answer has in a file, and whether it may be null."""
    kinds = answer_kinds()
    found: set[tuple[str, bool]] = set()
    for name in kinds.names():
        try:
            found |= {(one.name, one.optional) for one in _checked(kinds, name).columns}
        except UsageError as error:
            warn(f"{error.message}; it is left out")
    return frozenset(found)


def _checked(kinds: Registry[type[Answer]], name: str) -> type[Answer]:
    found = kinds.get(name)
    if not (isinstance(found, type) and issubclass(found, Answer)):
        raise UsageError(f"{kinds.kind} {name!r} is {str(found)[:80]}, no class of answers")
    return found
