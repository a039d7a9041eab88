"""Open families of tasks: ``SUITE/folder/NAME`` stands for whatever set a user names so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from harness.nouns import Task

_NAME = re.compile(r"[a-z0-9_][a-z0-9._-]*")


def find_task(
    task_id: str, tasks: Iterable[Task], families: Mapping[str, Callable[[str], Task]]
) -> Task | None:
    """The task of that id: one of ``tasks``, or one that a family makes of the rest of the id.

    ``families``: id of a family, such as ``reranking/folder`` -> what makes its task of a name.
    """
    for task in tasks:
        if task.id == task_id:
            return task
    for family, make in families.items():
        name = task_id.removeprefix(f"{family}/")
        if name != task_id and _NAME.fullmatch(name):
            return make(name)
    return None


def slug_of(name: str) -> str:
    """The name of a file or folder as the last part of a task id; empty when nothing is left."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-.")
