"""ROC points for a picture, thinned so that no reported value changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics.thresholds.roc import roc, thinned
from suites.detection.protocol import TARGETS
from suites.detection.units import Layout, Rows

ALL = "all"


def roc_table(layout: Layout, scores: NDArray[np.float64]) -> dict[str, Sequence[Any]]:
    """Columns ``slice``, ``fpr``, ``tpr`` and ``threshold`` of the curve over all and by domain.

    The first point of a curve flags nothing: its threshold is null.
    """
    table: dict[str, list[Any]] = {"slice": [], "fpr": [], "tpr": [], "threshold": []}
    for name, negatives, positives in _curves(layout):
        if not len(negatives) or not len(positives):
            continue
        curve = thinned(roc(scores[negatives], scores[positives]), targets=TARGETS)
        table["slice"] += [name] * len(curve.fp)
        table["fpr"] += (curve.fp / curve.negatives).tolist()
        table["tpr"] += (curve.tp / curve.positives).tolist()
        table["threshold"] += [None, *curve.threshold[1:].tolist()]
    return dict(table)


def _curves(layout: Layout) -> list[tuple[str, Rows, Rows]]:
    found = [(ALL, layout.negatives, layout.positives)]
    if len(layout.domains) > 1:
        for domain in layout.domains:
            positives = layout.positives[layout.domain_of[layout.positives] == domain]
            found.append((f"domain={domain}", layout.human(domain), positives))
    return found
