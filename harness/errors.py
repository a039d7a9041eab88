"""Errors a person can fix: one line each, with an exit code.

Anything else that escapes is a bug of ours and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def printable(text: str) -> str:
    """Text of others on one line: what would move a terminal's cursor or turn its text is ``?``."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else "?" for sign in text)


class MarginBenchError(Exception):
    """Base of all errors shown without a traceback.

    The message says what happened and where; ``fix`` is what to type or change next.
    """

    exit_code = 1

    def __init__(self, message: str, *, fix: str = "") -> None:
        message = printable(" ".join(message.splitlines()))  # what it quotes may hold anything
        super().__init__(message)
        self.message = message
        self.fix = "\n".join(map(printable, fix.split("\n")))

    def __str__(self) -> str:
        return f"{self.message}. {self.fix}" if self.fix else self.message

    def __reduce__(self) -> tuple[object, ...]:
        # Worker processes send their errors to the parent; keyword-only arguments need help.
        return (_rebuild, (type(self), self.message, self.fix))


class InvalidError(MarginBenchError):
    """Data, predictions or a record that break a rule (exit 1)."""


class UsageError(MarginBenchError):
    """A command that cannot be carried out as typed (exit 2)."""

    exit_code = 2


class SuiteError(UsageError):
    """A suite of somebody else that fails or breaks its promises; the fault is not ours."""


class IncompleteError(MarginBenchError):
    """Work that stopped before its end; what was finished is kept (exit 3)."""

    exit_code = 3


def _rebuild(kind: type[MarginBenchError], message: str, fix: str) -> MarginBenchError:
    return kind(message, fix=fix)


def text_of(error: BaseException) -> str:
    """What somebody else's exception says; empty where it fails to say anything."""
    try:
        return str(error)
    except Exception:  # its own code, which may do anything
        return ""


def said_by(error: BaseException) -> str:
    """Kind and first line of what somebody else's exception says."""
    lines = text_of(error).splitlines()
    return type(error).__name__ + (f": {lines[0]}" if lines else "")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint such as ``Did you mean 'bm25'?``, or the known words when nothing is close."""
    names = sorted(set(known))
    close = get_close_matches(word, names, n=3, cutoff=0.6)
    if close:
        return "Did you mean " + " or ".join(repr(name) for name in close) + "?"
    if not names:
        return ""
    shown = ", ".join(names[:12])
    return f"Known: {shown}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")


_LONG = 200
"""Characters of an id that a message shows."""


def first_ids(ids: Sequence[str], *, most: int = 5) -> str:
    """The first few ids of a list for a message, with the count of the rest."""
    shown = ", ".join(repr(i if len(i) <= _LONG else f"{i[:_LONG]}...") for i in ids[:most])
    return shown + (f" and {len(ids) - most} more" if len(ids) > most else "")
