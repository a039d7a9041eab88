"""Systems by name: which records are of one system, and what tells two of one name apart."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from harness.fingerprint import SHORT
from harness.records.record import Record, TaskRef


def system_names(records: Sequence[Record]) -> list[str]:
    """The name that a table gives the system of each record.

    That is the model's own name, unless two of the records on one task would then look alike:
    all records of that name then carry what :func:`which` says.
    """
    seen: dict[tuple[str, str, int | None], set[str]] = {}
    for record in records:
        key = record.task.id, record.model.name, record.task.limit
        seen.setdefault(key, set()).add(record.model.fingerprint)
    twins = {name for (_, name, _), found in seen.items() if len(found) > 1}
    since = _since(records)
    return [
        which(record, since[record.model.fingerprint])
        if record.model.name in twins
        else record.model.name
        for record in records
    ]


def task_names(records: Sequence[Record]) -> list[str]:
    """The name that a table gives the work of each record.

    That is the task's id; where records of one id did different work, the start of its fingerprint
    follows. A quick look says so.
    """
    works: dict[tuple[str, int | None], set[str]] = {}
    for record in records:
        works.setdefault((record.task.id, record.task.limit), set()).add(record.task.fingerprint)
    return [_task_name(record, works[record.task.id, record.task.limit]) for record in records]


def _task_name(record: Record, works: set[str]) -> str:
    task = record.task
    told = [] if len(works) == 1 else [f"data {task.fingerprint[:SHORT]}"]
    if task.limit is not None:
        told.append(f"first {task.limit} {_counted(task)}")
    return f"{task.id} ({', '.join(told)})" if told else task.id


def _counted(task: TaskRef) -> str:
    """Of what the first were taken; and how many items they are, where not one for each."""
    assert task.limit is not None
    if task.groups != task.items:
        return "queries only"
    return "items only" if task.items <= task.limit else f"of each kind only, {task.items:,} items"


def which(record: Record, since: str | None = None) -> str:
    """The model's name with the start of its fingerprint and when it was run.

    An object in memory has a version in place of content to take a fingerprint of.
    """
    model = record.model
    version = model.details.get("version")
    short = model.fingerprint[:SHORT]
    told = f"version {version}, {short}" if isinstance(version, str) else short
    return f"{model.name} ({told}, {minute(since or record.created)})"


def minute(created: str) -> str:
    """``2026-07-05T10:12:33+00:00`` as ``2026-07-05 10:12``."""
    return created[:16].replace("T", " ")


def told_runs(records: Sequence[Record], folders: Sequence[Path]) -> str:
    """Some runs of one task with their folders, for a message."""
    works = task_names(records)
    said = []
    for record, folder, work in zip(records, folders, works, strict=True):
        more = work.removeprefix(record.task.id)
        said.append(f"{which(record)}{more} in {folder}")
    return "; ".join(said)


def told_models(records: Sequence[Record], folders: Sequence[Path]) -> str:
    """Every model among some records with the folder that holds its runs, for a message."""
    since = _since(records)
    by_model: dict[str, list[int]] = {}
    for index, record in enumerate(records):
        by_model.setdefault(record.model.fingerprint, []).append(index)
    said = []
    for model in sorted(by_model, key=since.__getitem__):
        runs = by_model[model]
        folder = os.path.relpath(os.path.commonpath([folders[i].absolute() for i in runs]))
        said.append(f"{which(records[runs[0]], since[model])} in {folder}")
    return "; ".join(said)


def _since(records: Sequence[Record]) -> dict[str, str]:
    """When the first run of each model was finished: the same for all its rows."""
    found: dict[str, str] = {}
    for record in sorted(records, key=lambda record: record.created):
        found.setdefault(record.model.fingerprint, record.created)
    return found
