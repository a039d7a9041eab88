"""Predictions as a submission carries them: the raw answers in canonical order, without ids.

The task's fingerprint pins ids and their order, so that repeating them would only take room; they
are kept where candidate lists came from the submitter's own file. A suite whose predictions would
be too large or too telling (embeddings) names tables that carry all that its values follow from.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harness.capabilities import Floats
from harness.errors import IncompleteError, InvalidError
from harness.files import write_atomic
from harness.nouns import TaskData
from harness.outputs import output_of
from harness.predictions import METADATA_KEY, align, read_predictions

EVIDENCE_VERSION = 1
MOST_CELLS = 200_000_000
"""No table of a submission may unfold to more values than this."""


def strip_ids(source: Path, target: Path, drop: Sequence[str]) -> None:
    """Copy a table without some columns. Equal input, equal bytes."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(source) as file:
        table = file.read()
        about = json.loads((table.schema.metadata or {}).get(METADATA_KEY, b"{}"))
    kept = table.select([name for name in table.column_names if name not in drop])
    write_table(target, kept, about)


def write_table(target: Path, table: Any, about: dict[str, Any]) -> None:
    """Write a table for a submission, small: dictionary, byte-stream split and zstd."""
    import pyarrow.parquet as pq

    text = json.dumps({**about, "evidence_version": EVIDENCE_VERSION}, sort_keys=True)
    buffer = io.BytesIO()
    pq.write_table(
        table.replace_schema_metadata({METADATA_KEY: text.encode()}),
        buffer,
        compression="zstd",
        compression_level=15,
    )
    write_atomic(target, buffer.getvalue())


def check_table(path: Path) -> int:
    """Rows of a Parquet table, found without unfolding it.

    Raises :class:`InvalidError` when it is none, is encrypted, or would unfold to more than
    :data:`MOST_CELLS` values: its footer is read alone.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            about = file.metadata
            values = sum(
                about.row_group(group).column(column).num_values
                for group in range(about.num_row_groups)
                for column in range(about.num_columns)
            )
            size = sum(about.row_group(g).total_byte_size for g in range(about.num_row_groups))
            rows = int(about.num_rows)
    except (pa.ArrowException, OSError, ValueError) as error:
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InvalidError(f"{path}: not a Parquet table ({line[:200]})") from error
    if values > MOST_CELLS or size > 8 * MOST_CELLS:
        raise InvalidError(f"{path}: would unfold to {values:,} values, {MOST_CELLS:,} at most")
    return rows


def read_evidence(path: Path, data: TaskData, *, failed: bool) -> Floats:
    """Rows of a submission's predictions in the canonical order of a loaded task.

    Raises :class:`InvalidError` or :class:`IncompleteError` when they do not cover the task
    exactly once with finite values. ``failed`` admits null for items that could not be scored.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    output, wanted = output_of(data), data.keys()
    rows = check_table(path)
    try:
        names = set(pq.read_schema(path).names)
    except (pa.ArrowException, OSError) as error:
        raise InvalidError(f"{path}: not a Parquet table ({error})") from error
    if set(wanted) <= names:
        found = read_predictions(path, tuple(wanted), output)
        return align(wanted, found.keys, found.scores, failed=failed, output=output)
    if rows != data.item_count:
        kind = IncompleteError if rows < data.item_count else InvalidError
        raise kind(f"{path}: {rows:,} rows, the task has {data.item_count:,}")
    found = read_predictions(path, (), output)
    return align(wanted, wanted, np.asarray(found.scores), failed=failed, output=output)
