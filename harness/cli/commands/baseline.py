"""``marginbench baseline``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from harness.compare.baseline import Change


@click.group("baseline")
def command() -> None:
    """Make or update a committed baseline to compare with."""


@command.command("update")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The baseline's folder, which you commit.",
)
def update(runs: tuple[Path, ...], folder: Path) -> None:
    """Write RUNS into a baseline's folder and print what changed.

    Tasks that RUNS lack stay as they are. Commit the folder, so that the change is reviewed.
    """
    from harness.compare.baseline import update_baseline
    from harness.compare.sides import Side, read_sides
    from harness.errors import UsageError

    found: dict[str, Side] = {}
    for path in runs:
        sides = read_sides(path)
        twice = sorted(found.keys() & sides.keys())
        if twice:
            raise UsageError(f"two runs of {twice[0]} were given", fix="Give one model's runs")
        found |= sides
    for change in update_baseline(found, folder):
        _print(change)


def _print(change: Change) -> None:
    from harness.cli.text_table import print_table
    from harness.compare.reports.text import number, signed
    from harness.metrics.cards import asides

    before, after = change.before, change.after
    what = "new" if before is None else "unchanged" if not change.moved else "changed"
    click.echo(f"{change.task}: {what} ({change.folder})")
    if before is not None and before.task.fingerprint != after.task.fingerprint:
        click.echo(f"  task {before.task.fingerprint[:8]} -> {after.task.fingerprint[:8]}")
    if before is not None and before.model.fingerprint != after.model.fingerprint:
        click.echo(
            f"  model {before.model.name} ({before.model.fingerprint[:8]}) -> "
            f"{after.model.name} ({after.model.fingerprint[:8]})"
        )
    rows = [("metric", "before", "after", "difference")]
    for metric in after.metrics:
        old = before.metric(metric.name) if before else None
        was = old.value if old else None
        moved = None if was is None or metric.value is None else metric.value - was
        if before is None or was != metric.value:
            rows.append(
                (
                    metric.name + asides(True, metric.unit),
                    number(was),
                    number(metric.value),
                    signed(moved),
                )
            )
    if len(rows) > 1:
        print_table(rows, right=(1, 2, 3))
    for name in change.left_out:
        click.echo(f"  left out (too large or not there): {name}")
