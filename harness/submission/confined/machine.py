"""Faults of the machine that checks: they are told apart from those of what it reads."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator

_OURS = {
    errno.ENOSPC: "no space left",
    errno.EDQUOT: "no space left (a quota)",
    errno.EFBIG: "a limit on the size of files",
    errno.EROFS: "read-only",
    errno.EIO: "a fault of the disk",
    errno.ENOMEM: "no memory left",
    errno.EMFILE: "too many open files",
    errno.ENFILE: "too many open files",
    errno.EAGAIN: "too many processes",
    errno.ESTALE: "a fault of the disk",
}
"""What no file's content can cause."""


def machine_fault(error: BaseException) -> str:
    """What of this machine made an error, in words; empty when nothing of it did.

    An error that was raised from another is judged by that one too. An :class:`OSError` without a
    number of the system's is one that a library made of what it read.
    """
    for cause in _chain(error):
        if isinstance(cause, ImportError):
            return f"a package is missing ({_line(cause)})"
        if isinstance(cause, OSError) and cause.filename == sys.executable:
            return f"the interpreter cannot be started ({_line(cause)})"
        if isinstance(cause, OSError) and cause.errno in _OURS:
            return f"{_OURS[cause.errno]} ({_line(cause)})"
    return ""


def of_this_machine(error: BaseException) -> bool:
    """Whether an error says nothing against the file that was opened: any other would fail too."""
    return isinstance(error, OSError) and error.errno in _OURS


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__


def _line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
