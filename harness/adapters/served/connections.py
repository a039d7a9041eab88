"""Connections to a server: none is read for longer than a request may take, and those that nobody
waits for any more can be cut."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

MADE = ("connect_tcp.complete", "start_tls.complete")
"""Events of the client's trace that come with a new connection."""


class Connections:
    """The sockets of a client. A thread that reads from one that is cut goes on at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[Any] = []
        self._ended = False
        self._own = threading.local()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Whatever this thread sends and reads inside the block ends after so many seconds.

        A client's own limit is on each piece, and a server may drip its headers, or the ends of
        its chunks, byte by byte for ever.
        """
        self._own.until = time.monotonic() + seconds
        try:
            yield
        finally:
            del self._own.until

    def note(self, event: str, about: Mapping[str, Any]) -> None:
        """Keep the socket of a new connection; to be called with every event of a request."""
        if not event.endswith(MADE):
            return
        stream = about["return_value"]
        stream.read, stream.write = self._bounded(stream.read), self._bounded(stream.write)
        made = stream.get_extra_info("socket")
        with self._lock:
            still = [one for one in self._sockets if one.fileno() >= 0]
            self._sockets = still if made is None else [*still, made]
            if self._ended:
                self._cut()

    def _bounded(self, move: Callable[..., Any]) -> Callable[..., Any]:
        """``move``, a stream's reading or writing, for no longer than this thread has left."""
        import httpcore2

        def bounded(given: Any, timeout: float | None = None) -> Any:
            until = getattr(self._own, "until", None)
            if until is None:
                return move(given, timeout)
            left = until - time.monotonic()
            if left <= 0:
                raise httpcore2.ReadTimeout
            return move(given, left if timeout is None else min(timeout, left))

        return bounded

    def cut(self) -> None:
        """End all connections that there are, and those that are being made."""
        with self._lock:
            self._ended = True
            self._cut()

    def allow(self) -> None:
        """Connections may be made again."""
        with self._lock:
            self._ended = False

    def _cut(self) -> None:
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._sockets = []
