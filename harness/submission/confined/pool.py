"""The parent's side: children on every core, and what became of each item.

Children are forked, so that they begin with all that is imported and looked up here (some
milliseconds each, where a new interpreter would take half a second). A fork has one thread: what is
called with, ``work``, must not lean on threads that were started before.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn, TypeVar

from harness.errors import IncompleteError, UsageError
from harness.submission.confined.child import (
    ALLOWED,
    AT,
    DONE,
    FAULT,
    HEAD,
    LOST,
    MEMORY,
    TOLD,
    USAGE,
    VALUE,
    Watch,
    Work,
    serve,
)
from harness.submission.confined.limits import Limits, memory_at_hand

T = TypeVar("T")
LARGEST_VALUE = 16 << 20
"""Bytes that a child may tell of one item."""

MOST_WORKERS = 8
PATIENCE = 20
"""An item that takes so many times its processor time by the clock hangs, and is not waited for."""

_CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGFPE, signal.SIGTRAP}


class Ended(NamedTuple):
    """What became of an item: a value, or in words why there is none.

    ``stopped`` says which limit it broke, which is its own fault, and ``at`` what was read then.
    ``lost`` says what failed on this machine, which is not.
    """

    value: Any = None
    stopped: str = ""
    lost: str = ""
    at: str = ""


def confined(
    work: Work[T],
    items: Sequence[T],
    limits: Callable[[T], Limits],
    *,
    chunks: Sequence[Sequence[int]] | None = None,
    workers: int | None = None,
) -> list[Ended]:
    """``work`` on every item in children of this process, on every core; results in their order.

    ``chunks`` are places of items that one child works on one after the other. Each item has its
    own limits; one that breaks them costs that one alone. Raises :class:`UsageError` where ``work``
    did, and :class:`RuntimeError` with the child's traceback for a fault of ours. Where processes
    cannot be forked, all is done in this one without limits.
    """
    if not hasattr(os, "fork"):
        return [Ended(json.loads(json.dumps(work(item, Watch())))) for item in items]
    number = workers if workers is not None else min(_cores(), MOST_WORKERS)
    given = [tuple(chunk) for chunk in (chunks or _even(len(items), number))]
    pool = _Pool(work, items, [limits(item) for item in items], max(1, number))
    return pool.run(chunk for chunk in given if chunk)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _even(count: int, workers: int) -> list[range]:
    """A few chunks for each worker: a fork costs little, and an item may cost much."""
    step = max(1, -(-count // (4 * workers)))
    return [range(first, min(first + step, count)) for first in range(0, count, step)]


@dataclass
class _Child:
    """A child at work. ``left`` are the places of items that it has told nothing of yet."""

    pid: int
    channel: int
    left: deque[int]
    limits: Limits
    fresh: bool = True
    at: str = ""
    since: float = field(default_factory=time.monotonic)
    received: bytearray = field(default_factory=bytearray)
    killed: str = ""
    talks: bool = False


class _Pool:
    """Children that share out chunks of items."""

    def __init__(
        self, work: Work[Any], items: Sequence[Any], limits: Sequence[Limits], workers: int
    ) -> None:
        self._work, self._items, self._limits, self._workers = work, items, limits, workers
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, _Child] = {}
        self._ended: dict[int, Ended] = {}

    def run(self, chunks: Any) -> list[Ended]:
        self._waiting = deque(deque(chunk) for chunk in chunks)
        try:
            while self._waiting or self._children:
                while self._waiting and len(self._children) < self._workers:
                    self._start(self._waiting.popleft())
                self._listen()
        finally:
            for child in list(self._children.values()):
                os.kill(child.pid, signal.SIGKILL)
                self._reap(child)
            self._selector.close()
        return [self._ended[place] for place in range(len(self._items))]

    def _start(self, places: deque[int]) -> None:
        try:
            ours, theirs = os.pipe()
            pid = os.fork()
        except OSError as error:
            raise IncompleteError(
                f"no process could be started ({error.strerror})",
                fix="Close other programs and run the same command again",
            ) from error
        if not pid:
            self._serve(places, ours, theirs)
        os.close(theirs)
        os.set_blocking(ours, False)
        self._children[ours] = _Child(pid, ours, places, self._limits[places[0]])
        self._selector.register(ours, selectors.EVENT_READ)

    def _serve(self, places: deque[int], ours: int, theirs: int) -> NoReturn:
        try:
            for other in (ours, *self._children):
                os.close(other)
        finally:
            items = [self._items[place] for place in places]
            serve(self._work, items, [self._limits[place] for place in places], theirs)

    def _listen(self) -> None:
        for key, _ in self._selector.select(timeout=1.0):
            child = self._children[key.fd]
            data = _read(child.channel)
            if data:
                child.received += data
                self._take(child)
            elif data is not None:
                self._close(child)
        for child in self._children.values():
            waited = time.monotonic() - child.since
            if child.left and waited > PATIENCE * max(child.limits.seconds, 3):
                self._kill(child, "it did not go on, whatever for")

    def _take(self, child: _Child) -> None:
        """All messages that have come in whole."""
        while len(child.received) >= HEAD.size and not child.killed:
            kind, size = HEAD.unpack_from(child.received)
            if size > LARGEST_VALUE:
                child.talks = True
                self._kill(child, f"more than {LARGEST_VALUE >> 20} MB of findings")
                break
            if len(child.received) < HEAD.size + size:
                break
            text = bytes(child.received[HEAD.size : HEAD.size + size]).decode()
            del child.received[: HEAD.size + size]
            self._hear(child, kind, text)

    def _hear(self, child: _Child, kind: bytes, text: str) -> None:
        if kind == AT:
            child.at = text
        elif kind == ALLOWED:
            child.limits, child.since = Limits(*json.loads(text)), time.monotonic()
        elif kind == VALUE:
            self._end(child, Ended(json.loads(text)))
        elif kind == LOST:
            self._end(child, Ended(lost=text))
        elif kind == MEMORY:
            self._memory(child)
        elif kind == USAGE:
            message, fix = json.loads(text)
            raise UsageError(message, fix=fix)
        elif kind == FAULT:
            raise RuntimeError(f"in a child process: {text}")

    def _end(self, child: _Child, ended: Ended) -> None:
        self._ended[child.left.popleft()] = ended._replace(at=child.at)
        child.fresh, child.at, child.since = False, "", time.monotonic()
        if child.left:
            child.limits = self._limits[child.left[0]]

    def _memory(self, child: _Child) -> None:
        if not memory_at_hand(child.limits):
            self._end(child, Ended(lost="no memory left"))
        elif child.fresh:
            self._end(child, Ended(stopped=f"more than {child.limits.memory_said}"))
        # What came before it may have left its traces: it begins again, alone.

    def _kill(self, child: _Child, why: str) -> None:
        child.killed = why
        os.kill(child.pid, signal.SIGKILL)

    def _close(self, child: _Child) -> None:
        status = self._reap(child)
        if child.left and status not in (DONE, TOLD):
            ended = self._death(child, -status)
            if child.fresh or not ended.stopped or -status == signal.SIGXCPU:
                self._end(child, ended)
        if child.left:
            self._waiting.appendleft(child.left)

    def _death(self, child: _Child, number: int) -> Ended:
        """What the end of a child says of the item that it worked on."""
        if child.killed:
            return Ended(stopped=child.killed) if child.talks else Ended(lost=child.killed)
        if number == signal.SIGXCPU:
            return Ended(stopped=f"more than {child.limits.seconds_said}")
        if number < 0 or number in _CRASHES:
            if not memory_at_hand(child.limits):
                return Ended(lost="no memory left")
            if number < 0:  # not even room to say so
                return Ended(stopped=f"more than {child.limits.memory_said}")
            return Ended(stopped=f"what ends its reader ({signal.Signals(number).name})")
        said = "no memory left, or somebody ended it" if number == signal.SIGKILL else "ended"
        name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
        return Ended(lost=f"a process of ours was killed by {name} ({said})")

    def _reap(self, child: _Child) -> int:
        self._selector.unregister(child.channel)
        os.close(child.channel)
        del self._children[child.channel]
        return os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])


def _read(channel: int) -> bytes | None:
    """What is there, ``b""`` at the end, ``None`` when there is nothing yet."""
    try:
        return os.read(channel, 1 << 18)
    except BlockingIOError:
        return None
