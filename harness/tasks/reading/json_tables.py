"""Tables in JSON: one object per line, a list of objects, or an object of columns.

An object of columns is ``{"id": [...], "score": [...]}``, what pandas writes by default
(``{"id": {"0": ...}}``), ``{"columns": [...], "data": [[...]]}``, or a list of rows under ``data``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import InvalidError
from harness.tasks.reading.columns import check_names
from harness.tasks.reading.content import text_lines
from harness.tasks.reading.json_text import objects, parse, read_document

Values = dict[str, Any]


def read_json_rows(path: Path, *, lines: bool) -> Iterator[tuple[int, Values]]:
    """Number and values of every row; ``lines`` for a file that is named as one of lines.

    Rows of a file of lines have the numbers of their lines. Raises :class:`InvalidError` that
    names file and line, or row.
    """
    if (lines or _is_lines(path)) and not _is_one_document(path):
        yield from objects(path)
        return
    found = read_document(path)
    names = _numbers(found)
    for place, row in enumerate(_rows(found, path)):
        number = names[place] if place < len(names) else place + 1
        if not isinstance(row, dict):
            raise InvalidError(f"{path}, row {number}: not a JSON object")
        yield number, row


def _numbers(found: Any) -> list[int]:
    """Names of rows that are numbers and do not count them, as of rows that were sorted or picked.

    A row without an id has its number, and a file of answers the name that it had.
    """
    if not isinstance(found, dict):
        return []
    names = found.get("index") if {"columns", "data"} <= set(found) else None
    if names is None and {type(value) for value in found.values()} == {dict} and len(found) > 1:
        names = list(found) if _by_row(found) else list(next(iter(found.values())))
    texts = [str(name) for name in names] if isinstance(names, list) else []
    counted = [str(place) for place in range(len(texts) + 1)]
    if texts in (counted[:-1], counted[1:]) or not all(map(_is_place, texts)):
        return []
    return [int(text) for text in texts]


def _is_place(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _by_row(found: Mapping[str, dict[str, Any]]) -> bool:
    """Whether rows stand under their names, which are numbers, as those of columns are not."""
    inner = next(iter(found.values()))
    return all(map(str.isdecimal, found)) and not any(map(str.isdecimal, inner))


def _is_lines(path: Path) -> bool:
    """Whether the first line is an object and another line follows."""
    found = text_lines(path)
    first = next(found, None)
    try:
        return (
            first is not None
            and isinstance(parse(first[1]), dict)
            and next(found, None) is not None
        )
    except ValueError:
        return False


def _is_one_document(path: Path) -> bool:
    """Whether a file named as one of lines holds one list, or one value over several lines."""
    first = next(text_lines(path), (0, ""))[1].strip()
    if first[:1] not in ("[", "{"):
        return False
    try:
        return isinstance(parse(first), list) and next(_from_second(path), None) is None
    except ValueError:
        pass
    if first not in ("[", "{", "[{"):  # a damaged line, and no value that is spread over several
        return False
    try:
        return read_document(path) is not None
    except InvalidError:
        return False


def _from_second(path: Path) -> Iterator[tuple[int, str]]:
    found = text_lines(path)
    next(found, None)
    return found


def _rows(found: Any, path: Path) -> Iterator[Any]:
    if isinstance(found, list):
        return iter(found)
    if not isinstance(found, dict):
        raise InvalidError(f"{path}: neither a list of rows nor an object of columns")
    inner = found.get("data")
    if isinstance(inner, list) and set(found) <= {"data", "schema", "columns", "index"}:
        names = found.get("columns")
        return iter(inner) if names is None else _split(names, inner, path)
    kinds = {type(value) for value in found.values()}
    if kinds == {list}:
        return _columns(found, path)
    if kinds == {dict} and len(found) > 1:
        return _nested(found, path)
    return iter([found])


def _split(given: Any, rows: list[Any], path: Path) -> Iterator[Values]:
    if not isinstance(given, list) or any(isinstance(name, list | dict) for name in given):
        raise InvalidError(f"{path}: the columns are no list of names")
    names = [str(name) for name in given]
    check_names(path, names)
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != len(names):
            raise InvalidError(f"{path}, row {number}: not one value for each of the columns")
        yield dict(zip(names, row, strict=True))


def _columns(found: Mapping[str, list[Any]], path: Path) -> Iterator[Values]:
    lengths = {name: len(values) for name, values in found.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidError(f"{path}: columns of different lengths: {str(lengths)[:200]}")
    for row in zip(*found.values(), strict=True):
        yield dict(zip(found, row, strict=True))


def _nested(found: dict[str, dict[str, Any]], path: Path) -> Iterator[Values]:
    """Columns by row name, or rows by name: names of rows are numbers, those of columns not."""
    outer, inner = list(found), list(next(iter(found.values())))
    by_column = all(name.isdecimal() for name in inner) and not any(n.isdecimal() for n in outer)
    if _by_row(found):
        return (dict(row) for row in found.values())
    if not by_column:
        return iter([found])
    if any(list(column) != inner for column in found.values()):
        raise InvalidError(f"{path}: columns with different rows")
    return ({name: column[row] for name, column in found.items()} for row in inner)
