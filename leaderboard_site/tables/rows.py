"""The body of a big table as markup. Review a change here as you would review ``|safe``.

A board of 500 systems has half a million cells. Written by a template they take several times as
long as all else together, so this one piece of HTML is written here. Every text goes through
:func:`_text`; attributes are quoted; nothing else reaches the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from leaderboard_site.tables.charts import Whisker
from leaderboard_site.tables.grid import Cell, Column, Facet, Grid, GridRow
from leaderboard_site.text import clip

if TYPE_CHECKING:
    from markupsafe import Markup

LONGEST_CELL = 400
LONG = 24
"""A text of more characters may break over lines."""


def body_rows(grid: Grid, root: str) -> Markup:
    """The ``<tr>`` elements of a table; ``root`` leads from the page to the site.

    Classes of cells: ``t`` text (left), ``v`` the value, ``o`` optional, ``p2`` and ``p3`` go on
    narrow screens, ``l`` long, ``s0`` to ``s6`` shades. ``data-f`` holds the places of a row's
    values among the choices above the table. ``data-v`` is what a cell is sorted by where its text
    does not say it, empty for what is missing.
    """
    from markupsafe import Markup

    columns = [(column, column_classes(column)) for column in grid.columns]
    return Markup("\n".join(_row(row, columns, grid, root) for row in grid.rows))


def leading_rows(grid: Grid, root: str) -> Markup:
    """The ``<tr>`` elements of a table on the first page, which nothing sorts or filters.

    Cells have the key of their column for a class, and those beside the score its head, so that a
    narrow screen can lay a row out as it likes.
    """
    from markupsafe import Markup

    columns = [replace(column, sortable=False) for column in grid.columns]
    rows = (
        f'<tr class="{row.kind}">{"".join(_leading(row, columns, grid, root))}</tr>'
        for row in grid.rows
    )
    return Markup("\n".join(rows))


def _leading(row: GridRow, columns: Iterable[Column], grid: Grid, root: str) -> Iterator[str]:
    for column, cell in zip(columns, row.cells, strict=True):
        names = f"{column.kind} {column.key}"
        named = column.key.startswith("b")
        head = f' data-head="{_text(f"{column.head} {column.sub}".strip())}"' if named else ""
        made = _cell(cell, column, names, row.kind, grid, root)
        yield made.replace(" class=", f"{head} class=", 1)


def column_classes(column: Column) -> str:
    """Classes that every cell of a column has, its head too."""
    names = [column.kind if column.kind in ("system", "whisker") else ""]
    names.append("t" if column.kind in ("text", "system") else "")
    names.append("v" if column.key == "score" else "")
    names.append("o" if column.optional else "")
    names.append(f"p{column.priority}" if column.priority > 1 else "")
    return " ".join(filter(None, names))


def _row(row: GridRow, columns: list[tuple[Column, str]], grid: Grid, root: str) -> str:
    facets = f' data-f="{_places(row, grid.facets)}"' if row.facets and grid.facets else ""
    kind = f' class="{row.kind}"' if row.kind else ""
    cells = "".join(
        _cell(cell, column, names, row.kind, grid, root)
        for (column, names), cell in zip(columns, row.cells, strict=True)
    )
    return f'<tr data-id="{_text(row.id)}"{kind}{facets}>{cells}</tr>'


def _places(row: GridRow, facets: Iterable[Facet]) -> str:
    """The place of the row's value among those of each choice; names would take ten times more."""
    values = ((facet, row.facets.get(facet.key)) for facet in facets)
    return " ".join(str(f.values.index(v)) if v in f.values else "-" for f, v in values)


def _cell(cell: Cell, column: Column, names: str, kind: str, grid: Grid, root: str) -> str:
    is_head = column.kind == "system"
    text = _text(cell.text)
    own = names
    if len(cell.text) > LONG and not is_head:
        own += " l"
    if cell.shade is not None:
        own += f" s{cell.shade}"
    attributes = f' class="{own.strip()}"' if own else ""
    if column.sortable:
        value = _sort_value(cell)
        if not value or value != cell.text:
            attributes += f' data-v="{_text(value)}"'
    title = cell.title or ("" if cell.note else cell.reason)
    if title:
        attributes += f' title="{_text(title)}"'
    inner = _inner(cell, text, is_head and kind == "withdrawn", grid, root)
    if is_head:
        return f'<th scope="row"{attributes}>{inner}</th>'
    return f"<td{attributes}>{inner}</td>"


def _inner(cell: Cell, text: str, struck: bool, grid: Grid, root: str) -> str:
    if cell.whisker is not None:
        return _whisker(cell.whisker, grid.reference)
    if cell.page:
        text = f'<a href="{_text(root + cell.page)}">{text}</a>'
    if struck:
        text = f"<s>{text}</s> <small>withdrawn</small>"
    elif cell.best:
        text = f"<b>{text}</b>"
    if cell.glyph:
        text = f'<span aria-hidden="true">{_text(cell.glyph)}</span> {text}'
    if cell.small:
        text += f" <small>{_text(cell.small)}</small>"
    if cell.note:
        text += (
            f'<a class="note" href="#note-{_text(grid.id)}-{cell.note}" '
            f'aria-label="note {cell.note}">{cell.note}</a>'
        )
    return text


def _sort_value(cell: Cell) -> str:
    if cell.sort is None:
        return ""
    return cell.sort if isinstance(cell.sort, str) else f"{cell.sort:.6g}"


def _whisker(line: Whisker, reference: str | None) -> str:
    """The interval as a line and the value as a dot, at any width: all is in per cent of it."""
    parts = ['<svg aria-hidden="true">']
    if reference:
        parts.append(f'<line class="ref" x1="{reference}%" x2="{reference}%" y2="100%"/>')
    if line.low is not None:
        parts.append(f'<line class="ci" x1="{line.low}%" x2="{line.high}%" y1="15" y2="15"/>')
    parts.append(f'<circle cx="{line.value}%" cy="15" r="4"/></svg>')
    return "".join(parts)


def whisker_svg(line: Whisker | None, reference: str | None = None) -> Markup:
    """The same for a table that a template writes."""
    from markupsafe import Markup

    return Markup("" if line is None else _whisker(line, reference))


def plain_cells(texts: Iterable[str]) -> Markup:
    """A ``<td>`` for each text: facts of runs are mostly the same from row to row."""
    from markupsafe import Markup

    return Markup("".join(map(_plain, texts)))


@lru_cache(maxsize=1 << 16)
def _plain(text: str) -> str:
    from markupsafe import escape as as_templates_do

    return f"<td>{as_templates_do(clip(text, most=LONGEST_CELL))}</td>"


@lru_cache(maxsize=1 << 16)
def _text(text: str) -> str:
    """Text as it may stand in an element or a quoted attribute."""
    return escape(clip(text, most=LONGEST_CELL), quote=True)
