"""Every bootstrap replicate of a detector from one pass over the draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import Bootstrap
from harness.metrics.thresholds.areas import CurveMeasure
from harness.metrics.thresholds.drawn_curves import Curves
from harness.metrics.thresholds.drawn_items import Items, blocks_of
from suites.detection.counting import Counting, by_key
from suites.detection.points import Key, Replicates, Slice
from suites.detection.units import Layout, Unit

Reals = NDArray[np.float64]
Measures = Mapping[str, tuple[CurveMeasure, tuple[float, ...]]]


class Replicated(NamedTuple):
    """Figures in every replicate: TPR by policy and key, measures, means of rows."""

    tpr: dict[str, dict[Key, Reals]]
    areas: dict[str, Reals]
    means: Reals


def replicate(
    scores: Reals,
    bootstrap: Bootstrap,
    units: Sequence[Unit],
    slices: Sequence[Slice],
    targets: Sequence[float],
) -> dict[Key, Replicates]:
    """TPR of every slice and target in every replicate, its cuts drawn anew; NaN if undefined."""
    counting = Counting(scores, bootstrap, slices, {"": (units, targets)})
    return by_key([counting.counts(draws)[""].tpr() for draws in blocks_of(bootstrap)], targets)


def replicated(
    scores: Reals,
    bootstrap: Bootstrap,
    layout: Layout,
    slices: Sequence[Slice],
    targets: Mapping[str, Sequence[float]],
    measures: Measures,
    rows: Reals | None = None,
) -> Replicated:
    """TPR by policy, slice and target, and measures of the curve, in every replicate.

    ``targets`` are target FPRs by policy, ``rows`` whole numbers by text (or NaN) whose means are
    wanted too. Texts are drawn once for all of them, and each set of texts is sorted once. NaN is a
    replicate in which a figure is undefined.
    """
    asked = {policy: (layout.units(policy), own) for policy, own in targets.items()}
    counting = Counting(scores, bootstrap, slices, asked)
    curves = _curves(scores, bootstrap, layout) if measures else None
    tpr: dict[str, list[Replicates]] = {policy: [] for policy in targets}
    areas: dict[str, list[Reals]] = {name: [] for name in measures}
    whole, means = None if rows is None else bootstrap.whole_means(rows), list[Reals]()
    for draws in blocks_of(bootstrap):
        for policy, drawn in counting.counts(draws).items():
            tpr[policy].append(drawn.tpr())
        for name, values in curves.drawn(draws, measures).items() if curves else ():
            areas[name].append(values)
        if whole is not None:
            means.append(whole.of(draws.counts))
    return Replicated(
        {policy: by_key(blocks, targets[policy]) for policy, blocks in tpr.items()},
        {name: np.concatenate(blocks) for name, blocks in areas.items()},
        np.concatenate(means).T if means else np.empty((0, bootstrap.replicates)),
    )


def _curves(scores: Reals, bootstrap: Bootstrap, layout: Layout) -> Curves:
    codes = bootstrap.codes
    negatives, positives = layout.negatives, layout.positives
    return Curves(
        Items(scores[negatives], codes[negatives]), Items(scores[positives], codes[positives])
    )
