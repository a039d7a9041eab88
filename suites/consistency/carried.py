"""The threshold that is carried over from the calibration split."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.metrics.pairs.counts import count_pairs
from harness.metrics.pairs.items import PLACES
from harness.metrics.pairs.lattice import NARROW
from suites.consistency import protocol as names
from suites.consistency.measure import NO_CALIBRATION

Ints = NDArray[np.int64]


def carried_threshold(
    vectors: Floats, labels: Ints, target: float = names.CARRIED
) -> tuple[float | None, str | None]:
    """The distance whose FAR on the calibration split is the target's, or why there is none."""
    if len(np.unique(labels)) < 2:
        return None, NO_CALIBRATION
    codes = np.unique(labels, return_inverse=True)[1]
    counts = count_pairs(vectors, codes, far=names.FAR_RANGE, targets=(target,))
    distance = counts.cuts[0].distance
    if distance is None:
        return None, f"calibration: {counts.cuts[0].reason}"
    # Half a place of a cosine below the cut, so that ties with it are rejected on any split.
    square = distance**2 - 10.0**-PLACES
    return (float(np.sqrt(square)), None) if square > 0 else (None, f"calibration: {NARROW}")
