"""What detection has beyond its metrics, in the terminal: slices, transfer, warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from harness.cli.numbers import bounds, number
from harness.cli.text_table import print_table

MOST_ROWS = 60
"""Rows shown of one table; the record has all."""


def print_detection(part: Any) -> None:
    """Warnings first, then TPR by slice under each policy, then the transfer matrix."""
    for line in _warnings(part):
        click.echo(f"  ! {line}")
    length = number(part.length_auroc)
    click.echo(f"  calibrated thresholds: {part.calibration}; AUROC of text length alone {length}")
    _print_slices(part)
    _print_transfer(part)


def _warnings(part: Any) -> list[str]:
    said = []
    if part.below_chance:
        said.append("below chance: human texts score higher than machine texts; nothing is flipped")
    if part.texts_in_both_classes:
        said.append(f"{part.texts_in_both_classes} texts stand in both classes")
    return said


def _print_slices(part: Any) -> None:
    rows: list[Sequence[str]] = [
        ("slice", "policy", "target", "TPR", "95% interval", "FPR", "95% interval", "tp/n", "fp/n",
         "status")
    ]  # fmt: skip
    for point in part.points[:MOST_ROWS]:
        rows.append(_point_row(point))
    print_table(rows, right=(2, 3, 5, 7, 8))
    _say_rest(len(part.points))


def _point_row(point: Any) -> tuple[str, ...]:
    return (
        named(point.slice),
        point.policy,
        f"{point.target:.1%}",
        number(point.tpr),
        bounds(point.tpr_interval),
        number(point.fpr),
        bounds(point.fpr_interval),
        _of(point.tp, point.n_pos),
        _of(point.fp, point.n_neg),
        point.status,
    )


def _print_transfer(part: Any) -> None:
    if not part.transfer:
        return
    rows: list[Sequence[str]] = [
        ("threshold from", "applied to", "target", "FPR", "95% interval", "fp/n")
    ]
    for cell in part.transfer[:MOST_ROWS]:
        rows.append(
            (
                cell.calibrated_on,
                cell.applied_to,
                f"{cell.target:.1%}",
                number(cell.fpr),
                bounds(cell.fpr_interval),
                _of(cell.fp, cell.n_neg),
            )
        )
    print_table(rows, right=(2, 3, 5))
    _say_rest(len(part.transfer))


def named(slice_: Mapping[str, str]) -> str:
    """A slice in words: ``domain=news``, or ``all``."""
    return ", ".join(f"{key}={value}" for key, value in slice_.items()) or "all"


def _of(count: int | None, total: int) -> str:
    return "–" if count is None else f"{count}/{total}"


def _say_rest(count: int) -> None:
    if count > MOST_ROWS:
        click.echo(f"  … and {count - MOST_ROWS} more rows in the record")
