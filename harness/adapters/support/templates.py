"""Chat templates: a checkpoint's own small program, which need not end, nor stay small.

Jinja's sandbox lets none reach anything, but loops may stand in loops and texts may double. Honest
ones take thousandths of a second and a few kilobytes. What is written is watched; but within one
operation nobody can be stopped, so the few that make much of little are not begun. Templates of
transformers are therefore written by a process of their own (:mod:`.scribe`), whoever asks for
them; what stands here is for those that are not.
"""

from __future__ import annotations

import ctypes
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.errors import UsageError, said_by

SECONDS = 10.0
MEMORY = 1 << 30
"""How long one prompt may take to write, and bytes by which the process may grow meanwhile."""

_PAUSE = 0.05
_STATM = Path("/proc/self/statm")
_PAGE = 4096
_OWN = (ArithmeticError, LookupError, AttributeError, RuntimeError, MemoryError, AssertionError)
"""What a template's own arithmetic and looking up raise; transformers lets it through."""


LARGEST = 10_000_000
"""The largest whole number in a template: widths and counts of honest ones are far below."""

MOST_WRITTEN = 1 << 23
"""Characters of a prompt: thousands of pages. Cutting more into tokens can be stopped by nobody."""

_WIDTH = re.compile(r"\d{5}")
"""In a text that is formatted: how wide something is to be written."""


class TemplateFaultError(ValueError):
    """A template that fails in an expression of its own, or holds one that is not begun."""


class _StopError(Exception):
    """What is thrown into the thread that writes."""


def written(write: Callable[[], str], template: Any) -> str:
    """What a template writes, or one of several by name.

    Raises :class:`UsageError` for one that does not end, :class:`TemplateFaultError` for one that
    fails, and what transformers raises.
    """
    for text in template.values() if isinstance(template, dict) else [template]:
        _check(str(text))
    try:
        with _watched():
            found = write()
    except _StopError:
        raise spent() from None
    except _OWN as error:
        raise TemplateFaultError(said_by(error)) from error
    if len(found) > MOST_WRITTEN:
        raise UsageError(
            f"the checkpoint's chat template writes {len(found):,} characters for one prompt",
            fix="See what it repeats or fills up (chat_template.jinja)",
        )
    return found


def spent() -> UsageError:
    """What is said of a template that takes too much."""
    return UsageError(
        f"the checkpoint's chat template takes more than {SECONDS:.0f} seconds or "
        f"{MEMORY >> 30} GiB for one prompt",
        fix="See that it ends (chat_template.jinja)",
    )


@lru_cache(maxsize=16)
def _check(template: str) -> None:
    """Raise :class:`TemplateFaultError` for an operation that alone takes minutes or gigabytes."""
    from jinja2 import Environment, TemplateSyntaxError

    before, widest = ("", ""), ""
    try:
        for _, kind, text in Environment().lex(template):
            if kind == "whitespace":
                continue
            if kind == "integer" and int(text.replace("_", ""), 0) > LARGEST:
                raise TemplateFaultError(
                    f"it holds the number {text:.40}, of more than {LARGEST:,}"
                )
            if kind == "operator" and text == "**":
                raise TemplateFaultError("it raises to a power (**)")
            if kind == "string" and _WIDTH.search(text):
                widest = text
            formats = (kind, text) == ("name", "format") and before[1] in ("|", ".")
            fills = (kind, text) == ("operator", "%") and before == ("string", widest)
            if widest and (formats or fills):
                raise TemplateFaultError(f"it writes widths of its own ({widest:.40})")
            before = (kind, text)
    except TemplateSyntaxError:
        return  # which transformers tells


@contextmanager
def _watched() -> Iterator[None]:
    """Throw :class:`_StopError` into this thread once what is within takes too much."""
    own, done, lock = threading.get_ident(), threading.Event(), threading.Lock()
    thrown = False

    def watch() -> None:
        nonlocal thrown
        until, before = time.monotonic() + SECONDS, _resident()
        while not done.wait(_PAUSE):
            if time.monotonic() > until or _resident() - before > MEMORY:
                with lock:
                    if not done.is_set():
                        thrown = True
                        ctypes.pythonapi.PyThreadState_SetAsyncExc(
                            ctypes.c_ulong(own), ctypes.py_object(_StopError)
                        )
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        with lock:
            done.set()
        if thrown:  # it may be on its way still, and must not arrive later
            with suppress(_StopError):
                time.sleep(_PAUSE)


def _resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not tell."""
    try:
        return int(_STATM.read_text().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0
