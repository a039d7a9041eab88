"""``marginbench show``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.arguments import runs_argument
from harness.cli.options import OnceCommand
from harness.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from harness.records.record import Record

FORMS = ("table", "csv", "json", "markdown", "latex", "html")


@click.command("show", cls=OnceCommand)
@runs_argument()
@click.option(
    "--format", "form", type=click.Choice(FORMS),
    help="All runs as one table, a row for each metric.",
)  # fmt: skip
@click.option(
    "--wide",
    is_flag=True,
    help="A row for each system and a column for each task, with what ranks there and its "
    "interval.",
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME",
    help="Only this metric in such a table; several times for several.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the records themselves as JSON.")
def command(
    paths: tuple[Path, ...], form: str | None, wide: bool, metrics: tuple[str, ...], as_json: bool
) -> None:
    """Show a record, a run folder, or all runs below folders.

    One record is shown with all that its suite has to say of it, several as a line each.
    """
    from harness.cli.record_table import print_record, print_summary
    from harness.cli.text_table import print_json
    from harness.records.finding import read_records
    from harness.records.record import to_json

    if form and as_json:
        raise UsageError(
            "--json and --format are two outputs", fix="Use --format json for the table's rows"
        )
    if as_json and (wide or metrics):
        raise UsageError("--json prints whole records", fix="Use --format json with --metric")
    found = read_records(paths)
    records = [record for _, record in found]
    if form or wide or metrics:
        _print_table(records, form or "table", metrics, wide=wide)
    elif as_json:
        for record in records:
            print_json(to_json(record))
    elif len(records) == 1:
        print_record(records[0], found[0][0])
    else:
        print_summary(records)


def _print_table(
    records: Sequence[Record], form: str, metrics: Sequence[str], *, wide: bool
) -> None:
    from harness.cli.row_formats import print_rows, print_wide
    from harness.records.rows import metric_rows
    from harness.records.wide import wide_table

    known = {metric.name for record in records for metric in record.metrics}
    for name in metrics:
        if name not in known:
            raise UsageError(f"no run here has a metric {name!r}", fix=did_you_mean(name, known))
    if not wide:
        rows = metric_rows(records)
        print_rows([row for row in rows if not metrics or row["metric"] in metrics], form)
        return
    if form == "json":
        raise UsageError(
            "JSON has no wide table", fix="Use --format json without --wide, or csv with it"
        )
    print_wide(wide_table(records, metrics), form)
