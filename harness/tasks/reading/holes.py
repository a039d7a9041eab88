"""Files that say gigabytes and hold none: what lies in a hole is zeros, and takes as long to read.

A few kilobytes on a disk, or in an archive, can so be a file of any size. Weights are never
mostly holes: programs write their zeros out.
"""

from __future__ import annotations

import os
from pathlib import Path

from harness.errors import UsageError

SMALLEST = 1 << 30
"""Bytes of the smallest file that is looked at: anything below is read in a second or two."""

_MOST_STEPS = 10_000
"""Stretches of content that are counted: no copy has a hole after each few pages."""


def check_holes(path: Path) -> None:
    """Raise :class:`UsageError` for a large file of which more than half is holes.

    Where the file system cannot tell (``SEEK_DATA`` of lseek), all of a file counts as content. A
    file that is not there is told by whoever reads it.
    """
    if not path.exists():
        return
    size = path.stat().st_size
    if size < SMALLEST or not hasattr(os, "SEEK_DATA"):
        return
    if _content(path, size) * 2 < size:
        raise UsageError(
            f"{path} says {size / 1024**3:.1f} GiB, and most of that are holes: it was not written "
            "whole",
            fix="Get it again",
        )


def _content(path: Path, size: int) -> int:
    """Bytes that are no holes, counted until they are half of the file."""
    found, place = 0, 0
    with path.open("rb") as file:
        for _ in range(_MOST_STEPS):
            try:
                place = os.lseek(file.fileno(), place, os.SEEK_DATA)
                end = os.lseek(file.fileno(), place, os.SEEK_HOLE)
            except OSError:  # nothing but a hole to the end
                break
            found, place = found + end - place, end
            if found * 2 >= size:
                break
    return found
