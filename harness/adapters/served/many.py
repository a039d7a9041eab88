"""Many requests at once, by threads that stop at once where one fails or somebody interrupts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

from harness.adapters.served.connections import Connections

Given = TypeVar("Given")
Made = TypeVar("Made")


class Many:
    """Calls a function of many items, at most ``most`` at once.

    Where it ends early, ``stopped`` is set and the connections are cut until its threads are gone.
    """

    def __init__(self, most: int, stopped: threading.Event, connections: Connections) -> None:
        self._most = most
        self._stopped = stopped
        self._connections = connections

    def stream(self, function: Callable[[Given], Made], items: Sequence[Given]) -> Iterator[Made]:
        """``function`` of every item, in order, each as soon as it and those before are there.

        Closing the generator, or an error, leaves out those that have not begun.
        """
        with self._pool(len(items)) as pool:
            futures = [pool.submit(function, item) for item in items]
            for future in futures:
                yield future.result()

    def each(self, function: Callable[[Given], Made], items: Sequence[Given]) -> list[Made]:
        """``function`` of every item, in order.

        What one raises is raised, and those that have not begun are left out.
        """
        with self._pool(len(items)) as pool:
            futures = [pool.submit(function, item) for item in items]
            wait(futures, return_when=FIRST_EXCEPTION)
            failed = [f for f in futures if f.done() and f.exception() is not None]
            return [future.result() for future in failed or futures]

    @contextmanager
    def _pool(self, items: int) -> Iterator[ThreadPoolExecutor]:
        pool = ThreadPoolExecutor(max_workers=min(self._most, items or 1))
        try:
            yield pool
        except BaseException:  # Ctrl-C among them: nobody waits for what is still under way
            pool.shutdown(wait=False, cancel_futures=True)
            self._stopped.set()
            self._connections.cut()
            raise
        finally:
            pool.shutdown(wait=True)
            self._stopped.clear()
            self._connections.allow()
