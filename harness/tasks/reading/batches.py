"""Rows of Arrow's batches, and of Parquet files, as dictionaries."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from harness.tasks.parquet import opened as opened_parquet
from harness.tasks.reading.content import clear_line, compression_of, opened

_BATCH = 2048


def numbered(batches: Iterable[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number (from 1) and values of every row, without a whole batch of Python objects at once."""
    number = 0
    for batch in batches:
        for start in range(0, batch.num_rows, _BATCH):
            for values in batch.slice(start, _BATCH).to_pylist():
                number += 1
                yield number, values


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and values of every row of a Parquet file, which may itself be compressed."""
    source: Any = path
    if compression_of(path):
        with opened(path) as file:
            source = io.BytesIO(file.read())
    with clear_line(path), opened_parquet(source) as file:
        yield from numbered(file.iter_batches(batch_size=_BATCH))
