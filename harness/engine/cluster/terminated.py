"""What being terminated does to a process that has Ray: as without it, but Ray is left first.

Ray's own answer to SIGTERM, which schedulers send, is a list of addresses and the exit of a fault.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import Any


class Terminated:
    """Takes SIGTERM for the time of a session, unless the program has its own use for it."""

    def __init__(self) -> None:
        """Remember who has the signal, before Ray takes it."""
        self._mine = threading.current_thread() is threading.main_thread()
        self._before: Any = signal.getsignal(signal.SIGTERM)
        self._came = False

    def take(self) -> None:
        """Take it from Ray, which has begun."""
        if self._mine:
            plain = self._before in (signal.SIG_DFL, None)
            signal.signal(signal.SIGTERM, self._stop if plain else self._before)

    def leave(self) -> None:
        """Give it back; once Ray has ended, the process ends by the signal if that came."""
        if not self._mine:
            return
        signal.signal(signal.SIGTERM, signal.SIG_DFL if self._before is None else self._before)
        if self._came:
            os.kill(os.getpid(), signal.SIGTERM)

    def _stop(self, *_: object) -> None:
        self._came = True
        raise KeyboardInterrupt
