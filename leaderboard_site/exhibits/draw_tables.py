"""Tables and matrices of exhibits as texts: cells written, texts clipped, rows counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.exhibits import FRACTION, Cell, Figure, Matrix, Of, Table, own_text
from leaderboard_site.exhibits.sane import bounded, finite
from leaderboard_site.text import DASH, MINUS, clip, count, points

MOST_COLUMNS, FEWEST_ROWS = 20, 2
LARGEST_SHARE = 1e4
NARROW, _BOUNDS = 72, 14
"""Characters of a table that fills half a page at most, and of a column of intervals."""

LONGEST_NAME, LONGEST_CELL, LONGEST_TITLE, LONGEST_NOTE = 60, 120, 160, 400


class Column(NamedTuple):
    """The head of a column; ``bounded`` when intervals stand in a column beside it."""

    name: str
    numeric: bool
    bounded: bool


class DrawnCell(NamedTuple):
    """A cell as text; ``shade`` is 0 to 3."""

    text: str
    bounds: str = ""
    shade: int = 0


@dataclass(frozen=True, slots=True)
class DrawnTable:
    """A table or a matrix as texts, its title with what was cut. ``note`` is its own."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[DrawnCell, ...], ...]
    note: str

    @property
    def is_narrow(self) -> bool:
        """Whether there is room for another one beside it."""
        widths = (
            max(len(column.name), *(len(row[place].text) for row in self.rows))
            + _BOUNDS * column.bounded
            for place, column in enumerate(self.columns)
        )
        return sum(2 + width for width in widths) <= NARROW


@dataclass(frozen=True, slots=True)
class Matrices:
    """Matrices that mean the same; ``shades`` are words for the shades that are found in them."""

    note: str
    shades: Mapping[int, str]
    tables: tuple[DrawnTable, ...]


def drawn_tables(tables: Sequence[Table], most: int) -> tuple[DrawnTable, ...]:
    """Tables cut to so many rows in all; a note is not said again below the next table."""
    rooms = rooms_for([len(table.rows) for table in tables], most)
    notes = [note_text(table.note) for table in tables]
    return tuple(
        _table(table, room, "" if note in notes[place + 1 : place + 2] else note)
        for place, (table, room, note) in enumerate(zip(tables, rooms, notes, strict=True))
    )


def note_text(text: str) -> str:
    """A sentence or two of a suite, clipped."""
    return clip(text, most=LONGEST_NOTE)


def rooms_for(rows: Sequence[int], most: int) -> list[int]:
    """How many rows of each table to show: short ones whole, long ones alike, two at least."""
    rooms = [0] * len(rows)
    left = most
    for number, place in enumerate(sorted(range(len(rows)), key=lambda place: rows[place])):
        rooms[place] = min(rows[place], max(FEWEST_ROWS, left // (len(rows) - number)))
        left -= rooms[place]
    return rooms


def _table(table: Table, room: int, note: str) -> DrawnTable:
    shown = table.rows[:room]
    columns = list(zip(table.columns, zip(*shown, strict=True), strict=True))[:MOST_COLUMNS]
    return DrawnTable(
        title=_titled(table.title, shown, max(table.of or 0, len(table.rows))),
        columns=tuple(_column(name, cells) for name, cells in columns),
        rows=tuple(tuple(map(_cell, row[:MOST_COLUMNS])) for row in shown),
        note=note,
    )


def _titled(title: str, rows: Sequence[Sequence[Cell]], of: int) -> str:
    """The title, what was cut, and how shares are shown where there are some."""
    said = clip(title, most=LONGEST_TITLE)
    if of > len(rows):
        said += f", {count(len(rows))} of {count(of)}"
    shares = (
        isinstance(cell, Figure) and cell.unit == FRACTION and finite(cell.value) is not None
        for row in rows
        for cell in row
    )
    return f"{said}; shares in points" if any(shares) else said


def _column(name: str, cells: Sequence[Cell]) -> Column:
    known = [cell for cell in cells if cell is not None]
    return Column(
        name=clip(name, most=LONGEST_NAME),
        numeric=bool(known) and not any(isinstance(cell, str) for cell in known),
        bounded=any(isinstance(cell, Figure) and bounded(cell.interval) for cell in cells),
    )


def _cell(cell: Cell) -> DrawnCell:
    if cell is None:
        return DrawnCell(DASH)
    if isinstance(cell, Figure):
        return figure_cell(cell)
    if isinstance(cell, Of):
        text = DASH if cell.part is None else f"{count(cell.part)}/{count(cell.whole)}"
    else:
        text = cell if isinstance(cell, str) else count(cell)
    return DrawnCell(clip(text, most=LONGEST_CELL) or DASH)


def figure_cell(figure: Figure) -> DrawnCell:
    """Shares in points, whatever has a unit of its own as it is."""
    value, interval = finite(figure.value), bounded(figure.interval)
    if value is None:
        return DrawnCell(DASH)
    ends = "" if interval is None else ", ".join(_said(end, figure.unit) for end in interval)
    return DrawnCell(_said(value, figure.unit), ends and f"[{ends}]", _shade(figure))


def _said(value: float, unit: str) -> str:
    """A share in points; what can be none is said in powers of ten."""
    if unit == FRACTION and abs(value) < LARGEST_SHARE:
        return points(value)
    own = 100 * value if unit == FRACTION else value
    return own_text(own, unit).replace("-", MINUS)


def _shade(figure: Figure) -> int:
    return figure.shade if figure.shade in (1, 2, 3) else 0


def drawn_matrices(found: Sequence[Matrix], most: int) -> tuple[tuple[Matrices, ...], int]:
    """Whole matrices by what they mean while there is room, and how many there is none for.

    One is shown at least, cut if need be.
    """
    groups: dict[tuple[str, tuple[str, str, str]], list[Matrix]] = {}
    for matrix in found:
        groups.setdefault((matrix.note, matrix.shades), []).append(matrix)
    made, left, shown = [], most, 0
    for (note, shades), group in groups.items():
        tables = []
        for matrix in group:
            if shown and len(matrix.rows) >= left:
                continue
            tables.append(_matrix(matrix, most))
            left -= 1 + len(matrix.rows)
            shown += 1
        if tables:
            made.append(Matrices(note_text(note), _used(shades, tables), tuple(tables)))
    return tuple(made), len(found) - shown


def _matrix(matrix: Matrix, most: int) -> DrawnTable:
    rows = matrix.rows[:most]
    return DrawnTable(
        title=_titled(matrix.title, [figures for _, figures in rows], len(matrix.rows)),
        columns=tuple(
            Column(clip(name, most=LONGEST_NAME), numeric=place > 0, bounded=False)
            for place, name in enumerate((matrix.corner, *matrix.columns[:MOST_COLUMNS]))
        ),
        rows=tuple(
            (_cell(name), *map(figure_cell, figures[:MOST_COLUMNS])) for name, figures in rows
        ),
        note="",
    )


def _used(shades: Sequence[str], tables: Sequence[DrawnTable]) -> dict[int, str]:
    used = {cell.shade for table in tables for row in table.rows for cell in row}
    said = {shade: clip(words, most=LONGEST_NAME) for shade, words in enumerate(shades, 1)}
    return {shade: words for shade, words in said.items() if shade in used}
