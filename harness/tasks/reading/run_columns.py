"""The fast way into a TREC run: columns by pyarrow, without a Python object per line."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.errors import InvalidError
from harness.tasks.arrow import as_numpy
from harness.tasks.reading.content import opened

_RUN_FIELDS = ["query", "q0", "document", "rank", "score", "tag"]
_BLOCK = 8 << 20


class Columns(NamedTuple):
    """The tag of the first line, and the columns of :class:`harness.tasks.trec.Run` by name."""

    tag: str
    fields: dict[str, Any]


def read_columns(path: Path) -> Columns | None:
    """Read a run whose fields are parted by exactly one space or one tab.

    ``None`` for anything else, and for every error: the line reader knows line numbers.
    """
    import pyarrow as pa

    delimiter = _delimiter(path)
    if delimiter is None:
        return None
    queries: dict[str, int] = {}
    blocks: list[tuple[NDArray[np.int32], Any, NDArray[np.int64], NDArray[np.float64]]] = []
    tag = ""
    try:
        for batch in _batches(path, delimiter):
            scores = as_numpy(batch.column("score"))
            documents = batch.column("document")
            if not np.isfinite(scores).all() or _has_empty_field(batch):
                return None
            tag = tag or str(batch.column("tag")[0].as_py())
            codes = _codes(batch.column("query"), queries)
            blocks.append((codes, documents, as_numpy(batch.column("rank")), scores))
    except (pa.ArrowException, OSError, InvalidError, _NotPlainError):
        return None
    if not blocks:
        return None
    codes_of, documents_of, ranks_of, scores_of = zip(*blocks, strict=True)
    fields = {
        "queries": tuple(queries),
        "query_codes": np.concatenate(codes_of),
        "documents": pa.concat_arrays(documents_of),
        "ranks": np.concatenate(ranks_of),
        "scores": np.concatenate(scores_of),
    }
    return Columns(tag, fields)


class _NotPlainError(Exception):
    """A file that Arrow would read otherwise than line by line."""


class _Watched(io.RawIOBase):
    """A file that stops as soon as a block holds what Arrow reads otherwise than we do.

    That is white space which parts fields but is not the separator, and a hexadecimal number,
    which is an integer to Arrow.
    """

    def __init__(self, file: IO[bytes], delimiter: str) -> None:
        self._file = file
        mark = delimiter.encode()
        self._never = [mark + b"0x", mark + b"0X", *([b"\t"] if delimiter == " " else [])]
        self._before = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        block = self._file.read(-1 if size is None else size)
        if any(word in block or word in self._before + block[:2] for word in self._never):
            raise _NotPlainError
        self._before = block[-2:]
        return block


def _batches(path: Path, delimiter: str) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv

    few = pa.dictionary(pa.int32(), pa.string())
    kinds = [few, few, pa.large_string(), pa.int64(), pa.float64(), few]
    with opened(path) as file:
        yield from csv.open_csv(
            pa.PythonFile(_Watched(file, delimiter), mode="r"),
            read_options=csv.ReadOptions(column_names=_RUN_FIELDS, block_size=_BLOCK),
            parse_options=csv.ParseOptions(delimiter=delimiter, quote_char=False),
            convert_options=csv.ConvertOptions(
                column_types=dict(zip(_RUN_FIELDS, kinds, strict=True)),
                null_values=[],
                strings_can_be_null=False,
            ),
        )


def _has_empty_field(batch: Any) -> bool:
    # Two separators in a row can still leave six columns.
    from pyarrow import compute

    few = any("" in batch.column(name).dictionary.to_pylist() for name in ("query", "q0", "tag"))
    return few or bool(compute.any(compute.equal(batch.column("document"), "")).as_py())


def _codes(column: Any, queries: dict[str, int]) -> NDArray[np.int32]:
    here = [queries.setdefault(query, len(queries)) for query in column.dictionary.to_pylist()]
    codes: NDArray[np.int32] = np.array(here, np.int32)[as_numpy(column.indices)]
    return codes


def _delimiter(path: Path) -> str | None:
    with opened(path) as file:
        first = file.readline(1 << 16).rstrip(b"\r\n")
    for mark in (b" ", b"\t"):
        fields = first.split(mark)
        if len(fields) == 6 and fields == first.split():
            return mark.decode()
    return None
