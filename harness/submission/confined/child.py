"""The child's side: work on some items, each within its limits, and tell what came of each."""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import struct
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import astuple
from typing import Any, NoReturn, TypeAlias, TypeVar

from harness.errors import IncompleteError, MarginBenchError, UsageError
from harness.submission.confined.limits import Limits, confine, memory_of_this
from harness.submission.confined.machine import machine_fault

T = TypeVar("T")

HEAD = struct.Struct("!cI")
"""Before each message: its kind and how many bytes follow."""

VALUE, AT, ALLOWED, MEMORY, LOST, USAGE, FAULT = b"v", b"a", b"n", b"m", b"l", b"u", b"f"
"""A value; what is read next; new limits; memory ran out; this machine failed; a command that
cannot be carried out as typed; a fault of ours. After one of the last four the child ends."""

DONE, TOLD, UNTOLD = 0, 1, 2
"""How a child ends: with all its items, after it told why not, or without a word."""


class Watch:
    """What work on an item tells of itself while it goes on."""

    def __init__(self, channel: int | None = None) -> None:
        self._channel = channel

    def at(self, what: str) -> None:
        """What is read next, so that whoever waits can say what a limit was broken by."""
        if self._channel is not None:
            _send(self._channel, AT, what)

    def allow(self, limits: Limits) -> None:
        """From here on, other limits: what was spent until now was not the item's."""
        if self._channel is not None:
            _send(self._channel, ALLOWED, json.dumps(astuple(limits)))
            confine(limits, memory_of_this())


Work: TypeAlias = Callable[[T, Watch], Any]
"""An item -> a value that JSON can hold."""


def serve(work: Work[T], items: Sequence[T], limits: Sequence[Limits], channel: int) -> NoReturn:
    """Do ``work`` on every item, tell of it through ``channel``, and end this process."""
    end, watch = UNTOLD, Watch(channel)
    try:
        _quieten()
        beginning = memory_of_this()
        for item, limit in zip(items, limits, strict=True):
            confine(limit, beginning)
            _send(channel, VALUE, json.dumps(work(item, watch)))
        end = DONE
    except BaseException as error:
        _tell_of(channel, error)
        end = TOLD
    finally:
        os._exit(end)  # nothing of the parent's is flushed, closed or cleaned up twice


def _quieten() -> None:
    """Signals do what they do to any process; libraries print nowhere."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    faulthandler.disable()
    # Without memory Rust can write no trace of where it stopped, and waits instead of ending.
    os.environ["RUST_BACKTRACE"] = "0"
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    threads = sys.modules.get("threadpoolctl")
    if threads is not None:  # every core has a child of its own
        threads.threadpool_limits(limits=1)
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:  # its own allocators reserve far more than they use
        arrow.set_memory_pool(arrow.system_memory_pool())
        arrow.set_cpu_count(1)
        arrow.set_io_thread_count(1)


def _tell_of(channel: int, error: BaseException) -> None:
    if isinstance(error, MemoryError):
        _send(channel, MEMORY, "")
    elif said := machine_fault(error):
        _send(channel, LOST, str(error) if isinstance(error, MarginBenchError) else said)
    elif isinstance(error, IncompleteError):
        _send(channel, LOST, str(error))
    elif isinstance(error, UsageError):
        _send(channel, USAGE, json.dumps([error.message, error.fix]))
    else:
        _send(channel, FAULT, "".join(traceback.format_exception(error)))


def _send(channel: int, kind: bytes, text: str) -> None:
    data = text.encode("utf-8", "backslashreplace")
    left = memoryview(HEAD.pack(kind, len(data)) + data)
    while left:
        left = left[os.write(channel, left) :]
