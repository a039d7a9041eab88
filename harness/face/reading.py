"""What is there already: runs, records, tasks and their data."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from os import PathLike
from typing import Unpack

from harness.face.asked import Loading, a_path, a_text, load_request, one_task, paths
from harness.face.results import Results, Run
from harness.nouns import Task
from harness.records import record as records
from harness.records.finding import read_records
from harness.records.record import Record
from harness.registry import suite_named, suites
from harness.tasks import load
from harness.tasks.load import LoadedTask


def runs(*folders: str | PathLike[str] | Iterable[str | PathLike[str]]) -> Results:
    """Every run at or below some folders (``runs``, when none is given), by task and date.

    A submission, a baseline and a record's own file will do as well. Raises :class:`UsageError`
    where there is no record, :class:`InvalidError` for one that is broken.
    """
    found = read_records([path for one in folders or ("runs",) for path in paths("a folder", one)])
    return Results([Run(record, folder) for folder, record in found])


def read_record(path: str | PathLike[str]) -> Record:
    """A record from its file, or from the folder of its run.

    Raises :class:`InvalidError` naming the file and what is wrong with it.
    """
    place = a_path("path", path)
    return records.read_record(place / "record.json" if place.is_dir() else place)


def list_tasks(pattern: str = "*") -> list[str]:
    """Ids of all tasks that match a glob, suite after suite, or of one suite by its name."""
    named = suite_named(a_text("pattern", pattern))
    if named is not None:
        return [task.id for task in named.tasks]
    ids = [task.id for suite in suites() for task in suite.tasks]
    return [name for name in ids if fnmatchcase(name, pattern)]


def load_task(
    task: str | Task,
    *,
    data: str | PathLike[str] | None = None,
    **loading: Unpack[Loading],
) -> LoadedTask:
    """A task with its data and fingerprint: ``.task``, ``.data`` (texts, gold), ``.fingerprint``.

    Raises a :class:`MarginBenchError`.
    """
    request = load_request(data, **loading)
    return load.load_task(one_task(task), request)
