"""Rows of one table in the forms that ``--format`` has."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from html import escape
from typing import TypeAlias

import click

from harness.cli.numbers import ROUGH, interval, number
from harness.cli.text_table import print_json, print_table
from harness.compare.reports.markdown import escaped
from harness.errors import printable
from harness.records.record import MetricValue
from harness.records.rows import COLUMNS, Row, harmless, shown_rows
from harness.records.wide import Wide

Grid: TypeAlias = Sequence[Sequence[str]]
"""A table as words: its header, then its rows."""

FIGURES = ("value", "95% interval", "n")
"""Columns that are set to the right."""


def print_rows(rows: Sequence[Row], form: str) -> None:
    """Print rows in one of the forms.

    CSV and JSON have every column and numbers in full; the others are for people.
    """
    if form == "json":
        print_json(to_json(rows))
    elif form == "csv":
        click.echo(to_csv(rows), nl=False)
    else:
        grid = shown_rows(rows)
        print_grid(grid, form, right=[grid[0].index(name) for name in FIGURES])


def print_wide(wide: Wide, form: str) -> None:
    """Print a row for each system in one of the forms but JSON, which has rows of its own."""
    if form == "csv":
        click.echo(wide_csv(wide), nl=False)
        return
    grid = [["system", *(column.title for column in wide.columns)]]
    grid += [[name, *map(_figure, cells)] for name, cells in wide.rows]
    print_grid(grid, form, right=range(1, len(grid[0])))


def print_grid(grid: Grid, form: str, *, right: Sequence[int]) -> None:
    """Print words as ``table``, ``markdown``, ``latex`` or ``html``."""
    if form == "table":
        print_table(grid, right=right)
        return
    makers: dict[str, Callable[[Grid, Sequence[int]], str]] = {
        "markdown": to_markdown,
        "latex": to_latex,
        "html": to_html,
    }
    click.echo(makers[form](grid, right), nl=False)


def to_csv(rows: Sequence[Row]) -> str:
    """Comma-separated values with a header; texts are harmless in a spreadsheet."""
    return _csv([list(COLUMNS), *([row[name] for name in COLUMNS] for row in rows)])


def wide_csv(wide: Wide) -> str:
    """The same, with three columns for each task and metric: value, low and high."""
    head = ["system"]
    for column in wide.columns:
        head += [column.title, f"{column.title} low", f"{column.title} high"]
    lines: list[Sequence[str | int | float | None]] = [head]
    for name, cells in wide.rows:
        line: list[str | int | float | None] = [name]
        for cell in cells:
            low, high = (cell and cell.interval) or (None, None)
            line += [None if cell is None else cell.value, low, high]
        lines.append(line)
    return _csv(lines)


def to_json(rows: Sequence[Row]) -> str:
    """A list of objects."""
    return json.dumps(list(rows), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_markdown(grid: Grid, right: Sequence[int]) -> str:
    """A table in which nothing of what a record says is markup."""
    header, *body = grid
    rule = ["---:" if place in right else "---" for place in range(len(header))]
    lines = [map(escaped, header), rule, *(map(escaped, row) for row in body)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def to_latex(grid: Grid, right: Sequence[int]) -> str:
    """A ``table`` with ``booktabs``, by what the site makes its own of."""
    from harness.registry import resolve

    sheets = "leaderboard_site.taking.sheets:"
    head, cell = resolve(f"{sheets}Head"), resolve(f"{sheets}SheetCell")
    sheet = resolve(f"{sheets}Sheet")(
        caption="Values with 95% intervals"
        + (f"; {ROUGH} may cover less than it says." if any(map(_rough, grid)) else "."),
        heads=tuple(head(text, "", place in right) for place, text in enumerate(grid[0])),
        rows=tuple(tuple(cell(text) for text in row) for row in grid[1:]),
        notes=(),
    )
    made: bytes = resolve("leaderboard_site.taking.latex:latex_table")(
        sheet, source="Made by 'marginbench show --format latex'"
    )
    return made.decode()


def to_html(grid: Grid, right: Sequence[int]) -> str:
    """A ``<table>`` to be put into a page, without any style but the side of its figures."""

    def row(cells: Sequence[str], tag: str) -> str:
        made = []
        for place, text in enumerate(cells):
            side = ' align="right"' if place in right else ""
            made.append(f"<{tag}{side}>{escape(printable(text))}</{tag}>")
        return f"<tr>{''.join(made)}</tr>\n"

    body = "".join(row(cells, "td") for cells in grid[1:])
    return f"<table>\n<thead>\n{row(grid[0], 'th')}</thead>\n<tbody>\n{body}</tbody>\n</table>\n"


def _rough(cells: Sequence[str]) -> bool:
    return any(f"{ROUGH}[" in cell for cell in cells)


def _figure(metric: MetricValue | None) -> str:
    if metric is None:
        return "–"
    return number(metric.value) + (f" {interval(metric)}" if metric.interval else "")


def _csv(lines: Sequence[Sequence[str | int | float | None]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for line in lines:
        writer.writerow(map(_csv_cell, line))
    return text.getvalue()


def _csv_cell(value: str | int | float | None) -> str | int | float | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return harmless(value) if isinstance(value, str) else value
