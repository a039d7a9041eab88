"""Limits that a process sets itself before it reads what a stranger wrote.

They are those of POSIX (``setrlimit``). Linux counts memory that a process can write to
(``RLIMIT_DATA``) and, beside it, its address space, of which libraries reserve more than they use
(``RLIMIT_AS``). macOS takes both limits and does not hold to them, and has no ``/proc`` to measure
by: there time, written bytes and open files are bounded and memory is not. Where a process cannot
be forked (Windows) nothing is.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

MIB = 1 << 20
OPEN_FILES = 256
"""Beside those that the parent had open."""
RESERVED = 1 << 30
"""Address space that libraries and threads may set aside without using it."""

_PAGES = Path("/proc/self/statm")
_FREE = Path("/proc/meminfo")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one item may cost.

    ``seconds`` of processor time, ``memory`` in bytes beyond what the process had when it began,
    ``written`` in bytes of one file.
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


class Memory(NamedTuple):
    """Bytes of address space, and of them those that can be written to and are nobody else's."""

    space: int
    data: int


def memory_of_this() -> Memory | None:
    """What this process has; ``None`` where the system does not say."""
    try:
        pages = [int(field) for field in _PAGES.read_text().split()]
        return Memory(*(pages[place] * os.sysconf("SC_PAGE_SIZE") for place in (0, 5)))
    except (OSError, ValueError, IndexError):
        return None


def confine(limits: Limits, beginning: Memory | None) -> None:
    """Set the limits of the item that comes next; none goes beyond one that is set already.

    ``beginning`` is the memory that the process had at first. Only soft limits are set, so
    that the next item can have its own.
    """
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = used.ru_utime + used.ru_stime
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: int(spent) + 1 + limits.seconds,
        resource.RLIMIT_FSIZE: limits.written,
        resource.RLIMIT_NOFILE: _highest_open() + OPEN_FILES,
    }
    if beginning is not None:
        wanted[resource.RLIMIT_DATA] = beginning.data + limits.memory
        wanted[resource.RLIMIT_AS] = beginning.space + 2 * limits.memory + RESERVED
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        within = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (within, hard))


def _highest_open() -> int:
    """The largest number of an open file: the limit is on numbers, and the parent's are there."""
    try:
        return max(int(name) for name in os.listdir("/dev/fd"))
    except (OSError, ValueError):
        return 0


def memory_at_hand(limits: Limits) -> bool:
    """Whether this machine and its own limits left as much memory as ``limits`` allow.

    Where they did not, running out of it is nobody's fault but theirs.
    """
    import resource

    now = memory_of_this() or Memory(0, 0)
    for kind, has in ((resource.RLIMIT_AS, now.space), (resource.RLIMIT_DATA, now.data)):
        own = resource.getrlimit(kind)[0]
        if own != resource.RLIM_INFINITY and own < has + limits.memory:
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
