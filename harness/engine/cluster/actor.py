"""What a worker of Ray runs before it is known whether MarginBench is there, and which one.

This module goes to the workers by value, not by name, so it imports nothing of ours before a
method is called. All else is :mod:`harness.engine.cluster.holding`, which is their own.
"""

from __future__ import annotations

import os
import platform
import socket
from typing import Any

STRANGER = "nobody has asked who this is"
"""What one answers that Ray has started in the place of another, unnoticed by who asks."""


class Holder:
    """An actor: one process that holds one model, once it is asked for a part."""

    def __init__(self) -> None:
        self._holding: Any = None
        self._known = False

    def about(self, folder: str, threads: int) -> dict[str, Any]:
        """Move to the folder of the process that asks, if there is such a one; tell who this is.

        Paths that were typed there then mean the same here. ``threads`` replaces the number that
        Ray sets from the CPUs that a worker reserves.
        """
        self._known = True
        os.environ["OMP_NUM_THREADS"] = str(threads)
        if os.path.isdir(folder):
            os.chdir(folder)
        said: dict[str, Any] = {"host": socket.gethostname(), "pid": os.getpid()}
        try:
            from harness.environment import describe_environment

            said["environment"] = describe_environment()
        except ImportError as error:
            python, system = platform.python_version(), platform
            said["environment"] = {
                "python": python,
                "platform": f"{system.system()} {system.machine()}",
                "packages": {},
            }
            said["missing"] = str(error)
        return said

    def load(self, given: Any) -> Any:
        """Load the model; see :meth:`harness.engine.cluster.holding.Holding.load`."""
        return self._held().load(given) if self._known else STRANGER

    def part(self, given: Any, index: int) -> Any:
        """Do a part; see :meth:`harness.engine.cluster.holding.Holding.part`."""
        return self._held().part(given, index) if self._known else STRANGER

    def state(self, given: Any, timed: Any, sample: Any) -> Any:
        """See :meth:`harness.engine.crew.Crew.state`."""
        return self._held().state(given, timed, sample) if self._known else STRANGER

    def _held(self) -> Any:
        if self._holding is None:
            from harness.engine.cluster.holding import Holding

            self._holding = Holding()
        return self._holding
