"""What a cell of a preference table holds: an id, a whole number, a list, a text, a chat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.errors import InvalidError
from harness.tasks.reading.json_text import parse
from harness.tasks.reading.numerals import EXACT, whole
from harness.tasks.tables import Row, ending
from suites.preference.chats import is_chat

_TYPED = (".json", ".ndjson", ".parquet")
"""Tables whose cells hold lists as lists, so that a text is a text whatever it looks like."""


def plain_in(value: Any, role: str, row: Row) -> str:
    """An id: a text without the blanks around it, or a whole number."""
    if isinstance(value, str) and value.strip():
        return value.strip()  # with and without blanks around is one
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise InvalidError(f"{row.where}: {role} {value!r} is no id")


def whole_in(value: Any, role: str, row: Row) -> int:
    """A whole number, also written as one with a fraction of 0 or as true and false."""
    word = value.strip().lower() if isinstance(value, str) else value
    if isinstance(word, bool) or word in ("true", "false", "yes", "no"):
        return int(word in (True, "true", "yes"))
    try:
        number = whole(value)
    except (ValueError, OverflowError):
        raise InvalidError(f"{row.where}: {role} {str(value)[:40]!r} is no whole number") from None
    if abs(number) > EXACT:
        raise InvalidError(f"{row.where}: {role} {number} is beyond 2^53, where floats make ties")
    return number


def is_list(value: Any, row: Row) -> bool:
    """Whether a cell holds a list, as it is or written as JSON."""
    return isinstance(unpacked(value, row), list)


def unpacked(value: Any, row: Row) -> Any:
    """A list that a cell holds as JSON, where cells hold nothing but text."""
    packed = isinstance(value, str) and value.lstrip().startswith("[")
    if packed and not ending(Path(row.file)).startswith(_TYPED):
        try:
            return parse(value)
        except ValueError:
            return value
    return list(value) if isinstance(value, tuple) or hasattr(value, "tolist") else value


def list_in(row: Row, column: str) -> list[Any]:
    """The list in a column. Raises :class:`InvalidError` where it holds none."""
    value = unpacked(row.values[column], row)
    if not isinstance(value, list):
        raise InvalidError(f"{row.where}: {column} {str(value)[:60]!r} is no list")
    return value


def texts_in(row: Row, column: str) -> list[str]:
    """One text, or a list of them; a chat is one text."""
    value = row.values[column]
    found = value if isinstance(value, str) and _is_prose(value, row) else unpacked(value, row)
    if isinstance(found, list) and not is_chat(found):
        if not found:
            raise InvalidError(f"{row.where}: {column} is empty")
        return [text_in(one, row, column) for one in found]
    return [text_in(found, row, column)]


def _is_prose(value: str, row: Row) -> bool:
    """Whether a text that may begin with a bracket is no list of texts."""
    found = unpacked(value, row)
    return not (
        isinstance(found, list) and all(isinstance(one, str | list | dict) for one in found)
    )


def text_in(value: Any, row: Row, role: str) -> str:
    """A text; of a chat the last message, which is the answer."""
    if is_chat(value):
        asking = str(value[-1].get("role", "")).lower()
        if asking in ("user", "human", "system"):
            raise InvalidError(
                f"{row.where}: {role}: the last message is one of the {asking}, and no answer"
            )
        value = value[-1]["content"]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise InvalidError(f"{row.where}: {role} {str(value)[:60]!r} is no text")
    return value
