"""One worker process: started, given calls, listened to, ended. It may die or hang at any point.

What goes through its pipe goes through threads on both sides: neither a worker that has stopped
reading nor one that was killed in the middle of an answer can hold up whoever leads it.
"""

from __future__ import annotations

import pickle
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from threading import Thread
from typing import Any, Literal, Protocol, TypeAlias

from harness.errors import MarginBenchError, said_by
from harness.tasks.orphans import end_with_parent, starting_processes

PATIENCE_SECONDS = 5.0
"""How long a worker that is told to end may take for it."""


class Holder(Protocol):
    """What a worker process holds between calls."""

    def close(self) -> None:
        """Give back what it holds besides memory."""
        ...


Make = Callable[[], Holder]
"""Makes in the worker process what it holds: picklable."""
Call = Callable[[Any], Any]
"""What is asked of the holder: picklable, and so is what it returns."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a worker says: it is ready, it answers its first call, or it cannot; or it is gone."""

    kind: Literal["ready", "answer", "error", "gone"]
    content: Any = None


Events: TypeAlias = "SimpleQueue[tuple[Member, Reply]]"


@dataclass(slots=True)
class Given:
    """A call that a worker has; ``index`` is the part that it is of."""

    index: int
    call: Call
    round: int


@dataclass(eq=False, slots=True)
class Member:
    """A worker process with the calls that it has been given, oldest first.

    ``began`` is when it began with the oldest; ``None`` while it loads or has none.
    """

    make: Make
    events: Events
    calls: deque[Given] = field(default_factory=deque)
    ready: bool = False
    began: float | None = None
    overdue: bool = False
    _process: Any = None
    _outbox: SimpleQueue[bytes | None] = field(default_factory=SimpleQueue)

    def start(self) -> None:
        """Start the process."""
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(self.make, theirs))
        with theirs, starting_processes():
            self._process.start()
        Thread(target=self._post, args=(ours,), daemon=True).start()
        Thread(target=self._listen, args=(ours,), daemon=True).start()

    def give(self, given: Given) -> None:
        """Give it a call more."""
        self.calls.append(given)
        self._outbox.put(bytes(ForkingPickler.dumps(given.call)))
        if self.ready and len(self.calls) == 1:
            self.began = time.monotonic()

    def heard(self) -> Given | None:
        """The call that its reply is to, which it no longer has; the next one has begun."""
        given = self.calls.popleft() if self.calls else None
        self.began = time.monotonic() if self.calls else None
        return given

    def alive(self) -> bool:
        """Whether the process runs, or is stopped."""
        return bool(self._process.is_alive())

    def kill(self) -> None:
        """End the process whatever it does, and leave no zombie."""
        self._process.kill()
        self._process.join()
        self._outbox.put(None)  # so that the thread that sends ends too

    def end(self, *, now: bool) -> None:
        """Let the process end by itself, or with ``now`` in the middle of its work."""
        if now:
            self._process.terminate()
        self._outbox.put(None)

    def wait(self, until: float) -> None:
        """Wait for its end until some moment, and no longer."""
        self._process.join(max(0.0, until - time.monotonic()))

    def how_it_died(self) -> str:
        """``signal 9``, or its exit code, of a process that has died or is just about to."""
        self._process.join(PATIENCE_SECONDS)
        code = self._process.exitcode
        if code is None:
            return "it no longer answers"
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def _post(self, pipe: Connection) -> None:
        while True:
            message = self._outbox.get()
            try:
                pipe.send_bytes(b"" if message is None else message)
            except (OSError, ValueError):  # who listens knows what has become of it
                return
            if message is None:
                return

    def _listen(self, pipe: Connection) -> None:
        try:
            while True:
                self.events.put((self, pickle.loads(pipe.recv_bytes())))
        except Exception:  # closed, cut short, or an answer that cannot be read
            self.events.put((self, Reply("gone")))


def _serve(make: Make, pipe: Connection) -> None:
    """The life of a worker process."""
    end_with_parent()
    inbox: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_receive, args=(pipe, inbox), daemon=True).start()
    try:
        holder = make()
    except BaseException as error:
        _send(pipe, _failure(error))
        return
    try:
        _send(pipe, Reply("ready"))
        while message := inbox.get():
            try:
                reply = Reply("answer", pickle.loads(message)(holder))
            except BaseException as error:
                reply = _failure(error)
            _send(pipe, reply)
    finally:
        holder.close()


def _receive(pipe: Connection, inbox: SimpleQueue[bytes]) -> None:
    """Pass on what comes; nothing (``b""``) is the last. The end of the pipe is the parent's."""
    try:
        while message := pipe.recv_bytes():
            inbox.put(message)
    except (OSError, EOFError):
        pass
    inbox.put(b"")


def _failure(error: BaseException) -> Reply:
    """An exception for the parent, with the worker's traceback where it is a fault of ours."""
    if not isinstance(error, MarginBenchError):
        error.add_note("In a worker process:\n" + "".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        error = RuntimeError(said_by(error))
    return Reply("error", error)


def _send(pipe: Connection, reply: Reply) -> None:
    try:
        data = bytes(ForkingPickler.dumps(reply))
    except Exception as error:  # what a model answers need not be picklable
        data = bytes(ForkingPickler.dumps(_failure(error)))
    pipe.send_bytes(data)
