"""Cells of a table of opinion scores as text: CSV, columns set off by blanks, Excel and MATLAB.

Only numbers and strings are read. An ``.xlsx`` needs openpyxl; a ``.mat`` (up to version 7) gives
one column per variable, where a list of names may be a cell array of strings.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

from harness.errors import InvalidError, UsageError

LONGEST_CELL = 1 << 16
EXCEL, MATLAB = ".xlsx", ".mat"
_NUMBERS = ("double", "single", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32)))
_READABLE = (*_NUMBERS, "int64", "uint64", "char", "cell")

Row = tuple[str, dict[str, str]]
"""Where a row stands, and its cells by column."""


def header(path: Path) -> list[str]:
    """Names of the columns; of a MATLAB file, those of its variables."""
    if path.suffix.lower() == MATLAB:
        return list(_variables(path))
    if path.suffix.lower() == EXCEL:
        return [str(cell) for cell in next(_sheet(path), ()) if cell is not None]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return next(csv.reader(file), [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(path, error) from error


def rows(path: Path, names: Sequence[str], beside: Sequence[Path] = ()) -> Iterator[Row]:
    """Cells of the columns ``names``; names that are all numbers count columns set off by blanks.

    ``beside`` are MATLAB files with further columns of the same length. Raises
    :class:`UsageError` for missing columns, and :class:`InvalidError` for what is no table.
    """
    if path.suffix.lower() == MATLAB:
        return _of_matlab([path, *beside], names)
    if path.suffix.lower() == EXCEL:
        return _of_excel(path, names)
    return _of_text(path, names)


def _of_text(path: Path, names: Sequence[str]) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if all(name.isdigit() for name in names):
                for number, line in enumerate(file, 1):
                    cells = line.split()
                    yield f"{path}:{number}", {str(i): cell for i, cell in enumerate(cells)}
                return
            reader = csv.DictReader(file)
            _require(path, reader.fieldnames or (), names)
            for row in reader:
                yield f"{path}:{reader.line_num}", {k: v or "" for k, v in row.items() if k}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(path, error) from error


def _of_excel(path: Path, names: Sequence[str]) -> Iterator[Row]:
    sheet = _sheet(path)
    there = [str(cell) for cell in next(sheet, ())]
    _require(path, there, names)
    places = {name: there.index(name) for name in names}
    for number, row in enumerate(sheet, 2):
        where = f"{path}:{number}"
        cells = {name: _text(row[place], where) for name, place in places.items()}
        if any(cells.values()):  # sheets often go on with empty rows
            yield where, cells


def _sheet(path: Path) -> Iterator[tuple[Any, ...]]:
    """Rows of the first sheet, with the values of formulas as they were last saved."""
    try:
        excel = import_module("openpyxl")
    except ImportError as error:
        raise UsageError(
            f"{path} is an Excel file, which only openpyxl reads",
            fix="Run: pip install openpyxl (or save the sheet as CSV)",
        ) from error
    try:
        with closing(excel.load_workbook(path, read_only=True, data_only=True)) as book:
            yield from book.worksheets[0].iter_rows(values_only=True)
    except Exception as error:  # a broken file raises what its zip or XML reader happens to
        raise _unreadable(path, error) from error


def _of_matlab(paths: Sequence[Path], names: Sequence[str]) -> Iterator[Row]:
    columns: dict[str, list[str]] = {}
    for path in paths:
        columns |= _columns(path, names)
    _require(paths[0], list(columns), names)
    lengths = {name: len(columns[name]) for name in names}
    if len(set(lengths.values())) > 1:
        raise InvalidError(f"{paths[0]}: columns of different lengths: {lengths}")
    for number, cells in enumerate(zip(*(columns[name] for name in names), strict=True), 1):
        yield f"{paths[0]}:{number}", dict(zip(names, cells, strict=True))


def _columns(path: Path, names: Sequence[str]) -> dict[str, list[str]]:
    """Those of the columns that the file has; nothing else in it is loaded."""
    kinds = _variables(path)
    wanted = [name for name in names if name in kinds]
    for name in wanted:
        if kinds[name] not in _READABLE:
            raise InvalidError(f"{path}: {name} is a {kinds[name]}, neither numbers nor strings")
    if not wanted:
        return {}
    from scipy.io import loadmat

    found = _matlab(path, lambda: loadmat(path, appendmat=False, variable_names=wanted))
    return {name: _vector(found[name], f"{path}: {name}") for name in wanted}


def _variables(path: Path) -> dict[str, str]:
    """Variables of a MATLAB file and their class."""
    from scipy.io import whosmat

    listed = _matlab(path, lambda: whosmat(path, appendmat=False))
    return {name: kind for name, _, kind in listed}


def _matlab(path: Path, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except NotImplementedError as error:
        raise InvalidError(
            f"{path} is a MATLAB 7.3 file, which is not read", fix="Save it with -v7, or as CSV"
        ) from error
    except Exception as error:  # a broken file makes the reader stumble in many ways
        raise _unreadable(path, error) from error


def _vector(values: Any, where: str) -> list[str]:
    if sum(size > 1 for size in values.shape) > 1:
        raise InvalidError(f"{where} is neither one row nor one column, but {values.shape}")
    if values.dtype.kind != "O":
        return [_text(value, where) for value in values.ravel().tolist()]
    cells = values.ravel().tolist()
    if any(getattr(cell, "dtype", values.dtype).kind not in "Uiuf" for cell in cells):
        raise InvalidError(f"{where} holds cells that are neither numbers nor strings")
    if any(cell.size > 1 for cell in cells):
        raise InvalidError(f"{where} holds cells with several values")
    return [_text(cell.item(), where) if cell.size else "" for cell in cells]


def _text(value: object, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    raise InvalidError(f"{where}: {str(value)[:40]!r} is neither a number nor a string")


def _require(path: Path, there: Sequence[str], names: Sequence[str]) -> None:
    missing = [name for name in names if name not in there]
    if missing:
        raise UsageError(
            f"{path}: no column {', '.join(map(repr, missing))}; the columns are: "
            f"{', '.join(there)[:300] or 'none'}"
        )


def _unreadable(path: Path, error: Exception) -> InvalidError:
    said = " ".join(str(error).split())[:200]
    return InvalidError(f"{path}: cannot be read as a table ({said})")
