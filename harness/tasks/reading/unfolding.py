"""Small files that unfold to gigabytes: refused by what they say, or once that much has come.

Deflate makes a thousand bytes of one at most, xz far more. Tables of text are made ten times
smaller, and rarely a hundred times.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import IO, Any

from harness.errors import InvalidError

ANYHOW = 1 << 28
"""Bytes that any file of arrays may unfold to: in memory they are what they say."""

TEXT_ANYHOW = 1 << 25
"""Bytes that any file of text may: three of them, as in ``[],``, are some seventy once parsed."""

MOST_TIMES, TEXT_TIMES = 200, 100
"""Times that a file may be larger unfolded, beyond that: one of arrays, and one of text."""


class Bounded(io.RawIOBase):
    """A stream of what a file unfolds to; reading raises :class:`InvalidError` beyond the bound."""

    def __init__(self, inner: IO[bytes], path: Path) -> None:
        self._inner: Any = inner
        self._path = path
        self._most = max(TEXT_ANYHOW, TEXT_TIMES * path.stat().st_size)
        self._read = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """As of any stream."""
        count: int = self._inner.readinto(buffer)
        self._read += count
        if self._read > self._most:
            raise bomb(self._path, self._read)
        return count

    def close(self) -> None:
        """Closes what is read as well."""
        self._inner.close()
        super().close()


def check_zip(path: Path, *, text: bool = False) -> None:
    """Raise :class:`InvalidError` for a zip (``.npz``, ``.xlsx``) that says it is such a file.

    ``text`` is whether text is in it. What is no zip passes: its reader tells. None gives more
    than it says.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile):
        return
    check_size(path, size, text=text)


def check_size(path: Path, size: int, *, text: bool = True) -> None:
    """Raise :class:`InvalidError` for a file that unfolds to ``size``, where that is a bomb."""
    anyhow, times = (TEXT_ANYHOW, TEXT_TIMES) if text else (ANYHOW, MOST_TIMES)
    if size > max(anyhow, times * path.stat().st_size):
        raise bomb(path, size, times)


def bomb(path: Path, size: int, times: int = TEXT_TIMES) -> InvalidError:
    """What is to be said of such a file."""
    return InvalidError(
        f"{path} unfolds to {size / 1024**2:,.0f} MiB or more, over {times} times its size",
        fix="If it is meant so, unpack it, and give what comes out",
    )
