"""``marginbench export``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.arguments import runs_argument
from harness.cli.options import OnceCommand


@click.command("export", cls=OnceCommand)
@click.argument("form", metavar="FORMAT")
@runs_argument()
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIRECTORY",
    help="Folder to write to; what is there and differs is never replaced.",
)
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="What the format asks for and a run does not tell, such as developer=ORG.",
)
def command(form: str, paths: tuple[Path, ...], out: Path, options: tuple[str, ...]) -> None:
    """Write runs, submissions or records in a format of another tool.

    FORMAT is eee, eval-results, model-index, card, mteb, raid, croissant or trec
    (docs/exchange.md). What it has no place for is said.
    """
    from harness.cli.text_table import print_line
    from harness.exchange.base import Run
    from harness.exchange.formats import format_named, told_options
    from harness.exchange.out import write_files
    from harness.records.finding import read_records

    found = format_named(form, writes=True)
    told = told_options(form, found, options)
    runs = [Run(*one) for one in read_records(paths)]
    assert found.write is not None
    made = found.write(runs, told)
    written = write_files(out, made.files)
    for note in made.notes:
        print_line(f"note: {note}", err=True)
    print_line(f"{out}: {len(written):,} files of {len(runs):,} runs, {found.title}")
