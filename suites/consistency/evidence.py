"""What a submission of this suite carries: counts and nearest-neighbour hits, no embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.errors import InvalidError
from harness.metrics.base import MetricResult
from suites.consistency.measure import measure
from suites.consistency.tally import COUNTS, THRESHOLDS, read_tally

TABLES: Mapping[str, tuple[str, ...]] = {
    "groups": ("item", "cluster"),
    COUNTS: (),
    THRESHOLDS: (),
}


def recount(side: Any) -> Mapping[str, MetricResult]:
    """Every metric from a record's tables (a :class:`harness.compare.sides.Side`).

    Raises :class:`InvalidError` when a table or a column is missing or does not fit the others.
    """
    try:
        tally = read_tally(side)
        hits, labels = side.column("nearest_hit"), side.column("label")
        test = np.array([hit is not None for hit in hits.tolist()])
        codes = np.unique(labels[test].astype(str), return_inverse=True)[1]
        return measure(tally, np.array(hits[test].tolist(), dtype=np.int8), codes).results
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise InvalidError(f"{side.folder}: the tables do not fit together ({error})") from error
