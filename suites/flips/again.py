"""A flips record's ratios again, from the answers beside it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from harness.compare.sides import Side
from harness.metrics.flips import MEASURES, NFR, FlipCounts, flip_metrics


def figures(side: Side) -> Mapping[str, float | None]:
    """Every rate of flips against the reference model; empty without one."""
    columns = [side.column(name) for name in ("label", "reference", "prediction")]
    flips = side.numbers(NFR)
    if flips is None or any(column is None for column in columns):
        return {}
    counted = ~np.isnan(flips)
    gold, old, new = (
        np.asarray(column)[counted].astype(str) for column in columns if column is not None
    )
    counts = FlipCounts.of_labels(gold, old, new)
    # An answer that is none of the task's classes is kept as empty: which one it was, is lost.
    lost = bool((new == "").any())
    return {
        name: value
        for name, (value, _) in flip_metrics(counts).items()
        if not (lost and MEASURES[name].needs_answers)
    }
