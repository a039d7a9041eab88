"""Threads that share the blocks of a pass, each with its own kernels, state and one BLAS thread.

Many threads inside BLAS and many outside would wait for each other; one each is the fastest, and
counts do not depend on it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any, TypeVar

from harness.metrics.pairs.kernels import Kernels, NumpyKernels

State = TypeVar("State")

FEW = 4000
"""Items up to which plain NumPy in one thread is done before anything else is compiled."""


DEVICE = "MARGINBENCH_COUNT_DEVICE"


@dataclass(frozen=True, slots=True)
class Workers:
    """How blocks are done: by so many threads with kernels that ``make`` makes."""

    make: Callable[[], Kernels]
    threads: int

    @classmethod
    def choose(cls, items: int) -> Workers:
        """The fastest at hand: compiled kernels on every core, where numba is installed.

        The environment variable ``MARGINBENCH_COUNT_DEVICE`` (such as ``cuda``) asks for torch on
        that device: nothing right of the predictions reaches for an accelerator by itself.
        """
        device = os.environ.get(DEVICE)
        if device:
            from harness.metrics.pairs.torch import TorchKernels

            return cls(partial(TorchKernels, device), 1)
        if items < FEW:
            return cls(NumpyKernels, 1)
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        try:
            from harness.metrics.pairs.numba import NumbaKernels
        except ImportError:
            return cls(NumpyKernels, threads)
        return cls(NumbaKernels, threads)

    def run(
        self,
        blocks: Iterable[tuple[slice, slice]],
        begin: Callable[[], State],
        work: Callable[[Kernels, State, slice, slice], None],
        finish: Callable[[Kernels, State], None],
    ) -> list[State]:
        """Do ``work`` on every block, then ``finish``; one state per thread, to be added up."""
        left, lock = iter(blocks), Lock()

        def worker(_: int) -> State:
            kernels, state = self.make(), begin()
            for rows, columns in _shared(left, lock):
                work(kernels, state, rows, columns)
            finish(kernels, state)
            return state

        if self.threads == 1:
            return [worker(0)]
        with one_blas_thread(), ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(worker, range(self.threads)))


def _shared(blocks: Iterator[tuple[slice, slice]], lock: Lock) -> Iterator[tuple[slice, slice]]:
    while True:
        with lock:
            found = next(blocks, None)
        if found is None:
            return
        yield found


def one_blas_thread() -> AbstractContextManager[Any]:
    """One thread inside BLAS while it lasts, where threadpoolctl is installed (``[fast]``)."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:  # slower, and right all the same
        return nullcontext()
    limits: AbstractContextManager[Any] = threadpool_limits(limits=1, user_api="blas")
    return limits
