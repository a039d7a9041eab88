"""What a program asks for, checked as the command line checks what is typed."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from harness.errors import UsageError
from harness.nouns import LoadRequest

ON_ERROR = ("error", "worst-rank")


def load_request(
    data: str | PathLike[str] | None,
    first_stage: str | PathLike[str] | None,
    limit: int | None,
    on_error: str,
) -> LoadRequest:
    """How a task is to be loaded; :class:`UsageError` for what cannot be."""
    return LoadRequest(
        data=existing("data", data),
        first_stage=None if first_stage is None else str(first_stage),
        limit=whole_number("limit", limit),
        on_error=one_of("on_error", on_error, ON_ERROR),
    )


def existing(name: str, path: str | PathLike[str] | None) -> Path | None:
    """The path, where one is given; :class:`UsageError` when nothing is there."""
    if path is not None and not Path(path).exists():
        raise UsageError(f"{name}: {path} is not there")
    return None if path is None else Path(path)


def one_of(name: str, value: str, known: Sequence[str]) -> str:
    """The value, which is one of those known."""
    if value not in known:
        raise UsageError(f"{name} is {value!r}", fix=f"Known: {', '.join(known)}")
    return value


def whole_number(name: str, value: int | None) -> int | None:
    """The value, which is ``None`` or at least 1."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise UsageError(f"{name} is {value!r}", fix="Give a whole number from 1 up")
    return value
