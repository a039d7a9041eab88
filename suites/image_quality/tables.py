"""Cells of a table of opinion scores as text: any table, columns set off by blanks, and MATLAB.

Only numbers and strings are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import InvalidError, UsageError
from harness.tasks.reading.content import text_lines
from harness.tasks.reading.delimited import Bare
from harness.tasks.reading.matlab import MATLAB, cell_text, columns_in, variables
from harness.tasks.reading.numerals import Marks
from harness.tasks.reading.sheets import EXCEL
from harness.tasks.tables import Called, columns_of, read_table

__all__ = ["MATLAB", "header", "rows"]

BARE: Bare = {("image", "score"): ("score",)}
"""The columns of a table without a header."""

Row = tuple[str, dict[str, str], Marks]
"""Where a row stands, its cells by column, and how its table writes numbers."""


def header(path: Path, called: Called = ()) -> list[str]:
    """Names of the columns; of a MATLAB file, those of its variables."""
    if path.suffix.lower() == MATLAB:
        if called:
            raise UsageError(f"{path}: --column is for tables; variables are known by their names")
        return list(variables(path))
    return columns_of(path, bare=BARE, called=called)


def rows(
    path: Path, names: Sequence[str], beside: Sequence[Path] = (), called: Called = ()
) -> Iterator[Row]:
    """Cells of the columns ``names``; names that are all numbers count columns set off by blanks.

    ``beside`` are MATLAB files with further columns of the same length. Raises
    :class:`UsageError` for missing columns, and :class:`InvalidError` for what is no table.
    """
    if path.suffix.lower() == MATLAB:
        return _of_matlab([path, *beside], names)
    if all(name.isdigit() for name in names):
        return _of_blanks(path)
    return _of_table(path, names, called)


def _of_blanks(path: Path) -> Iterator[Row]:
    marks = Marks(",")
    for number, line in text_lines(path):
        yield f"{path}:{number}", {str(i): cell for i, cell in enumerate(line.split())}, marks


def _of_table(path: Path, names: Sequence[str], called: Called) -> Iterator[Row]:
    _require(path, header(path, called), names)
    above = 0 if path.suffix.lower() == EXCEL else 1
    for row in read_table(path, bare=BARE, called=called):
        where = f"{path}:{row.number + above}"
        yield where, {name: cell_text(row.values.get(name), where) for name in names}, row.marks


def _of_matlab(paths: Sequence[Path], names: Sequence[str]) -> Iterator[Row]:
    columns: dict[str, list[str]] = {}
    for path in paths:
        columns |= columns_in(path, names)
    _require(paths[0], list(columns), names)
    lengths = {name: len(columns[name]) for name in names}
    if len(set(lengths.values())) > 1:
        raise InvalidError(f"{paths[0]}: columns of different lengths: {lengths}")
    marks = Marks(",")
    for number, cells in enumerate(zip(*(columns[name] for name in names), strict=True), 1):
        yield f"{paths[0]}:{number}", dict(zip(names, cells, strict=True)), marks


def _require(path: Path, there: Sequence[str], names: Sequence[str]) -> None:
    missing = [name for name in names if name not in there]
    if missing:
        raise UsageError(
            f"{path}: no column {', '.join(map(repr, missing))}; the columns are: "
            f"{', '.join(there)[:300] or 'none'}"
        )
