"""JSON as the standard has it: one value for each key, finite numbers, bounded depth."""

from __future__ import annotations

import json
from typing import Any

from harness.strict_json import finite, no_constant, unique_keys

MOST_DEPTH, MOST_DIGITS = 40, 20


def load_strict(data: bytes) -> Any:
    """The value of a JSON text. Raises :class:`ValueError` saying what is not strict in it."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from error
    _check_depth(text)
    return json.loads(
        text,
        object_pairs_hook=unique_keys,
        parse_constant=no_constant,
        parse_float=finite,
        parse_int=_bounded,
    )


def _check_depth(text: str) -> None:
    """Brackets are counted before anything is built: a parser would recurse into each."""
    depth, quoted, escaped = 0, False, False
    for character in text:
        if quoted:
            quoted = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            if depth > MOST_DEPTH:
                raise ValueError(f"nested more than {MOST_DEPTH} deep")
        elif character in "]}":
            depth -= 1


def _bounded(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number of {len(text):,} digits")
    return int(text)
