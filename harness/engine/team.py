"""Worker processes that share parts: one that is lost is replaced, and its part tried once more.

A part that ends its worker twice, or keeps it longer than is allowed twice, is given up, and the
others go on. Which worker does a part changes nothing in what comes out.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from harness.engine.member import PATIENCE_SECONDS, Call, Events, Given, Make, Member, Reply
from harness.errors import IncompleteError

TRIES = 2
"""Workers that a part may cost before it is given up."""

STILLBORN = 3
"""Workers that may die one after another while they load, before nothing is tried any more."""

LOOK_SECONDS = 1.0
"""How often the processes themselves are looked at: their children may hold their pipes open."""

KEPT = "Finished parts are kept: run the same command again"
LONGER = "; or give it longer: --part-timeout"


@dataclass(frozen=True, slots=True)
class Lost:
    """A part whose worker was lost; ``again`` says whether it will be tried once more."""

    index: int
    error: IncompleteError
    again: bool


class Team:
    """Worker processes, one for each of ``makes``, started when there is something for them to do.

    ``limit`` is how many seconds a worker may take for a part, loading apart; ``hint`` stands
    before the advice where workers die as they start.
    """

    def __init__(
        self, makes: Sequence[Make], *, limit: float | None = None, hint: str = ""
    ) -> None:
        self._makes = list(makes)
        self._limit = limit
        self._hint = hint
        self._members: list[Member | None] = [None] * len(self._makes)
        self._events: Events = SimpleQueue()
        self._round = 0
        self._stillborn = 0

    def run(self, parts: Iterable[tuple[int, Call]]) -> Iterator[Any]:
        """Do parts and yield answers as they come, and a :class:`Lost` for each lost worker.

        Raises what a part raises, and :class:`IncompleteError` when workers die while they load.
        """
        self._round += 1
        waiting, tries = _Waiting(parts, ahead=len(self._makes)), Counter[int]()
        while True:
            self._deal(waiting)
            if not any(self._own(member) for member in self._members):
                return
            member, reply = self._next(self._limit)
            if reply.kind == "ready":
                self._begin(member)
            elif reply.kind == "gone":
                lost = self._bury(member, waiting, tries)
                self._deal(waiting)  # before whoever reads this takes their time
                yield from lost
            else:
                given = member.heard()
                if reply.kind == "error":
                    self._raise(member, given, reply.content)
                elif given is not None and given.round == self._round:
                    self._deal(waiting)
                    yield reply.content

    def ask(self, call: Call, limit: float | None) -> Any:
        """What one worker answers, which may take ``limit`` seconds; no part may be under way."""
        self._round += 1
        for _ in range(TRIES):
            chosen = self._idle()
            given = Given(-1, call, self._round)
            chosen.give(given)
            lost: IncompleteError | None = None
            while lost is None:
                member, reply = self._next(limit)
                if reply.kind == "ready":
                    self._begin(member)
                elif reply.kind == "gone":
                    how = self._remove(member, limit)
                    lost = how if member is chosen else None
                elif (heard := member.heard()) is given and reply.kind == "answer":
                    return reply.content
                elif reply.kind == "error":
                    self._raise(member, heard, reply.content)
        assert lost is not None
        raise IncompleteError(f"{lost.message} while it was timed", fix=lost.fix)

    def close(self, *, now: bool) -> None:
        """End all processes; with ``now`` in the middle of their work."""
        there = [member for member in self._members if member is not None]
        for member in there:
            member.end(now=now or bool(member.calls))
        until = time.monotonic() + PATIENCE_SECONDS
        try:
            for member in there:
                member.wait(until)
        finally:  # also where Ctrl-C comes a second time
            for member in there:
                member.kill()
        self._members = [None] * len(self._makes)

    def _deal(self, waiting: _Waiting) -> None:
        # A second part only while there is one for every other worker: they stay busy, and in the
        # end none waits for a part that lies before another.
        for most in (1, 2):
            for place, member in enumerate(self._members):
                if most > 1 and not waiting.ample():
                    return
                if member is not None and len(member.calls) >= most:
                    continue
                part = waiting.take()
                if part is None:
                    return
                member = member or self._started(place)
                member.give(Given(*part, self._round))

    def _idle(self) -> Member:
        """A worker that has nothing to do, or else a new one."""
        for member in self._members:
            if member is not None and not member.calls:
                return member
        return self._started(0) if self._members[0] is None else self._members[0]

    def _started(self, place: int) -> Member:
        member = Member(self._makes[place], self._events)
        member.start()
        self._members[place] = member
        return member

    def _begin(self, member: Member) -> None:
        self._stillborn = 0
        member.ready = True
        member.began = time.monotonic() if member.calls else None

    def _own(self, member: Member | None) -> bool:
        return member is not None and any(given.round == self._round for given in member.calls)

    def _next(self, limit: float | None) -> tuple[Member, Reply]:
        """What happens next. Workers that take too long are killed, which happens next too."""
        while True:
            try:
                member, reply = self._events.get(timeout=self._pause(limit))
            except Empty:
                self._look(limit)
                continue
            if member in self._members:
                return member, reply

    def _pause(self, limit: float | None) -> float:
        if limit is None:
            return LOOK_SECONDS
        now = time.monotonic()
        began = [member.began for member in self._members if member and member.began is not None]
        return min([LOOK_SECONDS, *(max(0.0, start + limit - now) for start in began)])

    def _look(self, limit: float | None) -> None:
        now = time.monotonic()
        for member in self._members:
            if member is None:
                continue
            if limit is not None and member.began is not None and now - member.began >= limit:
                member.overdue = True
                member.kill()
            if not member.alive():
                self._events.put((member, Reply("gone")))

    def _bury(self, member: Member, waiting: _Waiting, tries: Counter[int]) -> list[Lost]:
        """Take the parts of a worker that is gone back; the one that it was at may be to blame."""
        error = self._remove(member, self._limit)
        given = [each for each in member.calls if each.round == self._round]
        lost = []
        if member.ready and given and given[0] is member.calls[0]:
            index = given[0].index
            tries[index] += 1
            lost = [Lost(index, error, again=tries[index] < TRIES)]
        waiting.back((g.index, g.call) for g in given if tries[g.index] < TRIES)
        return lost

    def _remove(self, member: Member, limit: float | None) -> IncompleteError:
        """Forget a worker that is gone; says how it went."""
        self._members[self._members.index(member)] = None
        how = member.how_it_died()
        member.kill()
        if member.overdue:
            return IncompleteError(
                f"a worker process did not answer within {limit:g} s", fix=KEPT + LONGER
            )
        error = IncompleteError(f"a worker process died ({how}{_meaning(how)})", fix=KEPT)
        if not member.ready:
            self._stillborn += 1
            if self._stillborn >= STILLBORN:
                self._stillborn = 0
                raise IncompleteError(
                    f"a worker process died ({how}) while it loaded the model, {STILLBORN} times "
                    "one after another",
                    fix=self._hint + KEPT,
                )
        return error

    def _raise(self, member: Member, given: Given | None, error: BaseException) -> None:
        if not member.ready:  # it could not load, and has ended
            self._members[self._members.index(member)] = None
            member.kill()
            raise error
        if given is not None and given.round == self._round:
            raise error


def _meaning(how: str) -> str:
    """What a signal tells; who ends with an exit code does so by itself."""
    return ": killed, or out of memory" if how.startswith("signal") else ""


class _Waiting:
    """Parts that no worker has: those that came back first, then those not made yet."""

    def __init__(self, parts: Iterable[tuple[int, Call]], *, ahead: int) -> None:
        self._parts = iter(parts)
        self._next: deque[tuple[int, Call]] = deque()
        self._ahead = ahead

    def ample(self) -> bool:
        """Whether there is at least one for every worker."""
        while len(self._next) < self._ahead:
            part = next(self._parts, None)
            if part is None:
                return False
            self._next.append(part)
        return True

    def take(self) -> tuple[int, Call] | None:
        """The next part, ``None`` when all are taken."""
        return self._next.popleft() if self._next else next(self._parts, None)

    def back(self, parts: Iterable[tuple[int, Call]]) -> None:
        """Take back what a worker has not done."""
        self._next.extendleft(reversed(list(parts)))
