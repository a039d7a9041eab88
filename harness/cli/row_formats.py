"""Rows of one table in the forms that ``--format`` has."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence

import click

from harness.cli.text_table import print_json, print_table
from harness.compare.reports.markdown import escaped
from harness.records.rows import COLUMNS, Row, harmless, shown_rows


def print_rows(rows: Sequence[Row], form: str) -> None:
    """Print rows as ``table``, ``csv``, ``json`` or ``markdown``.

    CSV and JSON have every column and numbers in full; the other two are for people.
    """
    if form == "table":
        header, *body = shown_rows(rows)
        print_table([header, *body], right=[header.index(name) for name in ("value", "n")])
        return
    if form == "json":
        print_json(to_json(rows))
        return
    makers: dict[str, Callable[[Sequence[Row]], str]] = {
        "csv": to_csv,
        "markdown": to_markdown,
    }
    click.echo(makers[form](rows), nl=False)


def to_csv(rows: Sequence[Row]) -> str:
    """Comma-separated values with a header; texts are harmless in a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_csv_cell(row[name]) for name in COLUMNS])
    return text.getvalue()


def to_json(rows: Sequence[Row]) -> str:
    """A list of objects."""
    return json.dumps(list(rows), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_markdown(rows: Sequence[Row]) -> str:
    """A table in which nothing of what a record says is markup."""
    header, *body = shown_rows(rows)
    lines = [header, ["---"] * len(header), *([escaped(cell) for cell in row] for row in body)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _csv_cell(value: str | int | float | None) -> str | int | float | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return harmless(value) if isinstance(value, str) else value
