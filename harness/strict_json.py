"""What JSON leaves open and we do not: a key stands once, and every number is one."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from typing import Any, TypeAlias

_LARGEST = sys.float_info.max


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object from its pairs, for ``object_pairs_hook``; :class:`ValueError` for a key twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"key {twice[:60]!r} stands twice")
    return found


def no_constant(constant: str) -> Any:
    """Raise :class:`ValueError` for NaN and the infinities, for ``parse_constant``."""
    raise ValueError(f"{constant} is not JSON")


def finite(text: str) -> float:
    """A number, for ``parse_float``; :class:`ValueError` for one beyond the largest."""
    value = float(text)
    if -_LARGEST <= value <= _LARGEST:  # asked of every number that there is
        return value
    raise ValueError(f"{text[:30]} is beyond the largest number")


Json: TypeAlias = Any
"""A value that ``json.dumps(allow_nan=False)`` accepts."""


MOST_DEPTH, MOST_DIGITS = 40, 20


def load_strict(data: bytes) -> Any:
    """The value of a JSON text. Raises :class:`ValueError` saying what is not strict in it."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from error
    _check_depth(text)
    value = json.loads(
        text,
        object_pairs_hook=unique_keys,
        parse_constant=no_constant,
        parse_float=finite,
        parse_int=_bounded,
    )
    if "\\ud" in text or "\\uD" in text:  # of two such halves JSON makes one sign
        _check_whole(value)
    return value


_OF_OTHERS = json.JSONDecoder(object_pairs_hook=unique_keys)
"""Made once: to make one takes as long as to read a line."""


def load_plain(data: bytes | str) -> Any:
    """The value of a JSON text that another program wrote; NaN and infinities are numbers here.

    Raises :class:`ValueError`, and nothing else, for a key that stands twice, for nesting and for
    numbers that a parser dies of, and for what is no JSON.
    """
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        return _OF_OTHERS.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _check_whole(value: Any) -> None:
    """A half that stands alone can be written into no file, and sent nowhere."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("a text in it holds half a sign (a lone surrogate)") from None


_TEXTS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_PLAIN = re.compile(r"[^][{}]+")


def _check_depth(text: str) -> None:
    """Brackets are counted before anything is built: a parser would recurse into each."""
    depth = 0
    for bracket in _PLAIN.sub("", _TEXTS.sub("", text)):  # what is long is numbers and texts
        if bracket in "[{":
            depth += 1
            if depth > MOST_DEPTH:
                raise ValueError(f"nested more than {MOST_DEPTH} deep")
        else:
            depth -= 1


def _bounded(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number of {len(text):,} digits")
    return int(text)
