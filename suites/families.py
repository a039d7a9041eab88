"""Open families of tasks: ``SUITE/folder/NAME`` stands for whatever set a user names so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from harness.data.asked import LoadRequest
from harness.errors import UsageError
from harness.nouns import Task, TaskCard

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


def id_in(family: str, name: str | None) -> str:
    """The id of a family's task; that of the family itself while it has no name."""
    return family if name is None else f"{family}/{name}"


def own_card(
    title: str, description: str, *, known_by: str, hold: str, source: str = "given with --data"
) -> TaskCard:
    """The card of a user's own set, ``known_by`` what its fingerprint is made of."""
    return TaskCard(
        title=title,
        description=description,
        source=source,
        revision=f"not pinned: known by {known_by} alone",
        licence="your own",
        citation="",
        caveats=(f"Not a pinned set: the figures hold for {hold} only.",),
    )


def given(family: str, request: LoadRequest, *, what: str, fix: str) -> Path:
    """What ``--data`` names; :class:`UsageError` without it."""
    if request.data is None:
        raise UsageError(f"{family} reads your own {what}", fix=fix)
    return request.data


def path_slug(path: Path) -> str:
    """A file's or folder's name as the last part of a task id, ``data`` for want of one."""
    return _slug(path.resolve().name) or "data"


def stem_slug(path: Path) -> str | None:
    """Its name without the ending as the last part of a task id, ``None`` for want of one."""
    return _slug(path.resolve().stem) or None


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-.")
