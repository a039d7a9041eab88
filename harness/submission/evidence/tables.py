"""Predictions as a submission carries them: the raw answers in canonical order, without ids.

The task's fingerprint pins ids and their order, so that repeating them would only take room; they
are kept where candidate lists came from the submitter's own file. A suite whose predictions would
be too large or too telling (embeddings) names tables that carry all that its values follow from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from harness.errors import IncompleteError, InvalidError
from harness.files import sha256_file, write_atomic
from harness.nouns import Suite, Task
from harness.predictions.answers import answer_of, kind_of
from harness.predictions.answers.base import TEXT, Rows
from harness.predictions.of_task import in_order
from harness.predictions.table import METADATA_KEY
from harness.records.record import Evidence
from harness.strict_json import load_plain
from harness.submission.untrusted.parquet_tables import VALUE, load_table
from harness.tasks.load import LoadedTask
from harness.tasks.parquet import one_clear_line, read_parquet, to_parquet

EVIDENCE_VERSION = 1
IDS = ("group", "item")
"""Columns of a predictions file that name its rows."""


def columns_of(task: Task, suite: Suite) -> Mapping[str, Mapping[str, str]]:
    """Name of a table (``""`` for the predictions themselves) -> its columns and their kinds.

    See :func:`harness.submission.untrusted.parquet_tables.load_table` for the kinds; ``?``
    marks a column that may be left out.
    """
    if suite.evidence is not None:
        return {
            table: {name: _kind(name) for name in names}
            for table, names in suite.evidence.tables.items()
        }
    own = {column.name: column.kind for column in kind_of(task).columns}
    ids = IDS if has_lists(task) else ("item",)
    return {"": {**own, **dict.fromkeys(ids, f"{TEXT}?")}}


def has_lists(task: Task) -> bool:
    """Whether a task is of lists, of which each is ordered by itself."""
    return task.input_kind == "query-documents"


def telling_of(suite: Suite, table: str) -> tuple[str, ...] | None:
    """Columns of a table by which copies are told; ``None`` for predictions, whose answers are."""
    return None if suite.evidence is None else suite.evidence.telling.get(table, ())


def _kind(name: str) -> str:
    # Which of a suite's own columns must be there, its own reader knows.
    return VALUE if "*" in name else f"{VALUE}?"


def keep_columns(source: Path, target: Path, kept: Callable[[str], bool]) -> Evidence:
    """Copy the columns of a table that ``kept`` says yes to. Equal input, equal bytes.

    Raises :class:`InvalidError` when the table is damaged.
    """
    fix = f"Score it again: marginbench score {source.parent}"
    table = read_parquet(source, fix=fix)
    with one_clear_line(source, fix=fix):
        about = dict(load_plain((table.schema.metadata or {}).get(METADATA_KEY, b"{}")))
    chosen = table.select([name for name in table.column_names if kept(name)])
    write_atomic(target, table_bytes(chosen, about))
    return Evidence(file=target.name, sha256=sha256_file(target), rows=table.num_rows)


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a column is one of those named, ``*`` standing for any ending."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def table_bytes(table: Any, about: Mapping[str, Any]) -> bytes:
    """A table as Parquet, as small as it gets: of two ways to lay out numbers, the smaller one.

    Scores of few different values are smallest as a dictionary, others with their bytes split.
    """
    import pyarrow as pa

    text = json.dumps({**about, "evidence_version": EVIDENCE_VERSION}, sort_keys=True)
    table = table.replace_schema_metadata({METADATA_KEY: text.encode()})
    floats = [field.name for field in table.schema if pa.types.is_floating(field.type)]
    others = [name for name in table.column_names if name not in floats]
    ways = [_parquet(table, use_dictionary=True)]
    if floats:
        ways.append(_parquet(table, use_dictionary=others, use_byte_stream_split=floats))
    return min(ways, key=len)


def _parquet(table: Any, **how: Any) -> bytes:
    return to_parquet(table, level=15, **how)


def read_evidence(path: Path, columns: Mapping[str, str], loaded: LoadedTask) -> Rows:
    """Rows of a submission's predictions in the canonical order of a loaded task.

    Raises :class:`InvalidError` or :class:`IncompleteError` when they do not cover the task
    exactly once with finite values.
    """
    data, wanted = loaded.data, loaded.data.keys()
    table = load_table(path, columns)
    if table.num_rows != data.item_count:
        kind = IncompleteError if table.num_rows < data.item_count else InvalidError
        raise kind(f"{table.num_rows:,} rows, the task has {data.item_count:,}")
    try:
        rows = answer_of(loaded.task, data).read(table)
    except ValueError as error:
        raise InvalidError(f"cannot be read as answers ({error})") from error
    ids = {name for name in IDS if name in table.column_names}
    found = {name: table[name].to_pylist() for name in wanted} if ids == set(wanted) else wanted
    return in_order(loaded, found, rows)
