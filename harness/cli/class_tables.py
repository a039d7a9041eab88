"""What consistency and flips have beyond their metrics, in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from harness.cli.detection_tables import named
from harness.cli.numbers import bounds, number
from harness.cli.text_table import print_table


def print_consistency(part: Any) -> None:
    """What was counted, then the threshold carried over to the test classes."""
    click.echo(
        f"  {part.protocol}: {part.items:,} items, {part.classes:,} classes, "
        f"{part.pairs_same:,} pairs of one class, {part.pairs_other:,} of two"
    )
    if part.low is not None and part.high is not None:
        click.echo(
            f"  range: distances {part.low:.4f} to {part.high:.4f}, counted at {part.thresholds}"
        )
    if part.singletons:
        click.echo(f"  {part.singletons:,} classes of one item count as others only")
    if part.zero_vectors:
        click.echo(f"  ! {part.zero_vectors:,} embeddings have length 0")
    for carried in part.carried:
        if carried.threshold is None:
            click.echo(f"  carried over: – ({carried.reason})")
            continue
        click.echo(
            f"  carried over: distance {carried.threshold:.4f} (FAR {carried.target:.0%} on the "
            f"calibration split) gives FAR {number(carried.far)}, worst class "
            f"{number(carried.far_worst)}; FRR {number(carried.frr)}, worst class "
            f"{number(carried.frr_worst)} ({carried.worst_class})"
        )


def print_flips(part: Any) -> None:
    """The table behind the rates, over all items and by slice."""
    if part.other:
        click.echo(f"  ! {part.other:,} answers are no class of the task, and wrong")
    if part.reference is None:
        return
    click.echo(
        f"  reference: {part.reference}, accuracy {number(part.reference_accuracy)}; counted on "
        f"{part.scope}"
    )
    rows: list[Sequence[str]] = [
        ("slice", "n", "right, right", "right, wrong", "wrong, right", "wrong, wrong", "NFR",
         "95% interval", "McNemar p")
    ]  # fmt: skip
    for table in part.tables:
        cells = (table.right_right, table.right_wrong, table.wrong_right, table.wrong_wrong)
        rows.append(
            (
                named(table.slice) if table.slice else "all",
                f"{table.n:,}",
                *(f"{cell:,}" for cell in cells),
                number(table.nfr),
                bounds(table.nfr_interval),
                f"{table.mcnemar_p:.2g}",
            )
        )
    print_table(rows, right=(1, 2, 3, 4, 5, 6, 8))
