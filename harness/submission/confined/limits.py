"""Limits that a process sets itself before it reads what a stranger wrote.

They are those of POSIX (``setrlimit``). macOS takes a limit of the address space and does not hold
to it, and has no ``/proc`` to measure it by: there time, written bytes and open files are bounded
and memory is not. Where a process cannot be forked (Windows) nothing is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20
OPEN_FILES = 256
_PAGES = Path("/proc/self/statm")
_FREE = Path("/proc/meminfo")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one item may cost.

    ``seconds`` of processor time, ``memory`` in bytes of address space beyond what the process
    had when it began, ``written`` in bytes of one file.
    """

    seconds: int
    memory: int
    written: int = 0

    @property
    def memory_said(self) -> str:
        """The limit of memory in words."""
        return f"{self.memory // MIB:,} MB of memory"

    @property
    def seconds_said(self) -> str:
        """The limit of processor time in words."""
        return f"{self.seconds} s of processor time"


def address_space() -> int | None:
    """Bytes of address space that this process has; ``None`` where the system does not say."""
    try:
        pages = int(_PAGES.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def confine(limits: Limits, beginning: int | None) -> None:
    """Set the limits of the item that comes next; none goes beyond one that is set already.

    ``beginning`` is the address space that the process had at first. Only soft limits are set, so
    that the next item can have its own.
    """
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = used.ru_utime + used.ru_stime
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: int(spent) + 1 + limits.seconds,
        resource.RLIMIT_FSIZE: limits.written,
        resource.RLIMIT_NOFILE: OPEN_FILES,
    }
    if beginning is not None:
        wanted[resource.RLIMIT_AS] = beginning + limits.memory
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        within = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (within, hard))


def memory_at_hand(limits: Limits) -> bool:
    """Whether this machine and its own limits left as much memory as ``limits`` allow.

    Where they did not, running out of it is nobody's fault but theirs.
    """
    import resource

    own = resource.getrlimit(resource.RLIMIT_AS)[0]
    size = address_space()
    if own != resource.RLIM_INFINITY and (size is None or own < size + limits.memory):
        return False
    free = _available()
    return free is None or free >= limits.memory


def _available() -> int | None:
    """Bytes that could be had without swapping, as Linux estimates them."""
    try:
        lines = _FREE.read_text().splitlines()
        found = next(line for line in lines if line.startswith("MemAvailable:"))
        return int(found.split()[1]) * 1024
    except (OSError, StopIteration, ValueError, IndexError):
        return None
