"""A reader of Thrift's compact protocol, in which Parquet writes its headers and its footer.

Lists are bounded by the bytes that are left and structs by their depth, before anything is made
of them. What other readers might take for something else is refused: a field number beyond the 16
bits that Thrift has for it (some readers cut it down to another field's), a field that stands twice
(some take the first, some the last), and a whole number beyond its type.
See "Thrift Compact protocol encoding" in Apache Thrift's documentation.
"""

from __future__ import annotations

from typing import Any, TypeAlias

MOST_NESTED = 12
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _STRUCT, _UUID = 1, 2, 3, 7, 8, 12, 13
_WHOLE, _LISTS = {4: 16, 5: 32, 6: 64}, (9, 10)
"""Types of whole numbers with their bits, and of lists and sets."""

LARGEST_FIELD = 32767
MOST_FIELDS, MOST_VALUES = 64, 100_000
"""Fields of one struct (Parquet's largest has 14), and values in all that are read at once."""

_FIXED = {_BYTE: 1, _DOUBLE: 8, _UUID: 16}

Struct: TypeAlias = dict[int, Any]
"""Field number -> whole number, bool, bytes, list or struct; ``None`` for what is skipped."""


class CompactReader:
    """Reads from ``place`` on and not beyond ``end``; :class:`ValueError` for anything broken."""

    def __init__(self, data: bytes, place: int, end: int) -> None:
        self.place = place
        self._data = data
        self._end = end
        self._left = MOST_VALUES

    def struct(self, depth: int = 0) -> Struct:
        """The struct that begins here."""
        if depth > MOST_NESTED:
            raise ValueError("nested too deeply")
        found: Struct = {}
        number = 0
        while head := self._byte():
            step, kind = head >> 4, head & 0x0F
            number = number + step if step else self._zigzag(16)
            if not 1 <= number <= LARGEST_FIELD:
                raise ValueError(f"a field of number {number:,}")
            if number in found or len(found) >= MOST_FIELDS:
                raise ValueError(f"field {number} stands twice, or is one of too many")
            found[number] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"more than {MOST_VALUES:,} values in a header")
        if kind in _WHOLE:
            return self._zigzag(_WHOLE[kind])
        if kind in _LISTS:
            return self._list(depth + 1)
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind == _BINARY:
            return self._bytes(self._varint())
        if kind in _FIXED:
            self._bytes(_FIXED[kind])
            return None
        raise ValueError(f"a field of type {kind}")

    def _list(self, depth: int) -> list[Any]:
        if depth > MOST_NESTED:
            raise ValueError("nested too deeply")
        head = self._byte()
        size, kind = head >> 4, head & 0x0F
        if size == 15:
            size = self._varint()
        if size > self._end - self.place:
            raise ValueError("a list that is longer than what holds it")
        if kind in (_TRUE, _FALSE):
            return list(self._bytes(size))
        return [self._value(kind, depth) for _ in range(size)]

    def _zigzag(self, bits: int) -> int:
        value = self._varint()
        if value >> bits:
            raise ValueError(f"a number beyond {bits} bits")
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
                raise ValueError("a number that is too long")

    def _byte(self) -> int:
        if self.place >= self._end:
            raise ValueError("it ends too early")
        self.place += 1
        return self._data[self.place - 1]

    def _bytes(self, size: int) -> bytes:
        if size > self._end - self.place:
            raise ValueError("it ends too early")
        self.place += size
        return self._data[self.place - size : self.place]
