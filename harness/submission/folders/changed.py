"""Paths that a pull request changes, as git lists them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from harness.errors import InvalidError, UsageError
from harness.files import is_regular

LARGEST = 16 * 1024 * 1024
"""A list of more is of no submission."""


def read_changed(path: Path) -> tuple[str, ...]:
    """What ``git diff --name-only --no-renames -z`` wrote: paths, each of which ends in NUL.

    The file may be a pipe, as of ``<(git diff ...)``.

    Raises :class:`UsageError` when the file cannot be read and :class:`InvalidError` when it is no
    such list.
    """
    try:
        about = path.stat()
        fits = stat.S_ISFIFO(about.st_mode) or is_regular(path, about)
        data = b""
        if fits:
            with path.open("rb") as file:
                data = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})") from error
    if not fits or len(data) > LARGEST or (data and not data.endswith(b"\0")):
        raise InvalidError(
            f"{path} is no list of changed paths",
            fix="Write it with: git diff --name-only --no-renames -z BASE HEAD",
        )
    return tuple(os.fsdecode(name) for name in data.split(b"\0")[:-1])
