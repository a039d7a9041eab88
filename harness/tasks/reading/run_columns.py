"""The fast way into a TREC run: columns by pyarrow, without a Python object per line."""

from __future__ import annotations

import io
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.errors import InvalidError
from harness.tasks.arrow import as_numpy, from_numbers
from harness.tasks.reading.content import compression_of, opened
from harness.tasks.reading.spelled import SHORT, SMALL, Spelled, note_of, spelled

_RUN_FIELDS = ["query", "q0", "document", "rank", "score", "tag"]
_BLOCK = 8 << 20


class Columns(NamedTuple):
    """The tag of the first line, and the columns of :class:`harness.tasks.trec.Run` by name.

    ``unscored`` says where the first score that is NaN stands, ``note`` what is to be said of
    scores that became ties.
    """

    tag: str
    fields: dict[str, Any]
    unscored: str = ""
    note: str = ""


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
    written: list[Any] = []
    tag = ""
    try:
        for batch in _batches(path, delimiter):
            texts = batch.column("score")
            scores = as_numpy(texts.cast(pa.float64()))
            documents = batch.column("document")
            if not np.isfinite(scores).all() or _has_empty_field(batch):
                return None
            tag = tag or str(batch.column("tag")[0].as_py())
            codes = _codes(batch.column("query"), queries)
            blocks.append((codes, documents, as_numpy(batch.column("rank")), scores))
            written.append(texts)
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
    return Columns(tag, fields, note=_note(fields["scores"], fields["query_codes"], written))


def _note(scores: NDArray[np.float64], codes: NDArray[np.int32], written: list[Any]) -> str:
    """What is to be said of scores that are tied in their query and were written otherwise.

    Only tied ones that may have been are looked at.
    """
    import pyarrow as pa
    from pyarrow import compute

    texts = pa.chunked_array(written)
    long = as_numpy(compute.binary_length(texts)) > SHORT
    doubtful = long | (np.abs(scores) <= SMALL)
    if not doubtful.any():
        return ""
    values, counts = np.unique(scores, return_counts=True)
    rows = np.flatnonzero(doubtful & np.isin(scores, values[counts > 1]))
    found: dict[int, str] = {}
    for row, text in zip(rows.tolist(), texts.take(from_numbers(rows)).to_pylist(), strict=True):
        if type(spelled(float(text), text)) is Spelled:
            found[row] = text
    return note_of("scores", scores, found, codes) if found else ""


class _NotPlainError(Exception):
    """A file that Arrow would read otherwise than line by line."""


class _Watched(io.RawIOBase):
    """A file that stops as soon as a block holds what Arrow reads otherwise than we do."""

    def __init__(self, file: IO[bytes], delimiter: str) -> None:
        self._file = file
        self._delimiter = delimiter
        self._before = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        block = self._file.read(-1 if size is None else size)
        _check(self._before + block[:2], self._delimiter)
        _check(block, self._delimiter)
        self._before = block[-2:]
        return block


def _check(data: bytes | mmap.mmap, delimiter: str) -> None:
    """Raise for white space that parts fields but is not the separator, or stands around them, and
    for a hexadecimal number, which is an integer to Arrow."""
    mark = delimiter.encode()
    # One byte is found at the speed of memory, three are not.
    hexadecimal = data.find(b"x") >= 0 or data.find(b"X") >= 0
    words: tuple[bytes, ...] = (mark + b"0x", mark + b"0X") if hexadecimal else ()
    if mark == b"\t" and data.find(b" ") >= 0:
        words += (b" \t", b"\t ", b"\n ")
    if any(data.find(word) >= 0 for word in words) or (mark == b" " and data.find(b"\t") >= 0):
        raise _NotPlainError


@contextmanager
def _checked(path: Path, delimiter: str) -> Iterator[Any]:
    """What Arrow is to read: the file itself where it is plain, since Arrow reads ahead there."""
    if compression_of(path):
        import pyarrow as pa

        with opened(path) as file:
            yield pa.PythonFile(_Watched(file, delimiter), mode="r")
        return
    with path.open("rb") as file:
        if path.stat().st_size:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                _check(content, delimiter)
    yield str(path)


def _batches(path: Path, delimiter: str) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv

    few = pa.dictionary(pa.int32(), pa.string())
    kinds = [few, few, pa.large_string(), pa.int64(), pa.string(), few]
    with _checked(path, delimiter) as source:
        yield from csv.open_csv(
            source,
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
    # Not compared with "": to make a value of a word of Python's Arrow imports pandas.
    return few or compute.min(compute.binary_length(batch.column("document"))).as_py() == 0


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
