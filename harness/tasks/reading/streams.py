"""Files of xz and bzip2 to their last byte: several streams, and nothing else behind them.

Python's own readers stop without a word at whatever does not begin a further stream, and take the
padding for it that xz lets stand between streams.
"""

from __future__ import annotations

import bz2
import io
import lzma
from collections.abc import Callable
from typing import Any, BinaryIO

_BLOCK = 1 << 18
_PADDING = 4
"""Zeros stand between streams of xz in multiples of so many bytes (format of .xz, section 2.2)."""


class Streams(io.RawIOBase):
    """What the streams of a file hold, one behind the other.

    ``begin`` makes the decompressor of a stream. Reading raises ``EOFError`` for a file that was
    cut short, and what the decompressor raises for anything that is no stream.
    """

    def __init__(self, file: BinaryIO, begin: Callable[[], Any], *, padded: bool) -> None:
        self._file, self._begin, self._padded = file, begin, padded
        self._stream: Any = begin()
        self._rest = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()

    def readinto(self, target: Any) -> int:
        """Fill ``target``; 0 at the end."""
        wanted = memoryview(target).cast("B")
        while True:
            found = self._next(len(wanted))
            if found is None:
                return 0
            if found:
                wanted[: len(found)] = found
                return len(found)

    def _next(self, size: int) -> bytes | None:
        """Some bytes, none yet, or ``None`` at the end."""
        if self._stream.eof:
            rest = self._behind(self._stream.unused_data)
            if not rest:
                return None
            self._stream, self._rest = self._begin(), rest
        if self._stream.needs_input and not self._rest:
            self._rest = self._file.read(_BLOCK)
            if not self._rest:
                raise EOFError("it ends before its last stream does")
        data, self._rest = self._rest, b""
        found: bytes = self._stream.decompress(data, size)
        return found

    def _behind(self, rest: bytes) -> bytes:
        """What follows a whole stream: the next one, without the padding between them."""
        zeros = 0
        while True:
            rest = rest or self._file.read(_BLOCK)
            bare = rest.lstrip(b"\0") if self._padded else rest
            zeros += len(rest) - len(bare)
            if bare or not rest:
                break
            rest = b""
        if zeros % _PADDING:
            raise lzma.LZMAError("padding that is no multiple of four bytes")
        return bare


def open_xz(file: BinaryIO) -> Streams:
    """The content of an xz file."""
    return Streams(file, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ), padded=True)


def open_bzip2(file: BinaryIO) -> Streams:
    """The content of a bzip2 file."""
    return Streams(file, bz2.BZ2Decompressor, padded=False)
