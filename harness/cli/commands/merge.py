"""``marginbench merge``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.arguments import run_folders_argument
from harness.cli.options import OnceCommand, data_option
from harness.cli.text_table import print_line
from harness.errors import IncompleteError, InvalidError

if TYPE_CHECKING:
    from harness.engine.merging.merge import Merged


@click.command("merge", cls=OnceCommand)
@run_folders_argument("runs")
@data_option()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write to. Default: the one that the shards were written to.",
)
def command(runs: tuple[Path, ...], data: Path | None, out: Path | None) -> None:
    """Put the shards of runs together.

    RUN_DIR is a folder of 'evaluate --shard', or one with several below it. No model is needed.
    What comes out is what one process would have written; the shards stay as they are.
    """
    from harness.cli.record_table import print_summary
    from harness.engine.merging.merge import merge
    from harness.records.record import Record
    from harness.runs.folder import RunFolder

    def report(folder: RunFolder, record: Record) -> None:
        print_line(f"{record.task.id}: {folder.record}", err=True)

    def say(line: str) -> None:
        print_line(line, err=True)

    merged = merge(runs, data=data, out=out, report=report, say=say)
    if merged.records:
        print_summary(list(merged.records.values()))
    _tell(merged)


def _tell(merged: Merged) -> None:
    for task, error in merged.failed.items():
        named = str(error) if str(error).startswith(task) else f"{task}: {error}"
        print_line(f"not merged: {named}", err=True)
    for mean, lost in merged.without.items():
        print_line(f"no mean {mean}: {len(lost)} of its tasks are not here", err=True)
    if not merged.failed:
        return
    total = len(merged.failed) + merged.tasks
    said = f"{merged.tasks} of {total} tasks merged; {len(merged.failed)} were not"
    fix = "Mend what is named above and type the same again"
    if any(not isinstance(error, IncompleteError) for error in merged.failed.values()):
        raise InvalidError(said, fix=fix)
    raise IncompleteError(said, fix=fix)
