"""A consistency record's figures again, from the counts of pairs beside it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from harness.compare.sides import Side
from harness.metrics.pairs.measures import pair_measures
from harness.metrics.pairs.opis import rates
from harness.metrics.thresholds.operating_point import allowed
from suites.consistency import protocol as names
from suites.consistency.record import ConsistencyPart
from suites.consistency.tally import COUNTS, THRESHOLDS, Tally, read_tally

Reals = NDArray[np.float64]


def figures(side: Side) -> Mapping[str, float | None]:
    """Every metric but the nearest-neighbour rate, which is a mean; empty without the counts."""
    if not isinstance(side.record.part, ConsistencyPart):
        return {}
    if (pairs := side.figures("pairs.parquet", "same", "distance")) is not None:
        return _of_list(*pairs)
    if side.file(f"{COUNTS}.parquet") is None or side.file(f"{THRESHOLDS}.parquet") is None:
        return {}
    return _of_counts(read_tally(side))


def _of_counts(tally: Tally) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    curves, kept = tally.curves(), tally.same_total > 0
    measures = pair_measures(names.METRICS)
    fit = curves is not None and int(kept.sum()) >= 2
    for name, made in measures.items():
        found[name] = float(made.compute(curves)) if fit and curves is not None else None
    total = int(tally.same_total.sum())
    for cut in tally.cuts:
        known = cut.accepted_same is not None and total
        name = names.tar_name(cut.target)
        found[name] = int(cut.accepted_same.sum()) / total if known else None  # type: ignore[union-attr]
    three = (names.CARRIED_FAR, names.CARRIED_FRR, names.CARRIED_WORST)
    if tally.carried is None or not kept.any() or not tally.other_total.any():
        return found | dict.fromkeys(three)
    worst = float((1 - rates(tally.carried_same[kept], tally.same_total[kept])).max())
    far = int(tally.carried_other.sum()) / int(tally.other_total.sum())
    frr = 1 - int(tally.carried_same.sum()) / total
    return found | dict(zip(three, (far, frr, worst), strict=True))


def _of_list(truth: Reals, distance: Reals) -> dict[str, float | None]:
    """TAR of a list of pairs, by whether they are of one class and by their distances."""
    same = truth == 1
    own, other = distance[same], np.sort(distance[~same])
    found: dict[str, float | None] = {}
    for target in names.TARGETS:
        k = int(allowed(target, len(other)))
        known = 1 <= k < len(other) and len(own)
        found[names.tar_name(target)] = float((own < other[k]).mean()) if known else None
    return found
