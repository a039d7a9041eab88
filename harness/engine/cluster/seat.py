"""One worker of a cluster as seen from here: what it is at, and since when."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from harness.engine.cluster.room import Seating

LOADING = -1
"""In place of a part's number: the model is loaded."""

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
    loaded: bool = False
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
        self.ready = self.loaded = self.overdue = False
        self.since = time.monotonic()

    def give(self, where: list[Any], index: int, turn: int) -> None:
        """Hand over a part; the model is loaded before the first."""
        if not self.loading and not self.loaded:
            self.flying.append(Flying(self.actor.load.remote(where), LOADING, turn))
        if not self.flying:
            self.since = time.monotonic()
        self.flying.append(Flying(self.actor.part.remote(where, index), index, turn))

    @property
    def loading(self) -> bool:
        """Whether its model is on the way."""
        return bool(self.flying) and self.flying[0].index == LOADING

    @property
    def parts(self) -> int:
        """How many parts it has."""
        return len(self.flying) - self.loading

    def took(self, flying: Flying) -> None:
        """A part has come back; the next begins."""
        self.flying.remove(flying)
        self.loaded = True
        self.since = time.monotonic()

    def dropped(self) -> list[Flying]:
        """The parts of a worker that is lost, the one that it was at first."""
        lost = list(self.flying)
        self.flying.clear()
        return lost
