"""Reading a Parquet table from a stranger: all sizes are bounded before anything is unpacked.

Checked in this order: the file's size and magic, the footer, the headers of the pages, the number
of rows, the names and types of columns, and only then, batch by batch, the values. Texts are read
as dictionaries, so that a long text that stands in a million rows is held once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from harness.errors import InvalidError
from harness.predictions.answers.base import NUMBER, TEXT
from harness.submission.layout import LARGEST_FILE
from harness.submission.untrusted.parquet_pages import MAGIC, Footer, Page, read_footer, read_pages
from harness.submission.untrusted.plain_files import read_plain
from harness.tasks.parquet import opened

MOST_ROWS = 8_000_000
MOST_VALUES = 16_000_000
MOST_BYTES = 128 * 1024 * 1024
LONGEST_TEXT = 1000
"""Rows, values and bytes that a table may unfold to, and bytes of one text. A value takes up to 8
bytes once it is unfolded, however few it took in its page."""

MOST_ALIKE = 16
"""Columns that one pattern may stand for: a suite has a few of them, such as one a threshold."""

VALUE = "value"
"""Kind of a column that may hold any of the plain types of a side table. Of the kinds of answers
numbers and texts are read here; embeddings are too large and too telling."""

LARGEST_LOOSE = 1 << 20
"""Bytes beside the columns: footer and indices. More is no table but a place to keep something."""

_BATCH = 1 << 16
_ENCODINGS = {0, 2, 3, 4, 8, 9}
"""Plain, the dictionary ones, run lengths, packed bits, split bytes. Others share prefixes between
values, which lets a small page unfold without bounds."""


class TableError(InvalidError):
    """A table that is refused; ``rule`` is the id of the rule that it breaks."""

    def __init__(self, rule: str, message: str, *, fix: str = "") -> None:
        super().__init__(message, fix=fix)
        self.rule = rule


def load_table(path: Path, columns: Mapping[str, str], *, rows: int | None = None) -> Any:
    """An Arrow table from a file of at most :data:`LARGEST_FILE`.

    ``columns``: pattern of a name -> kind; no other column may be there. ``rows`` is how many
    there must be. Raises :class:`TableError` with the rule that is broken.
    """
    try:
        data = read_plain(path, most=LARGEST_FILE)
    except InvalidError as error:
        raise TableError("predictions-format", error.message) from error
    return parse_table(data, columns, rows=rows)


def parse_table(data: bytes, columns: Mapping[str, str], *, rows: int | None = None) -> Any:
    """Like :func:`load_table` on the bytes of a file."""
    _check_magic(data)
    footer = _footer(data)
    _check_sizes(data, footer)
    if rows is not None and footer.rows != rows:
        raise TableError(
            "predictions-rows", f"holds {footer.rows:,} rows, the record tells of {rows:,}"
        )
    return _read(data, columns, footer.rows)


def _check_magic(data: bytes) -> None:
    if len(data) >= 12 and data[:4] == data[-4:] == MAGIC:
        return
    looks = {b"\x80": "a pickle", b"PK": "a zip archive", b"\x93N": "a NumPy array"}
    known = next((name for start, name in looks.items() if data.startswith(start)), "")
    also = f"; it looks like {known}" if known else ""
    raise TableError(
        "predictions-format",
        f"is no Parquet file{also}",
        fix="Only Parquet is read here: pack the run with marginbench submit",
    )


def _unreadable(error: Exception) -> TableError:
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return TableError("predictions-format", f"cannot be read as Parquet ({line[:200]})")


def _footer(data: bytes) -> Footer:
    try:
        return read_footer(data)
    except ValueError as error:
        raise _unreadable(error) from error


def _check_sizes(data: bytes, footer: Footer) -> None:
    """What the file unfolds to is bounded, by the headers that its reader goes by."""
    values = unpacked = 0
    try:
        loose = len(data) - sum(chunk.size for chunk in footer.chunks)
        if loose > LARGEST_LOOSE:
            raise ValueError(f"{loose:,} bytes of it are in no column")
        if footer.rows > MOST_ROWS:
            raise ValueError(f"{footer.rows:,} rows, {MOST_ROWS:,} at most")
        for pages in read_pages(data, footer.chunks):
            odd = [page.encoding for page in pages if page.encoding not in _ENCODINGS]
            if odd:
                raise ValueError(f"encoding {odd[0]}, which may unfold without bounds")
            values += sum(page.values for page in pages)
            unpacked += _unpacked(pages)
            if values > MOST_VALUES:
                raise ValueError(f"more than {MOST_VALUES:,} values")
            if unpacked > MOST_BYTES:
                raise ValueError(f"more than {MOST_BYTES // 2**20} MiB once unpacked")
    except ValueError as error:
        raise TableError(
            "predictions-size",
            f"would unfold too far or is broken: {error}",
            fix="Pack the run with marginbench submit, which writes plain small tables",
        ) from error


def _unpacked(pages: Sequence[Page]) -> int:
    """Bytes that a chunk unfolds to; Arrow makes a dictionary anew for each batch of rows."""
    count = sum(page.values for page in pages if not page.dictionary)
    batches = count // _BATCH
    return sum(page.unpacked * (1 + batches * page.dictionary) for page in pages)


def _read(data: bytes, columns: Mapping[str, str], rows: int) -> Any:
    import pyarrow as pa

    try:
        with opened(pa.BufferReader(data)) as file:
            schema = file.schema_arrow
        _check_columns(schema, columns)
        texts = [field.name for field in schema if _is_text(field.type)]
        with opened(pa.BufferReader(data), read_dictionary=texts) as file:
            batches, found = [], 0
            for batch in file.iter_batches(_BATCH, use_threads=False):
                found += batch.num_rows
                if found > rows:
                    raise ValueError("more rows than the footer tells of")
                batches.append(batch)
            table = pa.Table.from_batches(batches, file.schema_arrow).unify_dictionaries()
        if found != rows:
            raise ValueError(f"{found:,} rows, the footer tells of {rows:,}")
        table.validate(full=True)
        _check_texts(table, texts)
    except (TableError, MemoryError):
        raise
    except Exception as error:  # whatever a hostile file makes the reader raise
        if "Failed to launch worker thread" in str(error):  # Arrow has no room for its stack
            raise MemoryError from error
        raise _unreadable(error) from error
    return table.replace_schema_metadata(None)


def _check_columns(schema: Any, columns: Mapping[str, str]) -> None:
    names = list(schema.names)
    odd = sorted({name for name in names if names.count(name) > 1 or not _kind(name, columns)})
    if odd:
        said = ", ".join(repr(name[:40]) for name in odd[:5])
        raise TableError(
            "predictions-columns",
            f"has columns that do not belong there: {said}",
            fix=f"Keep {', '.join(columns)} alone",
        )
    for pattern in (name for name in columns if "*" in name):
        count = sum(fnmatchcase(name, pattern) for name in names)
        if count > MOST_ALIKE:
            raise TableError(
                "predictions-columns",
                f"has {count:,} columns {pattern}, {MOST_ALIKE} at most",
                fix="Score the run again with this version, and pack it again",
            )
    for field in schema:
        if not _fits(field.type, _kind(field.name, columns)):
            raise TableError(
                "predictions-columns", f"column {field.name!r} holds {str(field.type)[:60]}"
            )
    missing = [name for name in columns if "*" not in name and name not in names]
    optional = {name for name, kind in columns.items() if kind.endswith("?")}
    if wanted := [name for name in missing if name not in optional]:
        raise TableError("predictions-columns", f"lacks the column {wanted[0]!r}")


def _kind(name: str, columns: Mapping[str, str]) -> str:
    found = (kind for pattern, kind in columns.items() if fnmatchcase(name, pattern))
    return next(found, "").rstrip("?")


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _fits(kind: Any, wanted: str) -> bool:
    import pyarrow as pa

    if wanted == NUMBER:
        return bool(pa.types.is_float32(kind) or pa.types.is_float64(kind))
    if wanted == TEXT:
        return _is_text(kind)
    plain = (pa.bool_(), pa.int64(), pa.float64())
    counts = pa.types.is_list(kind) and kind.value_type == pa.int64()
    return _is_text(kind) or kind in plain or bool(counts)


def _check_texts(table: Any, names: list[str]) -> None:
    import pyarrow.compute as pc

    for name in names:
        words = table[name].chunk(0).dictionary if table[name].num_chunks else None
        longest = None if words is None else pc.max(pc.binary_length(words)).as_py()
        if longest is not None and longest > LONGEST_TEXT:
            raise TableError(
                "predictions-columns",
                f"column {name!r} holds a text of {longest:,} bytes, {LONGEST_TEXT:,} at most",
            )
