"""What a Parquet file really unfolds to: the sizes in its page headers, read without unfolding.

A footer may say anything; a reader allocates and unpacks what the header of each page says. Both
are read here and not by Arrow, which ends the process on some broken footers. The structs are
those of ``parquet.thrift`` in parquet-format 2.10.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from harness.submission.untrusted.thrift_compact import CompactReader, Struct

MOST_PAGES = 50_000
MOST_COLUMNS, MOST_GROUPS = 64, 5_000
LARGEST_FOOTER, LARGEST_HEADER = 256 * 1024, 64 * 1024
MAGIC = b"PAR1"
_DATA, _INDEX, _DICTIONARY, _DATA_V2 = 0, 1, 2, 3
_DETAILS = {_DATA: (5, 1, 2), _DICTIONARY: (7, 1, 2), _DATA_V2: (8, 1, 4)}
"""Page type -> field of its own header, and in that the fields of value count and encoding."""


class Chunk(NamedTuple):
    """Where the pages of one column in one row group lie in a file, in bytes."""

    start: int
    size: int


class Footer(NamedTuple):
    """Number of rows, and the columns of every row group."""

    rows: int
    chunks: tuple[Chunk, ...]


class Page(NamedTuple):
    """What the header of a page says of it: values, bytes once unpacked, number of its encoding.

    ``dictionary`` where it holds what later pages of its chunk point to.
    """

    values: int
    unpacked: int
    encoding: int
    dictionary: bool


def read_footer(data: bytes) -> Footer:
    """The footer of a whole file; :class:`ValueError` when it is broken or too large."""
    length = int.from_bytes(data[-8:-4], "little")
    end = len(data) - 8
    if not 0 < length <= min(end - len(MAGIC), LARGEST_FOOTER):
        raise ValueError("a footer of an impossible length")
    footer = CompactReader(data, end - length, end).struct()
    groups = [_struct(group) for group in _list(footer, 4)]
    rows = _whole(footer, 3)
    # The schema has its root, and a column of lists three entries: outer, inner, and the numbers.
    if len(_list(footer, 2)) > 1 + 3 * MOST_COLUMNS:
        raise ValueError(f"a schema of more than {MOST_COLUMNS} columns")
    if len(groups) > MOST_GROUPS:
        raise ValueError(f"more than {MOST_GROUPS:,} groups of rows")
    if any(len(_list(group, 1)) > MOST_COLUMNS for group in groups):
        raise ValueError(f"more than {MOST_COLUMNS} columns")
    if sum(_whole(group, 3) for group in groups) != rows:
        raise ValueError("row groups that do not add up to the rows")
    columns = [_struct(column) for group in groups for column in _list(group, 1)]
    return Footer(rows, tuple(_chunk(column) for column in columns))


def _chunk(column: Struct) -> Chunk:
    if column.get(1):
        raise ValueError("a column that lies in another file")
    about = _struct(column.get(3))
    start = _whole(about, 9)
    dictionary = about.get(11)
    if isinstance(dictionary, int) and 0 < dictionary < start:
        start = dictionary
    return Chunk(start, _whole(about, 7))


def read_pages(data: bytes, chunks: Iterable[Chunk]) -> Iterator[list[Page]]:
    """The pages of each of some chunks, in order.

    Raises :class:`ValueError` when a header is broken, a page leaves its chunk or a chunk the
    file, or there are more than :data:`MOST_PAGES`.
    """
    count = 0
    for chunk in chunks:
        place, end = chunk.start, chunk.start + chunk.size
        if not len(MAGIC) <= place <= end <= len(data):
            raise ValueError("a column that lies outside the file")
        pages = []
        while place < end:
            count += 1
            if count > MOST_PAGES:
                raise ValueError(f"more than {MOST_PAGES:,} pages")
            page, place = _page(data, place, end)
            if page is not None:
                pages.append(page)
        yield pages


def _page(data: bytes, place: int, end: int) -> tuple[Page | None, int]:
    """A page, ``None`` for one that holds no values, and where the next one begins."""
    reader = CompactReader(data, place, min(end, place + LARGEST_HEADER))
    header = reader.struct()
    kind, unpacked, packed = (_whole(header, field) for field in (1, 2, 3))
    if reader.place + packed > end:
        raise ValueError("a page that leaves its column")
    if kind == _INDEX:
        return None, reader.place + packed
    if kind not in _DETAILS:
        raise ValueError(f"a page of unknown type {kind}")
    field, values, encoding = _DETAILS[kind]
    details = _struct(header.get(field))
    page = Page(_whole(details, values), unpacked, _whole(details, encoding), kind == _DICTIONARY)
    return page, reader.place + packed


def _whole(header: Struct, field: int) -> int:
    value = header.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"field {field} of a header is missing or negative")
    return value


def _struct(value: Any) -> Struct:
    if not isinstance(value, dict):
        raise ValueError("a header is missing")
    return value


def _list(header: Struct, field: int) -> list[Any]:
    value = header.get(field)
    if not isinstance(value, list):
        raise ValueError(f"field {field} of a header is no list")
    return value
