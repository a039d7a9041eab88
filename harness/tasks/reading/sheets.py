"""The first sheet of an Excel file, which takes openpyxl to read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.tasks.reading.columns import check_names, named_columns
from harness.tasks.reading.unfolding import check_zip

EXCEL = ".xlsx"
MOST_ROWS = 1 << 20
"""Rows that Excel has."""

MOST_CELLS = 200_000_000
"""Cells up to the last of each row, empty ones too: what is not written down is made all the same.
"""


def read_sheet(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number (that of the sheet's own row) and values of every row that is not empty.

    The first row that is not empty is the header. Formulas stand for the values last saved.
    Raises :class:`UsageError` without openpyxl, :class:`InvalidError` for what is no sheet.
    """
    names: list[str] = []
    for number, cells in enumerate(_sheet(path), 1):
        if all(cell is None or cell == "" for cell in cells):
            continue
        if not names:
            names = _header(cells, path)
            continue
        beyond = [cell for cell in cells[len(names) :] if cell is not None]
        if beyond:
            raise InvalidError(f"{path}:{number}: a cell beyond the last column that has a name")
        row = dict(zip(names, (*cells, *[None] * len(names)), strict=False))
        yield number, {name: value for name, value in row.items() if name}


def _header(cells: tuple[Any, ...], path: Path) -> list[str]:
    names = ["" if cell is None else str(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    check_names(path, names)
    return list(named_columns(names))


def _sheet(path: Path) -> Iterator[tuple[Any, ...]]:
    try:
        excel = import_module("openpyxl")
    except ImportError as error:
        raise UsageError(
            f"{path} is an Excel file, which only openpyxl reads",
            fix="Run: pip install openpyxl (or save the sheet as CSV)",
        ) from error
    check_zip(path, text=True)
    try:
        with (
            path.open("rb") as file,
            closing(excel.load_workbook(file, read_only=True, data_only=True)) as book,
        ):
            sheet, seen = book.worksheets[0], 0
            sheet.reset_dimensions()  # a size that is told too small would cut rows off
            for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                seen += len(cells)
                if number > MOST_ROWS or seen > MOST_CELLS:
                    raise InvalidError(f"{path}: has a cell too far out, and all between is empty")
                yield cells
    except MarginBenchError:
        raise
    except Exception as error:  # a broken file raises what its zip or XML reader happens to
        said = " ".join(str(error).split())[:200]
        raise InvalidError(f"{path}: cannot be read as a table ({said})") from error
