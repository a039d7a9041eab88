"""JSON of others: no key twice, and no nesting or number that a parser dies of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.errors import InvalidError
from harness.strict_json import unique_keys
from harness.tasks.reading.content import marked_encoding, opened, text_lines
from harness.tasks.reading.spelled import of_json

_DECODER = json.JSONDecoder(object_pairs_hook=unique_keys, parse_float=of_json)
_QUICK = json.JSONDecoder()


def parse(text: str, *, quick: bool = False) -> Any:
    """The value of a text. Raises :class:`ValueError` in one line.

    ``quick`` leaves out the look for keys that stand twice, for files read before. NaN and
    infinities are numbers here, as Python and pandas write them; whoever wants none refuses them.
    """
    try:
        value = (_QUICK if quick else _DECODER).decode(text)
        if "\\ud" in text or "\\uD" in text:  # of two such halves JSON makes one sign
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except UnicodeEncodeError as error:
        half = repr(error.object[error.start])
        raise ValueError(f"{half} is half of a pair, and no character by itself") from None
    except RecursionError:
        raise ValueError("nested too deep") from None
    except ValueError as error:
        line = str(error)
        raise ValueError("a number of too many digits" if "digits" in line else line) from None


def read_document(path: Path) -> Any:
    """The one value that a file holds. Raises :class:`InvalidError` in one line."""
    with opened(path) as file:
        data = file.read()
    encoding = marked_encoding(path)
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError:
        raise InvalidError(f"{path}: not UTF-8") from None
    try:
        return parse(text)
    except ValueError as error:
        raise InvalidError(f"{path}: not valid JSON ({error})") from None


def objects(path: Path, *, quick: bool = False) -> Iterator[tuple[int, dict[str, Any]]]:
    """The object of every line that is not blank, with the line's number.

    Raises :class:`InvalidError` that names file and line.
    """
    for number, line in text_lines(path):
        try:
            entry = parse(line, quick=quick)
        except ValueError as error:
            raise InvalidError(f"{path}:{number}: not valid JSON ({error})") from None
        if not isinstance(entry, dict):
            raise InvalidError(f"{path}:{number}: not a JSON object")
        yield number, entry
