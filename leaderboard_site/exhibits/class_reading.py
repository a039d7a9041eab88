"""What lies beside records of consistency and flips that the pages show."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.compare.sides import Side
from harness.metrics.pairs.opis import harmonic
from harness.records.record import Record
from leaderboard_site.plots.bundle import ClassCurves

MOST_FLIPPED = 20


@dataclass(frozen=True, slots=True)
class Flipped:
    """An item that the reference got right and the model wrong."""

    id: str
    label: str
    answer: str
    confidence: float | None


def read_curves(folder: Path, record: Record) -> ClassCurves | None:
    """Utility curves from the counts beside a record, ``None`` where there are none."""
    side = Side(record, folder)
    counts, steps = side.file("class_counts.parquet"), side.file("thresholds.parquet")
    if counts is None or steps is None or not steps.num_rows:
        return None
    width = steps.num_rows

    def table(name: str) -> Any:
        flat = counts[name].combine_chunks().flatten().to_pylist()
        return np.array(flat, dtype=np.int64).reshape(counts.num_rows, width)

    totals = [np.array(counts[name].to_pylist()) for name in ("same_total", "other_total")]
    kept = totals[0] > 0
    utility = harmonic(table("same")[kept], table("other")[kept], totals[0][kept], totals[1][kept])
    names = [str(name) for name in counts["class"].to_pylist()]
    return ClassCurves(
        names=tuple(name for name, there in zip(names, kept.tolist(), strict=True) if there),
        distances=tuple(float(d) for d in steps["distance"].to_pylist()),
        utility=tuple(tuple(row) for row in utility.tolist()),
    )


def read_flipped(folder: Path, record: Record) -> tuple[Flipped, ...]:
    """Negative flips against the reference, the surest wrong answers first."""
    side = Side(record, folder)
    columns = [side.column(name) for name in ("item", "label", "prediction", "reference")]
    if any(column is None for column in columns):
        return ()
    sure = side.column("confidence")
    rows = zip(*columns, sure if sure is not None else columns[0], strict=True)  # type: ignore[arg-type, unused-ignore]
    found = [
        Flipped(str(item), str(label), str(answer), _number(confidence))
        for item, label, answer, reference, confidence in rows
        if reference == label and answer != label
    ]
    found.sort(key=lambda flip: (-(flip.confidence or 0.0), flip.id))
    return tuple(found[:MOST_FLIPPED])


def _number(value: Any) -> float | None:
    if isinstance(value, str) or value is None:
        return None
    number = float(value)
    return number if number == number else None
