"""A process that writes chat templates, and can be ended: within one operation no thread can.

A template is a program of the checkpoint's maker. One expression of it may count for hours or fill
the memory (a power, a width, a sum of lists), and until it is done nothing else of its process
runs. So transformers' own function for templates is called in a process that does nothing else,
has a limit of memory, and is ended after :data:`.templates.SECONDS`. It is begun with the first
prompt and lasts; a prompt takes a tenth of a thousandth of a second longer.

There, what is drawn by chance is drawn alike for every prompt, and the day is :data:`TODAY`: a
model is asked the same today and tomorrow.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import select
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import wraps
from typing import Any

from harness.adapters.support import templates
from harness.adapters.support.templates import MOST_WRITTEN, TemplateFaultError
from harness.errors import UsageError, said_by
from harness.strict_json import load_plain

TODAY = datetime(2024, 7, 26)
"""The day in a template that asks for it: the one that Llama's name where they cannot ask."""

_CALLED = "render_jinja_template"
_PLACES = ("utils.chat_template_utils", "tokenization_utils_base", "processing_utils")
"""Modules of transformers that hold that function under its name."""


class Scribe:
    """Calls ``write`` in a process of its own, which ``prepare`` makes ready. Threads may share it.

    ``write`` gives texts, or texts and what belongs to them.
    """

    def __init__(
        self, write: Callable[..., Any], prepare: Callable[[], None] = lambda: None
    ) -> None:
        self._write, self._prepare = write, prepare
        self._lock = threading.Lock()
        self._child: tuple[int, int, int, int] | None = None

    def __call__(self, *given: Any, **how: Any) -> Any:
        """What ``write`` gives.

        Raises :class:`UsageError` for what takes too long or too much, :class:`TemplateFaultError`
        for what fails in itself, and what templates raise.
        """
        with self._lock:
            reply = self._answered(pickle.dumps((given, how)))
        if "told" in reply:
            return reply["told"]
        raise _error(str(reply["failed"]), str(reply["said"]))

    def close(self) -> None:
        """End the process; it ends by itself with this one."""
        if self._child is not None and self._child[0] == os.getpid():
            _, pid, ask, told = self._child
            os.close(ask)
            os.close(told)
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        self._child = None

    def _answered(self, request: bytes) -> Mapping[str, Any]:
        if self._child is None or self._child[0] != os.getpid():  # a fork has another one's
            self._child = self._begun()
        _, _, ask, told = self._child
        until = time.monotonic() + templates.SECONDS
        try:
            _send(ask, request)
            found = _receive(told, until)
        except OSError:
            found = b""
        except BaseException:  # Ctrl-C among them: an answer on its way is no later one's
            self.close()
            raise
        if not found:
            self.close()
            return {"failed": "spent", "said": ""}
        reply: Mapping[str, Any] = load_plain(found)
        return reply

    def _begun(self) -> tuple[int, int, int, int]:
        theirs, ask = os.pipe()
        told, answer = os.pipe()
        with warnings.catch_warnings():  # of threads, none of which the child goes on with
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            try:
                _keep_only(theirs, answer)
                _serve(theirs, answer, self._write, self._prepare)
            finally:
                os._exit(0)
        os.close(theirs)
        os.close(answer)
        return os.getpid(), pid, ask, told


def _keep_only(*kept: int) -> None:
    """Close all that the process began with: what is held open here would never end elsewhere."""
    low = 3
    for place in sorted(kept):
        os.closerange(low, place)
        low = max(low, place + 1)
    os.closerange(low, max(os.sysconf("SC_OPEN_MAX"), 1024))


def watch() -> None:
    """Let transformers have every template written so, whoever calls it; once is enough."""
    if not hasattr(os, "fork"):
        return
    try:
        from transformers.utils import chat_template_utils as home
    except ImportError:
        return
    own = getattr(home, _CALLED, None)
    if own is None:  # before 4.53
        return
    if not hasattr(own, "scribe"):
        own = _guarded(own, home)
    for name in _PLACES:
        module = sys.modules.get(f"transformers.{name}")
        if module is not None and hasattr(module, _CALLED):
            setattr(module, _CALLED, own)


def _guarded(own: Callable[..., Any], home: Any) -> Callable[..., Any]:
    scribe = Scribe(own, lambda: setattr(home, "datetime", _Day))

    @wraps(own)
    def written(*given: Any, **how: Any) -> Any:
        return tuple(scribe(*given, **how))

    written.scribe = scribe  # type: ignore[attr-defined]
    return written


class _Day(datetime):
    """A clock that stands."""

    @classmethod
    def now(cls, tz: Any = None) -> _Day:
        return cls(TODAY.year, TODAY.month, TODAY.day, tzinfo=tz)


def _error(kind: str, said: str) -> Exception:
    from jinja2 import TemplateError

    if kind == "spent":
        return templates.spent()
    if kind == "long":
        return UsageError(
            f"the checkpoint's chat template writes {said} characters for one prompt",
            fix="See what it repeats or fills up (chat_template.jinja)",
        )
    known: Mapping[str, type[Exception]] = {
        "TemplateError": TemplateError, "ValueError": ValueError, "TypeError": TypeError,
    }  # fmt: skip
    return known.get(kind, TemplateFaultError)(said)


def _serve(ask: int, answer: int, write: Callable[..., Any], prepare: Callable[[], None]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    prepare()
    _limit()
    while request := _receive(ask, None):
        given, how = pickle.loads(request)
        _send(answer, json.dumps(_made(write, given, how)).encode())


def _made(write: Callable[..., Any], given: Sequence[Any], how: Mapping[str, Any]) -> Any:
    from jinja2 import TemplateError

    random.seed(0)
    try:
        told = write(*given, **how)
        for text in told[0] if isinstance(told, tuple) else [told]:
            if len(text) > MOST_WRITTEN:
                return {"failed": "long", "said": f"{len(text):,}"}
            text.encode()
        return {"told": told}
    except MemoryError:
        return {"failed": "spent", "said": ""}
    except UnicodeError as error:
        return {"failed": "own", "said": said_by(error)}
    except (TemplateError, ValueError, TypeError) as error:
        kinds = (TemplateError, ValueError, TypeError)
        kind = next(kind for kind in kinds if isinstance(error, kind))
        return {"failed": kind.__name__, "said": str(error)[:10_000]}
    except Exception as error:  # a template's own arithmetic, looking up and nesting
        return {"failed": "own", "said": said_by(error)}


def _limit() -> None:
    """So much more memory than there is now; where the system has no such limit, the time alone."""
    with suppress(ImportError, OSError, ValueError, IndexError):
        import resource

        pages = int(templates._STATM.read_text().split()[0])
        most = pages * templates._PAGE + templates.MEMORY
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _send(place: int, content: bytes) -> None:
    left = memoryview(len(content).to_bytes(8, "little") + content)
    while left:
        left = left[os.write(place, left) :]


def _receive(place: int, until: float | None) -> bytes:
    """A whole message; nothing where its sender is gone, or the time is over."""
    head = _exactly(place, 8, until)
    return _exactly(place, int.from_bytes(head, "little"), until) if head else b""


def _exactly(place: int, size: int, until: float | None) -> bytes:
    found = bytearray()
    while len(found) < size:
        if until is not None:
            ready, _, _ = select.select([place], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                return b""
        piece = os.read(place, min(size - len(found), 1 << 20))
        if not piece:
            return b""
        found += piece
    return bytes(found)
