"""Tables row by row, however they are written, with one tolerance and one clear line on error.

CSV and the like with any of the usual separators, JSON in lines, lists or columns, Parquet, Excel,
each compressed or not: what a file is, is told by its content, and by its name where that leaves
open what is meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.errors import InvalidError, UsageError, did_you_mean
from harness.tasks.reading.batches import read_rows
from harness.tasks.reading.content import COMPRESSED, head_of, marked_encoding, say
from harness.tasks.reading.delimited import Bare, dialect_of, read_delimited
from harness.tasks.reading.json_tables import read_json_rows
from harness.tasks.reading.json_text import parse
from harness.tasks.reading.numerals import Marks
from harness.tasks.reading.sheets import EXCEL, read_sheet

_LINES = (".jsonl", ".ndjson")
_PLAIN = (*_LINES, ".csv", ".tsv", ".parquet", EXCEL, ".json")
ENDINGS = (*_PLAIN, ".csv.gz", ".jsonl.zst")
"""Endings of tables, for messages; the last two stand for all that are compressed."""

_PART = re.compile(r"(?P<whole>.+)-(?P<number>\d{1,6})-of-(?P<count>\d{1,6})")
"""What a file is called that is one of several parts, as libraries of data sets write them."""

_OTHERS = (
    (b"ARROW1", "a file of Arrow (Feather)", "Save it as Parquet"),
    (b"FEA1", "a file of Feather 1", "Save it as Parquet"),
    (b"MATLAB 5.0", "a MATLAB file, which holds opinions of image quality alone", "Save it as CSV"),
)
"""First bytes of what is taken for a table and is none, what it is, and what to do."""

Called = Sequence[tuple[str, str]]
"""Pairs of the name by which a column is asked for and the name it has."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table and where it stands, such as ``texts.csv, row 7`` (from 1)."""

    file: str
    number: int
    values: dict[str, Any]
    marks: Marks = field(default_factory=lambda: Marks(","), compare=False, repr=False)
    told: frozenset[str] = frozenset()
    """Names of columns that somebody gave: they go before other names of the same role."""

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.file}, row {self.number}"

    def number_in(self, column: str) -> float:
        """The number in a cell, with the table's own decimal mark; NaN in words is let through.

        Raises :class:`InvalidError` in one line for anything else.
        """
        return self.marks.number(self.values.get(column), column, self.where)


def ending(path: Path) -> str:
    """The ending by which a file is a table, such as ``.csv.gz``, in lower case, or ``""``."""
    name = path.name.lower()
    outer = next((end for end in COMPRESSED if name.endswith(end)), "")
    inner = next((end for end in _PLAIN if name.removesuffix(outer).endswith(end)), "")
    return inner + outer if inner else ""


def stem(path: Path) -> str:
    """The file's name without its ending."""
    return path.name[: len(path.name) - len(ending(path))]


def tables_in(folder: Path) -> list[Path]:
    """The tables directly in a folder, by name; hidden files are left out.

    A ``.json`` counts only where there is nothing else: it mostly tells about the data. Raises
    :class:`UsageError` for a pipe or a device, which is no folder either.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is neither a file nor a folder")
    found = sorted(plain_files(path for path in folder.iterdir() if ending(path)))
    return [
        path for path in found if not ending(path).startswith(".json.") and ending(path) != ".json"
    ] or found


def whole_of(path: Path) -> str:
    """What a file is a part of, by its name (``test-00000-of-00003``); ``""`` for no part."""
    part = _PART.fullmatch(stem(path))
    return part["whole"] if part else ""


def plain_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Those that are files; hidden ones and folders are left out.

    Raises :class:`UsageError` for a link to nothing, a pipe or a device, and where a part is not
    there of which the names of others tell (``test-00000-of-00003``): without it there would be
    less than there seems to be.
    """
    parts: dict[tuple[Path, str, int], set[int]] = {}
    for path in paths:
        if path.name[0] == ".":
            continue
        if path.is_file():
            part = _PART.fullmatch(stem(path))
            if part:
                whole = (path.parent, part["whole"], int(part["count"]))
                parts.setdefault(whole, set()).add(int(part["number"]))
            yield path
        elif not path.is_dir():
            raise UsageError(f"{path} is {kind_of(path)}, and no file", fix="Put a file there")
    for (folder, name, count), there in parts.items():
        if len(there) < count:
            raise UsageError(
                f"{folder}: of {name} there are {len(there):,} of {count:,} parts",
                fix="Fetch the others too, or rename the file where it is all that is meant",
            )


def kind_of(path: Path) -> str:
    """What a path is that is no file, in words."""
    if path.is_dir():
        return "a folder"
    return "a pipe or a device" if path.exists() else "a link to nothing"


def read_table(
    path: Path,
    *,
    name: str | None = None,
    bare: Bare | None = None,
    called: Called = (),
) -> Iterator[Row]:
    """Every row, in file order; column names as they are in the file, without blanks around them.

    ``bare`` says which columns a file without a header has, if their number fits and numbers stand
    where they should. ``called`` are pairs of a name to call a column by and the name it has; any
    other column of the first name is left out. Raises :class:`UsageError` for a file that is not
    there or of no known kind, or has no such column,
    and :class:`InvalidError` in one line for anything in it that cannot be read.
    """
    if not path.exists():
        raise UsageError(f"{path} is missing")
    rows, separator = _rows(path, bare or {})
    marks, file = Marks(separator), name or path.name
    for number, values in rows:
        row = Row(file, number, values, marks)
        yield row if not called else _renamed(row, called)
    for note in marks.notes():
        say(f"{path}: {note}")


def _renamed(row: Row, called: Called) -> Row:
    given = replace(row, told=frozenset(column for _, column in called))
    found = find_columns(given, {role: (column.strip().lower(),) for role, column in called})
    missing = [column for role, column in called if role not in found]
    require(row, missing)
    roles = {role.lower() for role in found}
    rest = {
        column: value
        for column, value in row.values.items()
        if column.strip().lower() not in roles and column not in found.values()
    }
    values = {**{role: row.values[column] for role, column in found.items()}, **rest}
    return replace(row, values=values, told=frozenset(found))


def columns_of(path: Path, *, bare: Bare | None = None, called: Called = ()) -> list[str]:
    """Names of the columns of the first row, or of the header where there is no row."""
    if called:
        return list(next((row.values for row in read_table(path, bare=bare, called=called)), {}))
    if not path.exists():
        raise UsageError(f"{path} is missing")
    if _kind(path) == "text":
        dialect = dialect_of(path, bare=bare or {}, blanks=not ending(path))
        return [] if dialect is None else [name for name in dialect.columns if name]
    first = next(read_table(path, bare=bare), None)
    return [] if first is None else list(first.values)


def _rows(path: Path, bare: Bare) -> tuple[Iterator[tuple[int, dict[str, Any]]], str]:
    kind = _kind(path)
    if kind == "parquet":
        return read_rows(path), ","
    if kind == "excel":
        return read_sheet(path), ","
    if kind == "json":
        return read_json_rows(path, lines=ending(path).startswith(_LINES)), ","
    dialect = dialect_of(path, bare=bare, blanks=not ending(path))
    if not ending(path) and (dialect is None or len(dialect.columns) < 2):
        raise UsageError(f"{path} is not a table", fix=f"Known endings: {', '.join(ENDINGS)}")
    if dialect is None:
        return iter(()), ","
    return read_delimited(path, dialect), dialect.separator


def _kind(path: Path) -> str:
    """``parquet``, ``excel``, ``json`` or ``text``, by the first bytes of the content."""
    head = head_of(path)
    _refuse_known(path, head)
    if head.startswith(b"PAR1") or ending(path).startswith(".parquet"):
        return "parquet"
    if head.startswith(b"PK\x03\x04") or ending(path).startswith(EXCEL):
        return "excel"
    if ending(path).startswith((*_LINES, ".json")):
        return "json"
    encoding = marked_encoding(path)
    text = head.decode(encoding, "ignore").lstrip()
    return "json" if text[:1] in ("[", "{") and _begins_json(text, path) else "text"


def _begins_json(text: str, path: Path) -> bool:
    first = text.partition("\n")[0].strip()
    if not ending(path) and first in ("[", "{", "[{"):
        return True
    try:
        return isinstance(parse(first), list | dict)
    except ValueError:
        return False


def _refuse_known(path: Path, head: bytes) -> None:
    """What is often found under the name of a table, and is none."""
    word = head[:200].lstrip().lower()
    if head.startswith(b"version https://git-lfs"):
        raise InvalidError(f"{path} is a pointer of Git LFS, not the file", fix="Run: git lfs pull")
    if word.startswith((b"<!doctype html", b"<html")):
        raise InvalidError(f"{path} is a web page", fix="Download the file itself")
    for start, what, fix in _OTHERS:
        if head.startswith(start):
            raise UsageError(f"{path} is {what}, and no table", fix=fix)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise UsageError(f"{path} is an Excel file of before 2007", fix="Save it as .xlsx or CSV")
    if not ending(path) and head.startswith((b"\x80\x04", b"\x80\x05", b"\x93NUMPY", b"\x89")):
        raise UsageError(f"{path} is not a table", fix=f"Known endings: {', '.join(ENDINGS)}")


def find_columns(row: Row, wanted: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """For each role the first of its names that the row has, whatever the case of its letters.

    Raises :class:`InvalidError` where two columns have that name but for the case.
    """
    there: dict[str, list[str]] = {}
    for column in row.values:
        there.setdefault(column.strip().lower(), []).append(column)
    found = {
        role: next((there[name] for name in _told_first(names, row.told) if name in there), [])
        for role, names in wanted.items()
    }
    return {role: _only(columns, row) for role, columns in found.items() if columns}


def _only(columns: Sequence[str], row: Row) -> str:
    """The one column of a name, or of several the one that somebody gave to the letter."""
    told = [column for column in columns if column in row.told]
    if len(columns) > 1 and len(told) != 1:
        differ = "the case of its letters"
        if len({column.lower() for column in columns}) > 1:
            differ = "blanks around it" + (
                " and the case" if len({column.strip() for column in columns}) > 1 else ""
            )
        raise InvalidError(
            f"{row.file}: the columns {' and '.join(map(repr, columns[:3]))} have one name but for "
            f"{differ}",
            fix="Rename one of them, or take it out",
        )
    return (told or columns)[0]


def _told_first(names: tuple[str, ...], told: frozenset[str]) -> tuple[str, ...]:
    return (*(name for name in names if name in told), *names) if told else names


def require(row: Row, columns: Collection[str]) -> None:
    """Raise :class:`UsageError` in one line that names missing columns and those there."""
    missing = [column for column in columns if column not in row.values]
    if missing:
        words = ", ".join(repr(column) for column in missing)
        there = ", ".join(repr(column) for column in row.values) or "none"
        near = did_you_mean(missing[0], row.values)
        raise UsageError(
            f"{row.file} has no column {words}; columns there: {there[:500]}",
            fix=near if near.startswith("Did") else "",
        )
