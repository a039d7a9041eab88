"""Connections to a server, so that those that nobody waits for any more can be cut."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from typing import Any

MADE = ("connect_tcp.complete", "start_tls.complete")
"""Events of the client's trace that come with a new connection."""


class Connections:
    """The sockets of a client. A thread that reads from one that is cut goes on at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[Any] = []

    def note(self, event: str, about: Mapping[str, Any]) -> None:
        """Keep the socket of a new connection; to be called with every event of a request."""
        if not event.endswith(MADE):
            return
        made = about["return_value"].get_extra_info("socket")
        with self._lock:
            still = [one for one in self._sockets if one.fileno() >= 0]
            self._sockets = still if made is None else [*still, made]

    def cut(self) -> None:
        """End all connections that there are."""
        with self._lock:
            for one in self._sockets:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            self._sockets = []
