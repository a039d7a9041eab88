"""A table as the pages draw it: columns, rows of cells, facets. One shape for every big table.

Whatever a cell shows or is sorted by is computed before it gets here; templates only draw it, and
the script only reorders and hides what is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from leaderboard_site.tables.about import About
from leaderboard_site.tables.charts import Axis, Whisker

MOST_ROWS, MOST_CELLS, FEWEST_ROWS = 150, 2400, 20
"""Size of a table on a page that may have 250 KB and has more to show than the table."""

MANY_ROWS = 20
"""From so many rows on, a note that every cell of a column has stands at its head instead."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``key`` is unique in its table and fit for a query string (``a-z0-9-``).

    ``kind``: ``"text"`` (left), ``"number"`` (right, tabular), ``"system"`` (the row's head, once
    in a table), ``"whisker"`` (a drawing, never sorted by itself). ``sub`` is the small second
    line of the head, ``title`` the full name. ``about`` tells of the metric that the column is of,
    named in ``"head"`` or in ``"sub"``. ``optional`` columns are hidden until chosen;
    ``priority`` 1 stays on a phone, 2 goes on narrow screens, 3 first. ``note`` is that of all its
    cells.
    """

    key: str
    head: str
    sub: str = ""
    title: str = ""
    kind: str = "text"
    about: About | None = None
    named: str = "head"
    optional: bool = False
    priority: int = 1
    sortable: bool = True
    note: int | None = None


class Cell(NamedTuple):
    """A cell. ``sort`` is what it is sorted by; ``None`` is missing and always goes last.

    ``small`` follows the text in smaller type, ``glyph`` goes before it. ``page`` is a page of the
    site (relative to its root). ``shade`` runs from 0 to 6; ``best`` is set in bold. ``note`` is
    the number of the table's footnote that gives the reason, ``reason`` its words.
    """

    text: str
    sort: float | str | None = None
    small: str = ""
    glyph: str = ""
    page: str = ""
    title: str = ""
    shade: int | None = None
    best: bool = False
    note: int | None = None
    reason: str = ""
    whisker: Whisker | None = None


@dataclass(frozen=True, slots=True)
class GridRow:
    """A row. ``id`` is unique in its table, fit for an attribute and a query string.

    ``facets``: facet key -> value of this row. ``kind`` is ``""``, ``"first-stage"`` (drawn as the
    base line, never filtered away) or ``"withdrawn"`` (struck through).
    """

    id: str
    name: str
    cells: tuple[Cell, ...]
    facets: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""

    def with_cells(self, cells: tuple[Cell, ...]) -> GridRow:
        """The row with other cells."""
        return GridRow(self.id, self.name, cells, self.facets, self.kind)

    def with_facets(self, facets: Mapping[str, str]) -> GridRow:
        """The row with other facets."""
        return GridRow(self.id, self.name, self.cells, facets, self.kind)


def _without_notes(cells: tuple[Cell, ...], shared: Sequence[int | None]) -> tuple[Cell, ...]:
    """Cells without the notes that stand at the head of their column."""
    # Cells of whole boards pass here: _replace would take three times as long.
    return tuple(
        Cell(*cell[:8], None, "", cell.whisker) if note else cell
        for cell, note in zip(cells, shared, strict=True)
    )


@dataclass(frozen=True, slots=True)
class Facet:
    """A choice above a table: its key, its label, and the values that rows have."""

    key: str
    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with all that stands around it.

    ``total`` counts the rows there are; when there are more than ``rows`` holds, ``full_page``
    has all of them, and sorting or filtering leads there. ``axis`` and ``reference`` (pixels)
    belong to the column of kind ``"whisker"``. ``sorted_by`` is the key of the column that the
    rows are in the order of, and ``descending`` its direction.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[GridRow, ...]
    total: int
    full_page: str = ""
    facets: tuple[Facet, ...] = ()
    axis: Axis | None = None
    reference: str | None = None
    notes: tuple[str, ...] = ()
    sorted_by: str = ""
    descending: bool = True

    def is_numeric(self, column: Column) -> bool:
        """Whether a column is sorted by number: its first cell that is not missing is one."""
        place = self.columns.index(column)
        for row in self.rows:
            if row.cells[place].sort is not None:
                return isinstance(row.cells[place].sort, float | int)
        return False

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than are shown here."""
        return self.total > len(self.rows)

    def with_shared_notes(self) -> Grid:
        """The table with notes at the heads of columns whose cells all have the same one."""
        if len(self.rows) < MANY_ROWS:
            return self
        told = [{row.cells[place].note for row in self.rows} for place in range(len(self.columns))]
        shared = [next(iter(notes)) if len(notes) == 1 else None for notes in told]
        if not any(shared):
            return self
        columns = tuple(
            replace(column, note=note) for column, note in zip(self.columns, shared, strict=True)
        )
        rows = tuple(row.with_cells(_without_notes(row.cells, shared)) for row in self.rows)
        return replace(self, columns=columns, rows=rows)

    def cut(self) -> Grid:
        """The table with its first rows only, as a page of limited size shows it.

        At most :data:`MOST_ROWS` rows and :data:`MOST_CELLS` cells: with more columns, fewer rows.
        """
        most = max(FEWEST_ROWS, min(MOST_ROWS, MOST_CELLS // max(1, len(self.columns))))
        return self if len(self.rows) <= most else replace(self, rows=self.rows[:most])
