"""Loading a task: what a request means, its data, and its fingerprint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from pathlib import Path

from harness.data import ItemData, RankingData, TaskData
from harness.data.asked import USUAL, Draws, LoadRequest, Told
from harness.errors import UsageError
from harness.fingerprint import digest
from harness.nouns import Task
from harness.registry import blaming, suite_named
from harness.tasks.extra_metrics import extra_metrics
from harness.tasks.origin import with_files

NOT_FOUND = "zero"
"""The answer to ``--missing`` by which a run's lists end where the run ends."""

BM25 = "bm25"
"""The first stage that is computed here; every other one is a file."""


@dataclass(frozen=True, slots=True)
class LoadedTask:
    """A task with its data, as loaded for one request.

    ``extra`` are metrics computed beside the task's own, see :mod:`harness.tasks.extra_metrics`.
    ``draws`` are those of intervals.
    """

    task: Task
    data: TaskData
    fingerprint: str
    limit: int | None
    on_error: str = "error"
    extra: tuple[str, ...] = ()
    draws: Draws = USUAL

    @property
    def to_score(self) -> Task:
        """The task with the metrics that were asked for behind its own."""
        return replace(self.task, metrics=(*self.task.metrics, *self.extra))

    def __repr__(self) -> str:
        # Its data may be a million texts.
        return f"<{self.task.id}: {self.data.item_count:,} items, {self.fingerprint[:8]}>"


def task_fingerprint(task: Task, data: TaskData) -> str:
    """Fingerprint of a loaded task: id, version, metrics, and what its data call their identity.

    In open families, whose ids tell the name of a folder or file, the family stands for the id.
    """
    head = ["task", task.family or task.id, task.version, list(task.metrics)]
    return digest(chain([head], data.identity(task.asks)))


def resolved(task: Task, request: LoadRequest) -> Task:
    """The task that a request means: in open families what ``--data`` holds decides.

    Raises :class:`UsageError` for a first stage where the task takes none, and for one that is
    not there.
    """
    _check_lists(task, request)
    if request.first_stage is not None:
        _check_first_stage(task, request.first_stage)
    _check_told(task, request.told)
    if task.resolve is None:
        return task
    with blaming(task.suite, f"finding what {task.id} means"):
        found = task.resolve(request)
        return replace(found, family=task.family or found.family or task.id)


def load_task(task: Task, request: LoadRequest) -> LoadedTask:
    """Load a task's data and fingerprint it."""
    task = resolved(task, request)
    with blaming(task.suite, f"loading {task.id}"):
        data = with_files(task.load(request))
        if isinstance(data, ItemData) and data.on_error != request.on_error:
            data = replace(data, on_error=request.on_error)
        empty = not data.group_count
        fingerprint = task_fingerprint(task, data)
    if empty:
        raise UsageError(f"{task.id}: there is nothing to evaluate (no query has a judgement)")
    on_error = data.on_error
    if isinstance(data, RankingData) and request.missing == NOT_FOUND:
        on_error = "worst-rank"  # what a run says nothing of is null in its predictions
    extra = _extra(task, request.metrics)
    return LoadedTask(task, data, fingerprint, request.limit, on_error, extra, request.draws)


def _extra(task: Task, asked: Sequence[str]) -> tuple[str, ...]:
    return extra_metrics(suite_named(task.suite), task, asked) if asked else ()


def _check_lists(task: Task, request: LoadRequest) -> None:
    """Raise :class:`UsageError` for what is said of lists where a task has none."""
    if task.input_kind == "query-documents":
        return
    for option, given in (("--depth", request.depth), ("--missing", request.missing != "error")):
        if given:
            raise UsageError(
                f"{option} means nothing to {task.id}: it asks about single items",
                fix=f"Leave out {option}; it says how far lists of candidates go",
            )


def _check_told(task: Task, told: Told) -> None:
    """Raise :class:`UsageError` for what is said of data that leave nothing open there."""
    for field in fields(told):
        if getattr(told, field.name) and field.name not in task.open_to:
            option = f"--{field.name.replace('_', '-')}"
            raise UsageError(
                f"{option} means nothing to {task.id}, whose data say it themselves",
                fix=f"Leave out {option}",
            )


def _check_first_stage(task: Task, wanted: str) -> None:
    if task.input_kind != "query-documents":
        raise UsageError(
            f"{task.id} has no first stage: it asks about single items",
            fix="Leave the first stage out; it says which documents are candidates of a query",
        )
    if wanted != BM25 and not Path(wanted).is_file():
        raise UsageError(
            f"first stage {wanted!r} is neither {BM25!r} nor a file",
            fix=f"Give {BM25!r} or the path of a TREC run",
        )
