"""Records below a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.records.record import Record, read_record
from harness.runs.shards import shard_folders, unmerged


def record_files(path: Path) -> list[Path]:
    """A record's own file, or every record at or below a folder: runs, baselines, submissions.

    Raises :class:`UsageError` when there is none, :class:`~harness.errors.IncompleteError` when
    there are only shards of runs.
    """
    if not path.exists():
        raise UsageError(f"{path} is not there")
    below = (*path.rglob("record.json"), *path.glob("**/records/*.json"))
    found = [path] if path.is_file() else sorted(set(below))
    if not found:
        if shards := shard_folders(path):
            raise unmerged(path, shards)
        raise UsageError(
            f"{path} holds no record: no record.json at or below it",
            fix="Give a record.json, a run folder or a submission; unfinished runs have none yet: "
            "run evaluate again",
        )
    return found


def read_records(paths: Sequence[Path]) -> list[tuple[Path, Record]]:
    """Every record at or below some paths with its folder, each file once.

    By task in the order of their ids, then by name, the oldest first: folders are named by digests,
    whose order says nothing.
    """
    files = dict.fromkeys(file for path in paths for file in record_files(path))
    found = [(file.parent, read_record(file)) for file in files]
    return sorted(found, key=lambda run: _order(run[1]))


def _order(record: Record) -> tuple[str, str, str]:
    return record.task.id, record.model.name, record.created
