"""Records from disk: all of them, in an order that does not depend on where they lie."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

from harness.errors import InvalidError, UsageError
from harness.files import sha256_file
from harness.records import Record, read_record, to_json

RECORD_FILE = "record.json"
GROUPS_FILE = "groups.parquet"
FIRST_STAGE_PREFIX = "first_stage:"


@dataclass(frozen=True, slots=True)
class LoadedRecord:
    """A record, and the paired differences of its primary metric per query where known.

    ``differences`` are model minus first stage as fractions, in the file's order; ``None`` when
    no per-group file lies beside the record.
    """

    record: Record
    differences: tuple[float, ...] | None = None


def load_records(records: Path) -> tuple[LoadedRecord, ...]:
    """Read every ``record.json`` found below a folder.

    Raises :class:`UsageError` when there is no such folder, and :class:`InvalidError` naming the
    file when a record is broken, or when the per-group file beside it is not the one it tells of.
    """
    if not records.is_dir():
        raise UsageError(
            f"no records folder at {records}",
            fix="Make records first with: marginbench quickstart",
        )
    loaded = [_load(path) for path in _record_files(records)]
    return tuple(sorted(loaded, key=_order))


def _record_files(records: Path) -> list[Path]:
    found = []
    for folder, folders, files in os.walk(records):
        folders.sort()
        if RECORD_FILE in files:
            found.append(Path(folder, RECORD_FILE))
    return found


def _load(path: Path) -> LoadedRecord:
    record = read_record(path)
    if record.metric(record.task.primary_metric) is None:
        raise InvalidError(f"{path}: lacks its primary metric {record.task.primary_metric!r}")
    return LoadedRecord(record, _differences(path.with_name(GROUPS_FILE), record))


def _order(loaded: LoadedRecord) -> tuple[str, ...]:
    record = loaded.record
    return (record.task.id, record.model.name.casefold(), record.created, to_json(record))


def _differences(path: Path, record: Record) -> tuple[float, ...] | None:
    # The name in the record is never used as a path: only the fixed name beside it is.
    if record.groups is None or not path.is_file():
        return None
    if sha256_file(path) != record.groups.sha256:
        raise InvalidError(
            f"{path}: its sha256 is not the one in {RECORD_FILE} beside it",
            fix="Make both again with: marginbench score RUN_DIR",
        )
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
