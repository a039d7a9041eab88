"""What image quality has beyond its metrics, in the terminal: fit, direction, failures, slices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from harness.cli.detection_tables import named
from harness.cli.numbers import bounds, number
from harness.cli.text_table import print_table
from harness.errors import first_ids


def print_opinion(part: Any) -> None:
    """Warnings first, then the fit and the sign test in words, then the slices."""
    if part.proxy:
        click.echo(f"  ! a proxy, without human opinion scores: {part.label_version}")
    if part.failed_count:
        names = first_ids(part.failed)
        click.echo(f"  ! {part.failed_count} images failed and count as the worst: {names}")
    fit = part.fit.status + (f" ({part.fit.reason})" if part.fit.reason else "")
    click.echo(f"  fit: {fit}; {part.sign.said}; {part.distinct_scores} distinct scores")
    rows: list[Sequence[str]] = [("slice", "metric", "value", "95% interval", "n", "reason")]
    for piece in part.slices:
        rows.append(
            (
                named(piece.slice),
                piece.metric,
                number(piece.value),
                bounds(piece.interval),
                str(piece.n),
                piece.reason or "",
            )
        )
    if part.slices:
        print_table(rows, right=(2, 4))
