"""Rates at a given threshold as tables, read from the side file of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.compare.sides import Side
from harness.exhibits import Cell, Figure, Of, Table
from suites.detection.point_tables import Runs

COLUMNS = ("threshold", "inclusive", "domain", "n_neg", "fp", "fpr", "fpr_low", "fpr_high",
           "n_pos", "tp", "tpr", "tpr_low", "tpr_high")  # fmt: skip


def fixed_tables(known: Runs) -> list[Table]:
    """What each threshold flags, over all texts and by domain; nothing where none was given."""
    rows = [
        _row(name, entry, lower=side.record.model.direction == "lower")
        for name, side, _ in known
        for entry in _entries(side)
    ]
    if not rows:
        return []
    return [
        Table(
            title="At a given threshold",
            columns=("System", "Flagged", "Domain", "FPR", "Accused", "TPR", "Caught"),
            rows=tuple(rows),
            note="The threshold is as it was given: nothing was calibrated on these texts.",
        )
    ]


def _entries(side: Side) -> list[Mapping[str, Any]]:
    file, words = "fixed.parquet", ("inclusive", "domain")
    if side.figures(file, *(name for name in COLUMNS if name not in words)) is None:
        return []
    table = side.file(file)
    if not set(words) <= set(table.column_names):
        return []
    found: list[Mapping[str, Any]] = table.select(list(COLUMNS)).to_pylist()
    return found


def _row(name: str, entry: Mapping[str, Any], *, lower: bool) -> tuple[Cell, ...]:
    sign = ("<" if lower else ">") + "=" * bool(entry["inclusive"])
    return (
        name,
        f"score {sign} {entry['threshold']!r}",
        entry["domain"] or "all",
        *_rate(entry, "fpr", "fp", "n_neg"),
        *_rate(entry, "tpr", "tp", "n_pos"),
    )


def _rate(entry: Mapping[str, Any], rate: str, flagged: str, total: str) -> tuple[Cell, Cell]:
    low, high = entry[f"{rate}_low"], entry[f"{rate}_high"]
    interval = None if low is None or high is None else (low, high)
    return Figure(entry[rate], interval), Of(entry[flagged], entry[total])
