"""The same work on many items, on every core: results come in the items' order."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

S = TypeVar("S")
T = TypeVar("T")

FEWEST = 24
"""Below so many items a second process costs more than it saves."""

_work: Callable[[int], Any] | None = None


def mapped(work: Callable[[int], T], count: int, *, workers: int | None = None) -> Iterator[T]:
    """``work(0), ..., work(count - 1)``, on forked processes where there are enough items.

    A fork inherits whatever ``work`` refers to, so that only results are sent. An error in ``work``
    is raised here. Where processes cannot be forked, everything runs in this one.
    """
    global _work
    number = workers if workers is not None else min(os.cpu_count() or 1, 8)
    if number < 2 or count < FEWEST or not _can_fork():
        yield from map(work, range(count))
        return
    outer, _work = _work, work  # work may itself call this, in a process of its own
    try:
        context = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(number, mp_context=context) as pool:
            yield from pool.map(_call, range(count), chunksize=1 + count // 1000)
    finally:
        _work = outer


def on_every_core(work: Callable[[S], T], items: Sequence[S]) -> Iterator[T]:
    """``map`` on forked processes; see :func:`mapped`."""
    return mapped(lambda index: work(items[index]), len(items))


def _can_fork() -> bool:
    """Whether a forked process can do all that this one can.

    vl-convert runs a thread of its own from its first import on, which a fork does not have: it
    would wait for it for ever.
    """
    return "fork" in multiprocessing.get_all_start_methods() and "vl_convert" not in sys.modules


def _call(index: int) -> Any:
    assert _work is not None, "set before the processes were forked"
    return _work(index)
