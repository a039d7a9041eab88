"""Every bootstrap replicate of a detector from one pass over the draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import Bootstrap
from harness.metrics.thresholds.areas import CurveMeasure
from harness.metrics.thresholds.drawn_curves import Curves
from harness.metrics.thresholds.drawn_items import Pool, blocks_of
from suites.detection.points import Counting, Key, Slice, joined, tprs
from suites.detection.units import Layout

Reals = NDArray[np.float64]
Measures = Mapping[str, tuple[CurveMeasure, tuple[float, ...]]]


def replicated(
    scores: Reals,
    bootstrap: Bootstrap,
    layout: Layout,
    slices: Sequence[Slice],
    targets: Mapping[str, Sequence[float]],
    measures: Measures,
) -> tuple[dict[str, dict[Key, Reals]], dict[str, Reals]]:
    """TPR by policy, slice and target, and measures of the curve, in every replicate.

    ``targets`` are target FPRs by policy. Texts are drawn once for all of them, and each set of
    texts is sorted once. NaN is a replicate in which a figure is undefined.
    """
    pool = Pool(scores, bootstrap.codes)
    policies = {
        policy: Counting(scores, bootstrap, layout.units(policy), slices, own, pool=pool)
        for policy, own in targets.items()
    }
    curves = (
        Curves(pool.items(layout.negatives), pool.items(layout.positives)) if measures else None
    )
    tpr: dict[str, list[dict[Key, Reals]]] = {policy: [] for policy in policies}
    areas: list[dict[str, Reals]] = []
    for draws in blocks_of(bootstrap):
        for policy, counting in policies.items():
            tpr[policy].append(tprs(counting.counts(draws)))
        if curves is not None:
            areas.append(curves.drawn(draws, measures))
    return {policy: joined(blocks) for policy, blocks in tpr.items()}, joined(areas)
