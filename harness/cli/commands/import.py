"""``marginbench import``."""

# ruff: noqa: N999 - files are named after their commands; Python imports none by a statement

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.options import OnceCommand

if TYPE_CHECKING:
    from harness.exchange.claims import Claims

SHOWN = 20


@click.command("import", cls=OnceCommand)
@click.argument("form", metavar="FORMAT")
@click.argument("path", type=click.Path(path_type=Path, exists=True), metavar="FILE_OR_DIR")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIRECTORY",
    help="Folder to write to; what is there and differs is never replaced.",
)
def command(form: str, path: Path, out: Path) -> None:
    """Read figures and values of items that another tool wrote.

    FORMAT is eee, eval-results, model-index, mteb, lm-eval, inspect, nemo, raid or croissant
    (docs/exchange.md).

    Writes figures.json and figures.csv, items/*.jsonl for 'marginbench audit', and of what is
    right or wrong alone right/*/*.jsonl for flips. Nothing of it becomes a record: nobody here
    computed it.
    """
    from harness.cli.text_table import print_line
    from harness.exchange.claims import claim_files
    from harness.exchange.formats import format_named
    from harness.exchange.out import write_files

    found = format_named(form, writes=False)
    assert found.read is not None
    claims = found.read(path)
    written = write_files(out, list(claim_files(claims)))
    print_line(f"{path}: read as {claims.taken}")
    _print_figures(claims)
    for note in claims.notes:
        print_line(f"note: {note}", err=True)
    print_line(f"{out}: {len(written):,} files")
    for line in _next_lines(claims, written):
        print_line(line)


def _print_figures(claims: Claims) -> None:
    from harness.cli.text_table import print_line, print_table

    if not claims.figures:
        return
    head = ["system", "task", "metric", "value", "interval", "n", "remark"]
    rows = [
        [
            *(one.system, one.task, one.metric),
            "–" if one.value is None else f"{one.value:.4f}",
            "–" if one.low is None or one.high is None else f"[{one.low:.4f}, {one.high:.4f}]",
            "" if one.n is None else str(one.n),
            one.remark,
        ]
        for one in claims.figures[:SHOWN]
    ]
    print_table([head, *rows], right=(3, 5))
    if len(claims.figures) > SHOWN:
        print_line(f"and {len(claims.figures) - SHOWN:,} more figures")


def _next_lines(claims: Claims, written: list[Path]) -> list[str]:
    """What to type with what was written."""
    right = [path for path in written if path.parent.parent.name == "right"]
    first = next((path for path in written if path.parent.name == "items"), None)
    lines = []
    if first is not None and any(len(table.values) > 1 for table in claims.items):
        lines.append(f"who is ahead: marginbench audit {first} --higher-is-better")
    if right:
        lines.append(f"what flipped between two of {right[0]}: see docs/exchange.md")
    return lines
