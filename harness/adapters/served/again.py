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


def retry_after(value: str) -> float | None:
    """Seconds of a ``Retry-After``, which is a number of them or a date (RFC 9110, 10.2.3)."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())
