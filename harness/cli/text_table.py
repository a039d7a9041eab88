"""Lines and aligned columns in the terminal; whatever a record says is clipped and made visible."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from harness.submission.untrusted.shown import LONGEST, shown

LONGEST_LINE = 1000


def print_line(text: str, *, err: bool = False) -> None:
    """Print one line, in which control characters are spelt out."""
    click.echo(shown(text, most=LONGEST_LINE), err=err)


def print_json(text: str) -> None:
    """Print JSON, the same value with what cannot be seen in its texts as ``\\u202e``."""
    click.echo("".join(map(_as_json, text)), nl=False)


def _as_json(sign: str) -> str:
    if sign == "\n" or sign.isprintable():
        return sign
    return json.dumps(sign)[1:-1]  # outside of texts JSON has no such signs


def print_table(
    rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), longest: int = LONGEST
) -> None:
    """Print rows in aligned columns, the first row as a header; ``right`` columns align right.

    A cell takes no more than about ``longest`` characters.
    """
    seen = [[shown(cell, most=longest) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in seen) for column in range(len(seen[0]))]
    for index, row in enumerate(seen):
        cells = [
            cell.rjust(widths[column]) if column in right else cell.ljust(widths[column])
            for column, cell in enumerate(row)
        ]
        line = "  ".join(cells).rstrip()
        click.echo(click.style(line, bold=True) if index == 0 else line)
