"""``marginbench show``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.options import OnceCommand
from harness.errors import UsageError


@click.command("show", cls=OnceCommand)
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True),
    metavar="RUNS...",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "markdown"]),
    help="All runs as one table, a row for each metric.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the records themselves as JSON.")
def command(paths: tuple[Path, ...], form: str | None, as_json: bool) -> None:
    """Show a record, a run folder, or all runs below folders.

    One record is shown with all that its suite has to say of it, several as a line each.
    """
    from harness.cli.record_table import print_record, print_summary
    from harness.cli.row_formats import print_rows
    from harness.cli.text_table import print_json
    from harness.records.finding import read_records
    from harness.records.record import to_json
    from harness.records.rows import metric_rows

    if form and as_json:
        raise UsageError(
            "--json and --format are two outputs", fix="Use --format json for the table's rows"
        )
    found = read_records(paths)
    records = [record for _, record in found]
    if form:
        print_rows(metric_rows(records), form)
    elif as_json:
        for record in records:
            print_json(to_json(record))
    elif len(records) == 1:
        print_record(records[0], found[0][0])
    else:
        print_summary(records)
