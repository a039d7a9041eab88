"""Processes that do not outlive the one that started them, however it ended.

A process that is killed tells nobody. Those that it started would wait for work for ever, and hold
the memory of a GPU.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

_DEATH_SIGNAL = 1
"""``PR_SET_PDEATHSIG`` of Linux's ``prctl``."""


@contextmanager
def starting_processes() -> Iterator[None]:
    """Keep Ctrl-C from processes that are started in the block, which do not yet ignore it.

    This process hears of it when the block ends.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """Have this process, which ``multiprocessing`` started, end when its parent has ended.

    A thread waits for that on every system. Linux also sends a signal, which ends code that lets
    no other thread run. Ctrl-C, which a terminal sends to all processes, is left to the parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    from multiprocessing import parent_process  # long to import for who names images alone

    parent = parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel
    Thread(target=_wait, args=(sentinel,), daemon=True, name="end with parent").start()
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)


def _wait(sentinel: int) -> None:
    from multiprocessing.connection import wait

    wait([sentinel])
    os._exit(1)  # nobody is left to hear of it
