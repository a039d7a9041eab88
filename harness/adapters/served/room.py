"""What an answer may hold, by what was asked: counted in its bytes, before anything is built of it.

A few bytes of JSON become many of memory (``[],`` is three, and a list of some sixty), and a few
of a packed body become thousands. So bytes are bounded while they come, and values before they are
parsed: no server decides what its answer costs here.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LARGEST = 64 << 20
"""Bytes of an answer at most, whatever was asked."""

MOST_VALUES = 8_000_000
"""Values of an answer at most: vectors of 4,000 numbers for 2,000 texts."""

PACKED = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
"""Encodings of a body that are read. None is asked for, but what stands between may pack."""


class TooMuchError(ValueError):
    """An answer that holds more than it may; the message says of what."""


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes, values, and lists and objects that an answer may hold; the defaults are for nothing
    asked in particular."""

    size: int = 1 << 20
    values: int = 100_000
    holders: int = 20_000

    def further(self, items: int, *, size: int, values: int, holders: int = 16) -> Room:
        """The same with so much more for each of ``items`` that are asked for."""
        return Room(
            self.size + items * size,
            self.values + items * values,
            self.holders + items * holders,
        )

    def sent(self, count: int) -> Room:
        """The same for a server that repeats ``count`` bytes, whose texts hold commas and brackets
        too; some write six bytes for what others write as two."""
        return self.further(count, size=4, values=2, holders=1)

    def check(self, body: bytes) -> None:
        """Raise :class:`TooMuchError` for a JSON text of more values; it is not parsed for that.

        Signs inside of its texts count as well, which is why there is so much room.
        """
        holders = body.count(b"[") + body.count(b"{")
        if holders > self.holders:
            raise TooMuchError(f"more than {self.holders:,} lists and objects")
        if holders + body.count(b",") > min(self.values, MOST_VALUES):
            raise TooMuchError(f"more than {min(self.values, MOST_VALUES):,} values")

    def whole(self, pieces: Iterable[bytes], packed: str) -> Iterator[bytes]:
        """The pieces of a body as they come, unpacked; no more than one beyond the room is made.

        Raises :class:`TooMuchError` for more bytes, and :class:`zlib.error` for what is not packed
        as it says.
        """
        most = min(self.size, LARGEST)
        left = most
        for piece in _unpacked(pieces, packed, most + 1):
            left -= len(piece)
            if left < 0:
                raise TooMuchError(f"more than {most:,} bytes")
            yield piece


PAGE = Room(size=4 << 20, values=400_000, holders=60_000)
"""For a page that says what a server is: gateways list some hundred models in a megabyte."""


def _unpacked(pieces: Iterable[bytes], packed: str, most: int) -> Iterator[bytes]:
    if packed in ("", "identity"):
        yield from pieces
        return
    opened = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, as its first bytes say
    first = True
    for piece in pieces:
        try:
            yield opened.decompress(piece, most)
        except zlib.error:
            if not first or packed != "deflate":
                raise
            opened = zlib.decompressobj(-zlib.MAX_WBITS)  # some leave the frame of it out
            yield opened.decompress(piece, most)
        first = False
