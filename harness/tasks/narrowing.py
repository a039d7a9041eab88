"""Vectors as float32, and the refusal of any that lose in it what tells them apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.errors import InvalidError

NOISE = 1e-12
"""Vectors nearer to each other than this share of their size differ by the order of summation."""


def narrowed_vectors(rows: NDArray[Any], where: str) -> Floats:
    """Vectors as float32, or InvalidError where that makes equal what was not.

    Rows that differ by no more than the noise of their sums may fall together; a row may not
    vanish.
    """
    with np.errstate(over="ignore"):  # what is too large is infinite, and refused as that
        kept: Floats = rows.astype(np.float32, copy=False)
    if rows.dtype != np.float64:
        return kept
    if not np.isfinite(kept).all():  # refused by whoever knows the items
        return kept
    lost = int((np.any(rows != 0, axis=1) & ~np.any(kept != 0, axis=1)).sum())
    merged = _merged(rows, kept)
    if lost or merged:
        what = f"{lost} vectors become zero" if lost else f"{merged} vectors become equal to others"
        raise InvalidError(
            f"{where}: as float32, {what}",
            fix="Take the mean off all vectors, or scale them to length 1, before they are given",
        )
    return kept


def _merged(rows: NDArray[Any], kept: Floats) -> int:
    """How many rows are that of an earlier one in float32, though far from it in float64."""
    first: dict[bytes, int] = {}
    count = 0
    for place, row in enumerate(np.ascontiguousarray(kept)):
        before = first.setdefault(row.tobytes(), place)
        apart = np.abs(rows[place] - rows[before]).max() if before != place else 0.0
        count += bool(apart > NOISE * np.abs(rows[place]).max())
    return count
