"""Numbers that differ as they are written and are one as floats, so that a tie comes in silence.

A float has 53 bits: beyond 2^53 not every whole number is one, the seventeenth digit of a decimal
is the last that tells, and ``1e-330`` is 0. Files with twenty digits are honest all the same, as
numbers are that differ further up. So they are read, and what falls together is told of.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

SHORT = 15
"""Letters of a number that has 15 digits at most: such ones differ as floats too."""

SMALL = 1e-290
"""Below it floats have fewer digits; and 0 may have been anything."""


class Spelled(float):
    """A float that was written as another number than it is: its text is kept."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, value: float, text: str = "") -> Spelled:
        """The float, and how it was written."""
        made = super().__new__(cls, value)
        made.text = text
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process."""
        return (Spelled, (float(self), self.text))


def spelled(value: float, text: str) -> float:
    """The value, as :class:`Spelled` where it is not what its shortest way to be written is."""
    if len(text) <= SHORT and (abs(value) > SMALL or not text.strip("+-0.")):
        return value
    if value - value != 0 or exact(text) == Decimal(repr(value)):  # nothing is infinite or NaN
        return value
    return Spelled(value, text)


def of_int(value: int) -> float:
    """A whole number as a float; :class:`OverflowError` for one beyond the largest."""
    found = float(value)
    return found if abs(value) <= 1 << 53 or found == value else spelled(found, str(value))


def of_json(text: str) -> float:
    """A number of JSON that is no integer, for ``parse_float``."""
    return spelled(float(text), text)


def exact(text: str) -> Decimal | str:
    """The number that a text is, to all its digits; the text itself where that is beyond all."""
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent of twenty digits
        return text


class Ties:
    """Numbers as they come in, to find those that became one; ``groups`` part those compared."""

    def __init__(self) -> None:
        self._values = array("d")
        self._texts: dict[int, str] = {}

    def add(self, value: float) -> None:
        """One more."""
        if type(value) is Spelled:
            self._texts[len(self._values)] = value.text
        self._values.append(value)

    def note(self, what: str, groups: Sequence[int] | None = None) -> str:
        """What is to be said, ``""`` for nothing."""
        if not self._texts:
            return ""
        import numpy as np

        return note_of(what, np.array(self._values), self._texts, groups)


def note_of(
    what: str,
    values: Any,
    texts: dict[int, str],
    groups: Any = None,
) -> str:
    """What is to be said of ``values`` of which some rows were written as other numbers.

    ``texts`` are what stood in these rows; ``groups`` are numbers of those that are compared.
    """
    import numpy as np

    rows = np.flatnonzero(np.isin(values, values[list(texts)]))
    code = [0] * len(rows) if groups is None else np.asarray(groups)[rows].tolist()
    ways: dict[tuple[int, float], list[Decimal | str]] = {}
    for row, group, value in zip(rows.tolist(), code, values[rows].tolist(), strict=True):
        written = exact(texts[row]) if row in texts else Decimal(repr(value))
        ways.setdefault((group, value), []).append(written)
    fallen = [(value, found) for (_, value), found in ways.items() if len(set(found)) > 1]
    if not fallen:
        return ""
    count = sum(len(found) for _, found in fallen)
    value, found = fallen[0]
    shown = " and ".join(_shown(found))
    return (
        f"{count:,} {what} differ as they are written and are tied as floats, such as {shown}, "
        f"which are both {value!r}"
    )


def _shown(found: Iterable[Decimal | str]) -> list[str]:
    return [str(written)[:30] for written in list(dict.fromkeys(found))[:2]]
