"""An attempt without an answer, and how long a server asks to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


class AgainError(Exception):
    """An attempt without an answer. ``wait`` is what the server asked for, ``last`` ends it."""

    def __init__(
        self, said: str, fix: str, wait: float | None = None, *, last: bool = False
    ) -> None:
        super().__init__(said)
        self.said, self.fix, self.wait, self.last = said, fix, wait, last


LONGEST_WORD = 64
"""Characters of a ``Retry-After``: of a date with its zone, 31."""

BEYOND = 1e9
"""Seconds, some thirty years, from which on nobody counts."""


def retry_after(value: str) -> float | None:
    """Seconds of a ``Retry-After``, which is a number of them or a date (RFC 9110, 10.2.3)."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value)  # infinite where it is beyond the largest
    if len(value) > LONGEST_WORD:
        return None
    try:
        date = parsedate_to_datetime(value)
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        return max(0.0, (date - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, ArithmeticError, LookupError):  # years and zones of any size
        return None


def told(seconds: float) -> str:
    """A wait in words."""
    return f"in {seconds:,.0f} seconds" if seconds < BEYOND else "in more than thirty years"
