"""``marginbench show``."""

from __future__ import annotations

from pathlib import Path

import click

from harness.errors import UsageError


@click.command("show")
@click.argument("path", type=click.Path(path_type=Path, exists=True), metavar="RUN_DIR|RECORD")
@click.option("--json", "as_json", is_flag=True, help="Print the records as JSON.")
def command(path: Path, as_json: bool) -> None:
    """Show a record, a run folder, or all runs below a folder."""
    from harness.cli.record_table import print_record, print_summary
    from harness.records.record import read_record, to_json
    from harness.runs.folder import RECORD_FILE

    files = [path] if path.is_file() else sorted(path.rglob(RECORD_FILE))
    if not files:
        raise UsageError(
            f"no {RECORD_FILE} at or below {path}",
            fix="Unfinished runs have none yet: run evaluate again",
        )
    records = [read_record(file) for file in files]
    if as_json:
        for record in records:
            click.echo(to_json(record), nl=False)
    elif len(records) == 1:
        print_record(records[0], files[0].parent)
    else:
        print_summary(records)
