"""Values of others, asked for by name and kind: what does not fit is one line that says where.

Schemas of others are wide and grow; what is not asked for is not looked at, and what is asked for
is of the right kind, finite and of bounded length, or refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import InvalidError
from harness.strict_json import load_strict
from harness.tasks.reading.content import opened

LARGEST = 64 * 1024**2
"""Bytes of a document that is read at once; larger ones hold what belongs into lines."""

LONGEST = 2000
"""Characters of a text that is kept."""


@dataclass(frozen=True, slots=True)
class At:
    """A value and where it stands, such as ``log.json: results[0].score``."""

    value: Any
    file: str
    place: str = ""

    def wrong(self, said: str) -> InvalidError:
        """The line that refuses this value."""
        place = f": {self.place}" if self.place else ""
        return InvalidError(f"{self.file}{place}: {said}")

    def need(self, key: str) -> At:
        """What stands under a key, which has to be there."""
        found = self.maybe(key)
        if found is None:
            raise self.wrong(f"no {key}")
        return found

    def maybe(self, key: str) -> At | None:
        """What stands under a key; ``None`` where that is nothing or null."""
        value = self.object().get(key)
        return None if value is None else self._below(value, f".{key}" if self.place else key)

    def object(self) -> dict[str, Any]:
        """The value as an object."""
        if not isinstance(self.value, dict):
            raise self.wrong("not an object")
        return self.value

    def list(self) -> list[At]:
        """The value as a list."""
        if not isinstance(self.value, list):
            raise self.wrong("not a list")
        return [self._below(value, f"[{i}]") for i, value in enumerate(self.value)]

    def items(self) -> Iterator[tuple[str, At]]:
        """Keys and values of an object."""
        for key, value in self.object().items():
            yield key, self._below(value, f".{key[:60]}" if self.place else key[:60])

    def text(self) -> str:
        """The value as a text that is not empty."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.wrong("not a text")
        if len(self.value) > LONGEST:
            raise self.wrong(f"a text of more than {LONGEST:,} characters")
        return self.value

    def number(self) -> float:
        """The value as a finite number; true and false are none."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.wrong(f"not a number ({str(self.value)[:40]!r})")
        found = float(self.value)
        if not math.isfinite(found):
            raise self.wrong("not a finite number")
        return found

    def whole(self) -> int:
        """The value as a whole number from 0 up."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value < 0:
            raise self.wrong(f"not a whole number from 0 up ({str(self.value)[:40]!r})")
        return self.value

    def truth(self) -> bool:
        """The value as true or false."""
        if not isinstance(self.value, bool):
            raise self.wrong(f"neither true nor false ({str(self.value)[:40]!r})")
        return self.value

    def words(self, key: str) -> str:
        """The text under a key, ``""`` where there is none."""
        found = self.maybe(key)
        return "" if found is None else found.text()

    def _below(self, value: Any, step: str) -> At:
        return At(value, self.file, self.place + step)


def read_json(path: Path) -> At:
    """A JSON document of others, by the strict rules: no key twice, no NaN, no deep nesting.

    Raises :class:`InvalidError` in one line.
    """
    try:
        return At(load_strict(read_bounded(path)), str(path))
    except ValueError as error:
        raise InvalidError(f"{path}: not strict JSON ({str(error)[:200]})") from None


def read_bounded(path: Path) -> bytes:
    """The whole content of a file of at most :data:`LARGEST` bytes, decompressed."""
    with opened(path) as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise InvalidError(f"{path} holds more than {LARGEST // 1024**2} MiB")
    return data
