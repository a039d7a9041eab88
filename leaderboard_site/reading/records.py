"""Records from disk, with the folder of the tables that belong to them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from harness.compare.sides import NOWHERE, Side
from harness.errors import InvalidError, UsageError
from harness.exhibits import Shown, exhibits_of, worst_of
from harness.records.record import Record, read_record
from harness.runs.folder import RECORD_FILE


@dataclass(frozen=True, slots=True)
class RunSource:
    """Where one run lies: its record, and the folder of the tables that belong to it, if any.

    With ``tables`` the record in that folder is read: it was made from the same predictions.
    """

    record: Path
    tables: Path | None = None

    @property
    def read_from(self) -> Path:
        """The record's file that is read."""
        return self.record if self.tables is None else self.tables / RECORD_FILE


def record_files(folder: Path) -> list[Path]:
    """Every ``record.json`` below a folder; :class:`UsageError` when there is no such folder."""
    if not folder.is_dir():
        raise UsageError(
            f"no records folder at {folder}",
            fix="Make records first with: marginbench quickstart",
        )
    found = []
    for place, folders, files in os.walk(folder):
        folders.sort()
        if RECORD_FILE in files:
            found.append(Path(place, RECORD_FILE))
    return found


def load_run(source: RunSource, *, record: Record | None = None) -> Side:
    """Read a record, unless it is given, together with the place of its tables.

    Raises :class:`InvalidError` naming the file when a record is broken. A table is read, and found
    not to be the one that the record tells of, when it is asked for.
    """
    path = source.read_from
    if record is None:
        record = read_record(path)
    if record.metric(record.task.primary_metric) is None:
        raise InvalidError(f"{path}: lacks its primary metric {record.task.primary_metric!r}")
    return Side(record, NOWHERE if source.tables is None else source.tables)


def read_tables(side: Side) -> None:
    """Read every table beside a record, and what its suite shows of it.

    Raises :class:`InvalidError` when a table is not the record's own, or is none as we write them.
    """
    _ = side.groups
    for evidence in side.record.files:
        if evidence.file.endswith(".parquet"):
            side.file(evidence.file)
    for metric in side.record.metrics:
        side.numbers(metric.column or metric.name)
    exhibits_of([Shown("", side)])
    worst_of(side)
