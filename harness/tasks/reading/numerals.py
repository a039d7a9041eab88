"""Numbers as files hold them: ASCII decimals, and the decimal comma where it can be nothing else.

Python's own ``float`` and ``int`` take more: ``1_0`` is 10 to them, and so are full-width or Arabic
digits, which no other tool of the field reads so.
"""

from __future__ import annotations

import math
import re
from typing import Any

from harness.errors import InvalidError
from harness.tasks.reading.spelled import Spelled, Ties, of_int, spelled

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_WORDS = {"nan", "inf", "infinity"}
"""Of numbers that are none, in any case and with a sign."""

MOST, EXACT = 1 << 63, 1 << 53


def is_number(value: Any) -> bool:
    """Whether a cell holds a number, or a text that is one; not true and false, not NaN."""
    if isinstance(value, str):
        return _DECIMAL.fullmatch(value.strip()) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_numeral(text: str) -> bool:
    """Whether a text is a number with a point or a comma."""
    return is_number(text) or has_comma(text)


def has_comma(text: str) -> bool:
    """Whether a text is a number with a decimal comma."""
    return _COMMA.fullmatch(text.strip()) is not None


def number(value: Any) -> float:
    """A number from a cell. Raises :class:`ValueError` for anything else.

    ``nan`` and ``inf`` are let through in words too: whoever asks knows what they mean there. What
    was written as another number than the float is comes as
    :class:`~harness.tasks.reading.spelled.Spelled`.
    """
    if isinstance(value, str):
        text = value.strip()
        if _DECIMAL.fullmatch(text) or text.lstrip("+-").lower() in _WORDS:
            return spelled(float(text), text)
        raise ValueError(f"{text[:40]!r} is not a number")
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise ValueError(f"{str(value)[:40]!r} is not a number")
    try:
        if isinstance(value, int):
            return of_int(value)
        return value if type(value) is Spelled else float(value)
    except OverflowError:
        raise ValueError("a number beyond the largest") from None
    except TypeError as error:
        raise ValueError(str(error)) from None


def is_inexact(value: Any) -> bool:
    """Whether a cell holds a whole number, beyond 2**53, that is no float's shortest spelling.

    Neighbours would become one number there, and a tie.
    """
    if isinstance(value, str):
        text = value.strip().lstrip("+-")
        if not (15 < len(text) < 400 and text.isascii() and text.isdecimal()):
            return False
        value = int(text)
    if not isinstance(value, int) or abs(value) <= EXACT:
        return False
    try:
        return type(of_int(value)) is Spelled
    except OverflowError:
        return False  # which `number` refuses


def whole(value: Any) -> int:
    """A whole number, written as one (``2``) or as a float that is one (``2.0``, ``2e0``).

    Raises :class:`ValueError` for anything else, :class:`OverflowError` for one beyond 64 bits.
    """
    if isinstance(value, str):
        text = value.strip()
        if not _DECIMAL.fullmatch(text):
            raise ValueError(f"{text[:40]!r} is not an integer")
        if len(text) < 20 and text.lstrip("+-").isdecimal():
            found = int(text)
        else:
            found = _whole_float(float(text), text)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{str(value)[:40]!r} is not an integer")
    else:
        found = _whole_float(value, str(value)) if isinstance(value, float) else value
    if abs(found) >= MOST:
        raise OverflowError("a number out of range")
    return found


def _whole_float(value: float, text: str) -> int:
    if math.isnan(value) or (math.isfinite(value) and not value.is_integer()):
        raise ValueError(f"{text[:40]!r} is not an integer")
    return int(value) if abs(value) < MOST else MOST


class Marks:
    """The decimal mark of each column of one table: the point, or the comma, never both.

    A comma is a decimal mark where commas do not part the columns. ``1,234`` in a table set off by
    tabs could be a thousand as well, and is refused; a semicolon is written because of the comma.
    """

    def __init__(self, separator: str) -> None:
        self._separator = separator
        self._mark: dict[str, str] = {}
        self._ties: dict[str, Ties] = {}

    def number(self, value: Any, column: str, where: str) -> float:
        """A number from a cell of a column. Raises :class:`InvalidError` in one line."""
        text = value.strip() if isinstance(value, str) else ""
        comma = self._separator != "," and _COMMA.fullmatch(text) is not None
        if comma and self._separator != ";" and _THOUSANDS.fullmatch(text):
            raise InvalidError(
                f"{where}: {column} {text!r} may be a fraction or a thousand",
                fix="Write numbers with a point, or set the columns off by semicolons",
            )
        if comma or "." in text:
            mark = "comma" if comma else "point"
            if self._mark.setdefault(column, mark) != mark:
                raise InvalidError(
                    f"{where}: {column} {text[:40]!r}, where rows before it have the decimal "
                    f"{self._mark[column]}"
                )
        if is_inexact(value):
            raise InvalidError(
                f"{where}: {column} {str(value)[:40]!r} is a whole number that no float holds",
                fix="Write numbers within 2^53, for instance less the smallest one",
            )
        try:
            found = number(text.replace(",", ".") if comma else value)
        except ValueError:
            raise InvalidError(f"{where}: {column} {str(value)[:40]!r} is not a number") from None
        self._ties.setdefault(column, Ties()).add(found)
        return found

    def notes(self) -> list[str]:
        """What is to be said of numbers that were read and became ties, by column; once."""
        every = [ties.note(f"numbers of {column!r}") for column, ties in self._ties.items()]
        self._ties.clear()
        return [note for note in every if note]
