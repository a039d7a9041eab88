"""What a Parquet file really unfolds to: the sizes in its page headers, read without unfolding.

A footer may say anything; a reader allocates and unpacks what the header of each page says. The
headers are Thrift structs in compact protocol (parquet-format 2.10, ``parquet.thrift``). Walking
them costs a few microseconds a page and bounds memory before any page is unpacked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

MOST_PAGES = 50_000
_MOST_NESTED = 8
_DATA, _INDEX, _DICTIONARY, _DATA_V2 = 0, 1, 2, 3
_DETAILS = {_DATA: (5, 1, 2), _DICTIONARY: (7, 1, 2), _DATA_V2: (8, 1, 4)}
"""Page type -> field of its own header, and in that the fields of value count and encoding."""


class Chunk(NamedTuple):
    """Where the pages of one column in one row group lie in a file, in bytes."""

    start: int
    size: int


class Page(NamedTuple):
    """What the header of a page says of it: values, bytes once unpacked, number of its encoding."""

    values: int
    unpacked: int
    encoding: int
    is_dictionary: bool


def read_pages(data: bytes, chunks: Iterable[Chunk]) -> Iterator[Page]:
    """The pages of some chunks, in order.

    Raises :class:`ValueError` when a header is broken, a page leaves its chunk or a chunk the
    file, or there are more than :data:`MOST_PAGES`.
    """
    count = 0
    for chunk in chunks:
        place, end = chunk.start, chunk.start + chunk.size
        if not 4 <= place <= end <= len(data):
            raise ValueError("a column lies outside the file")
        while place < end:
            count += 1
            if count > MOST_PAGES:
                raise ValueError(f"more than {MOST_PAGES:,} pages")
            page, place = _page(data, place, end)
            if page is not None:
                yield page


def _page(data: bytes, place: int, end: int) -> tuple[Page | None, int]:
    """A page, ``None`` for one that holds no values, and where the next one begins."""
    reader = _Compact(data, place, end)
    header = reader.struct()
    kind, unpacked, packed = (_whole(header, field) for field in (1, 2, 3))
    if reader.place + packed > end:
        raise ValueError("a page leaves its column")
    if kind == _INDEX:
        return None, reader.place + packed
    if kind not in _DETAILS:
        raise ValueError(f"a page of unknown type {kind}")
    field, values, encoding = _DETAILS[kind]
    details = header.get(field)
    if not isinstance(details, dict):
        raise ValueError("a page without its own header")
    page = Page(_whole(details, values), unpacked, _whole(details, encoding), kind == _DICTIONARY)
    return page, reader.place + packed


def _whole(header: dict[int, object], field: int) -> int:
    value = header.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"field {field} of a page header is missing or negative")
    return value


class _Compact:
    """A reader of Thrift's compact protocol: whole numbers and structs are kept, the rest skipped.

    Sizes are checked against ``end`` before anything is made of them.
    """

    def __init__(self, data: bytes, place: int, end: int) -> None:
        self.place = place
        self._data = data
        self._end = end

    def struct(self, depth: int = 0) -> dict[int, object]:
        """Field number -> value."""
        if depth > _MOST_NESTED:
            raise ValueError("a page header is nested too deeply")
        found: dict[int, object] = {}
        number = 0
        while True:
            head = self._byte()
            if head == 0:
                return found
            step = head >> 4
            number = number + step if step else self._zigzag()
            found[number] = self._value(head & 0x0F, depth)

    def _value(self, kind: int, depth: int) -> object:
        if kind in (1, 2):
            return kind == 1
        if kind in (4, 5, 6):
            return self._zigzag()
        if kind in (9, 10):
            self._list(depth)
            return None
        if kind == 12:
            return self.struct(depth + 1)
        skipped = {3: 1, 7: 8, 13: 16}.get(kind)
        if kind == 8:
            skipped = self._varint()
        if skipped is None:
            raise ValueError(f"a page header holds a field of type {kind}")
        self._skip(skipped)
        return None

    def _list(self, depth: int) -> None:
        if depth > _MOST_NESTED:
            raise ValueError("a page header is nested too deeply")
        head = self._byte()
        size, kind = head >> 4, head & 0x0F
        if size == 15:
            size = self._varint()
        if size > self._end - self.place:
            raise ValueError("a list in a page header leaves its column")
        for _ in range(size):
            if kind in (1, 2):
                self._skip(1)
            else:
                self._value(kind, depth + 1)

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise ValueError("a number in a page header is too long")

    def _byte(self) -> int:
        if self.place >= self._end:
            raise ValueError("a page header leaves its column")
        self.place += 1
        return self._data[self.place - 1]

    def _skip(self, size: int) -> None:
        if size > self._end - self.place:
            raise ValueError("a page header leaves its column")
        self.place += size
