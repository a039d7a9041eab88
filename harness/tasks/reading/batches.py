"""Rows of Arrow's batches, and of Parquet files, as dictionaries."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from harness.errors import InvalidError
from harness.tasks.parquet import opened as opened_parquet
from harness.tasks.reading.columns import check_names
from harness.tasks.reading.content import clear_line, compression_of, opened
from harness.tasks.reading.unfolding import check_size

_BATCH = 2048
_FIRST = 1 << 28
"""Bytes that a batch may come to where every cell is as long as all that its column stores."""

_LARGE, _AT_LEAST = 1 << 26, 32
"""Stored bytes from which a row group is no small file, and the rows of a batch of such a one."""

ANYHOW_ROWS, MOST_ROWS = 1 << 20, 20
"""Rows that any Parquet file may have, and beyond that those for each of its bytes: a column of
one value, or of none, takes none of them."""


def numbered(batches: Iterable[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number (from 1) and values of every row, without a whole batch of Python objects at once."""
    number = 0
    for batch in batches:
        for start in range(0, batch.num_rows, _BATCH):
            for values in batch.slice(start, _BATCH).to_pylist():
                number += 1
                yield number, values


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and values of every row of a Parquet file, which may itself be compressed.

    Raises :class:`InvalidError` for a column that is there twice, and where little is gigabytes.
    """
    source: Any = path
    if compression_of(path):
        with opened(path) as file:
            source = io.BytesIO(file.read())
    with clear_line(path), opened_parquet(source) as file:
        size = _checked_batch(path, file)
        yield from numbered(_bounded(path, file.iter_batches(batch_size=size)))


def _checked_batch(path: Path, file: Any) -> int:
    """Rows to read at once. Raises :class:`InvalidError` for what the footer tells is wrong."""
    names, about = file.schema_arrow.names, file.metadata
    check_names(path, names)
    if about.num_rows > max(ANYHOW_ROWS, MOST_ROWS * path.stat().st_size):
        raise InvalidError(
            f"{path} has {about.num_rows:,} rows, over {MOST_ROWS} for each of its bytes",
            fix="Give a table whose rows differ",
        )
    groups = [about.row_group(place) for place in range(about.num_row_groups)]
    stored = max((group.total_byte_size for group in groups), default=0)
    packed = sum(
        group.column(place).total_compressed_size
        for group in groups
        for place in range(group.num_columns)
    )
    least = _AT_LEAST if packed > _LARGE else 1
    return int(max(least, min(_BATCH, _FIRST // max(1, stored))))


def _bounded(path: Path, batches: Iterable[Any]) -> Iterator[Any]:
    """Batches as long as they do not come to more than a file may unfold to.

    One cell of a dictionary may stand in every row.
    """
    size = 0
    for batch in batches:
        plain = _without_dictionaries(batch)
        size += plain.nbytes
        check_size(path, size, text=False)
        yield plain


def _without_dictionaries(batch: Any) -> Any:
    import pyarrow as pa

    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
