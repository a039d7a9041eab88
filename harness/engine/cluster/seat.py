"""One worker of a cluster as seen from here: what it is at, and since when."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from harness.engine.cluster.room import Seating

AT_ONCE = 2
"""Parts that a worker has at a time: one to do, and one so that it need not wait."""

Ref: TypeAlias = Any
"""Ray's reference to a result that may not be there yet."""


@dataclass(frozen=True, slots=True)
class Flying:
    """A part under way; ``turn`` tells the parts of one call of run from those before."""

    ref: Ref
    index: int
    turn: int


@dataclass(slots=True)
class Seat:
    """A worker's place. Ray restarts who sits there; every newcomer is asked who it is.

    ``make`` makes an actor. ``ready`` says that whoever sits there has been looked at.
    """

    make: Callable[[], Any]
    seating: Seating
    actor: Any = None
    about: Ref = None
    ready: bool = False
    flying: deque[Flying] = field(default_factory=deque)
    overdue: bool = False
    """Whether it was ended because it took too long."""
    since: float = 0.0
    """When the part at the front began, or the worker was asked who it is."""

    def ask(self, *, anew: bool = False) -> None:
        """Ask who sits there, which waits until somebody does; ``anew`` makes another actor."""
        if self.actor is None or anew:
            self.actor = self.make()
        # Tried without end: it is asked of each that Ray starts in the place of one that is lost.
        asked = self.actor.about.options(max_task_retries=-1)
        self.about = asked.remote(os.getcwd(), self.seating.threads)
        self.ready = self.overdue = False
        self.since = time.monotonic()

    def give(self, where: list[Any], index: int, turn: int) -> None:
        """Hand over a part."""
        if not self.flying:
            self.since = time.monotonic()
        self.flying.append(Flying(self.actor.part.remote(where, index), index, turn))

    def free(self) -> bool:
        """Whether it may have a part more."""
        return self.ready and len(self.flying) < AT_ONCE

    def took(self, flying: Flying) -> None:
        """A part has come back; the next begins."""
        self.flying.remove(flying)
        self.since = time.monotonic()

    def dropped(self) -> list[Flying]:
        """The parts of a worker that is lost, the one that it was at first."""
        lost = list(self.flying)
        self.flying.clear()
        return lost
