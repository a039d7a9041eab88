"""Records from disk, with what lies beside them that the pages show."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

from harness.errors import InvalidError, UsageError
from harness.files import sha256_file
from harness.records.record import Record, read_record
from leaderboard_site.exhibits.class_reading import Flipped, read_curves, read_flipped
from leaderboard_site.exhibits.items import ItemTable, worst_items
from leaderboard_site.plots.bundle import ClassCurves
from leaderboard_site.reading.parts import part_of

RECORD_FILE = "record.json"
GROUPS_FILE = "groups.parquet"
ROC_FILE = "roc.parquet"
FIRST_STAGE_PREFIX = "first_stage:"


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


@dataclass(frozen=True, slots=True)
class LoadedRecord:
    """A record, and what lies beside it that the pages show.

    ``differences`` are model minus first stage per query as fractions, in the file's order;
    ``None`` when no per-group file lies beside the record. ``roc`` are (FPR, TPR) points over
    all test items, ``scatter`` are (score, opinion) pairs, ``curves`` utilities of classes,
    ``flipped`` items that a reference had right, ``worst`` what the run did worst on; empty where
    there are none.
    """

    record: Record
    differences: tuple[float, ...] | None = None
    roc: tuple[tuple[float, float], ...] = ()
    scatter: tuple[tuple[float, float], ...] = ()
    curves: ClassCurves | None = None
    flipped: tuple[Flipped, ...] = ()
    worst: tuple[ItemTable, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A loaded record on its way into a picture, under the name that the board knows it by."""

    loaded: LoadedRecord
    name: str

    @property
    def record(self) -> Record:
        """The record itself."""
        return self.loaded.record


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


def load_run(
    source: RunSource, *, pictures: bool = True, record: Record | None = None
) -> LoadedRecord:
    """Read a record (unless it is given), and with ``pictures`` all that is drawn of it.

    Without them, the items that stand on its own page are read instead.

    Raises :class:`InvalidError` naming the file when a record is broken, or when a table beside it
    is not the one it tells of.
    """
    path = source.read_from
    if record is None:
        record = read_record(path)
    if record.metric(record.task.primary_metric) is None:
        raise InvalidError(f"{path}: lacks its primary metric {record.task.primary_metric!r}")
    if source.tables is None:
        return LoadedRecord(record)
    flipped = read_flipped(source.tables, record) if part_of(record, "flips") else ()
    if not pictures:
        return LoadedRecord(record, flipped=flipped, worst=worst_items(source.tables, record))
    groups = source.tables / GROUPS_FILE
    return LoadedRecord(
        record,
        _differences(groups, record) if record.first_stage else None,
        _roc(source.tables / ROC_FILE, record) if part_of(record, "detection") else (),
        _scatter(groups, record) if part_of(record, "image-quality") else (),
        read_curves(source.tables, record) if part_of(record, "consistency") else None,
        flipped,
    )


def _roc(path: Path, record: Record) -> tuple[tuple[float, float], ...]:
    known = next((file for file in record.files if file.file == ROC_FILE), None)
    if known is None or not path.is_file():
        return ()
    _check(path, known.sha256)
    columns = _read_columns(path, ("fpr", "tpr"))
    names = _read_names(path, "slice")
    if columns is None or names is None:
        return ()
    rows = zip(names, *columns, strict=True)
    return tuple((f, t) for name, f, t in rows if name == "all" and f is not None and t is not None)


def _scatter(path: Path, record: Record) -> tuple[tuple[float, float], ...]:
    if record.groups is None or not path.is_file():
        return ()
    _check(path, record.groups.sha256)
    columns = _read_columns(path, ("score", "opinion"))
    if columns is None:
        return ()
    return tuple((x, y) for x, y in zip(*columns, strict=True) if x is not None and y is not None)


def _check(path: Path, sha256: str) -> None:
    if sha256_file(path) != sha256:
        raise InvalidError(
            f"{path}: its sha256 is not the one in {RECORD_FILE} beside it",
            fix="Make both again with: marginbench score RUN_DIR",
        )


def _read_names(path: Path, name: str) -> list[str] | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if name not in file.schema_arrow.names:
                return None
            found: list[str] = file.read(columns=[name]).column(0).cast(pa.string()).to_pylist()
            return found
    except (pa.ArrowException, OSError) as error:
        raise InvalidError(f"{path}: cannot be read as a table ({error})") from error


def _differences(path: Path, record: Record) -> tuple[float, ...] | None:
    # The name in the record is never used as a path: only the fixed name beside it is.
    if record.groups is None or not path.is_file():
        return None
    _check(path, record.groups.sha256)
    name = record.task.primary_metric
    columns = _read_columns(path, (name, FIRST_STAGE_PREFIX + name))
    if columns is None:
        return None
    return tuple(
        ours - theirs
        for ours, theirs in zip(*columns, strict=True)
        if ours is not None and theirs is not None
    )


def _read_columns(path: Path, names: tuple[str, str]) -> list[list[float | None]] | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if not set(names) <= set(file.schema_arrow.names):
                return None
            table = file.read(columns=list(names))
        columns: list[list[float | None]] = [
            table.column(name).cast(pa.float64()).to_pylist() for name in names
        ]
    except (pa.ArrowException, OSError) as error:
        raise InvalidError(f"{path}: cannot be read as per-group values ({error})") from error
    if not all(value is None or math.isfinite(value) for column in columns for value in column):
        raise InvalidError(f"{path}: holds a value that is not finite")
    return columns
