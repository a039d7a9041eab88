"""Reading a file that a stranger put there: a plain file, no link, no larger than allowed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from harness.errors import IncompleteError, InvalidError
from harness.submission.confined.machine import of_this_machine


def read_plain(path: Path, *, most: int) -> bytes:
    """The bytes of a regular file of at most ``most`` bytes; links are not followed.

    Raises :class:`InvalidError` for anything else: a link, a folder, a device (which might never
    end), a file that is larger or cannot be read; and :class:`IncompleteError` where it is this
    machine that fails.
    """
    # Not blocking: opening a pipe would otherwise wait for somebody to write into it.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        if path.is_symlink():
            raise InvalidError(f"{path} is a link, not a file")
        descriptor = os.open(path, flags)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise InvalidError(f"{path} is not a plain file")
            data = file.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        why = getattr(error, "strerror", None) or error
        if of_this_machine(error):
            raise IncompleteError(f"{path} cannot be read here ({why})") from error
        raise InvalidError(f"{path} cannot be read ({why})") from error
    if len(data) > most:
        raise InvalidError(f"{path} is larger than {most // 1024:,} KiB")
    return data
