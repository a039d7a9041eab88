"""A list of pairs: TAR at one threshold for all; without classes there is no OPIS."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.data import ItemData
from harness.metrics.base import MetricResult
from harness.metrics.intervals import Bootstrap, share
from harness.metrics.pairs.counts import unit
from harness.metrics.pairs.items import PLACES, cosines
from harness.metrics.thresholds.operating_point import allowed
from harness.nouns import Task
from harness.records.record import IntervalMethod
from harness.records.scored import Scored
from suites.consistency import protocol as names
from suites.consistency.measure import FEWEST_ACCEPTED, no_carry
from suites.consistency.record import CarriedOver, ConsistencyPart, FarPoint

NO_CLASSES = "a list of pairs has no classes to compare"

Reals = NDArray[np.float64]


def score_pairs(task: Task, data: ItemData, scores: Floats) -> Scored:
    """TAR at the target FARs over the listed pairs; intervals over pairs."""
    pairs = np.array(data.facts["pairs"], dtype=np.int64)
    near = cosines(unit(scores), pairs[:, 0], pairs[:, 1])
    same = pairs[:, 2] == 1
    points = [_point(near, same, target) for target in names.TARGETS]
    rates = [rate for name in task.metrics if (rate := names.rate_in(name, names.TAR)) is not None]
    further = [_point(near, same, rate) for rate in rates if rate not in names.TARGETS]
    made = {names.tar_name(p.target): _tar(p, near, same) for p in (*points, *further)}
    norms = np.linalg.norm(scores.astype(np.float64), axis=1)
    return Scored(
        metrics=tuple(
            made.get(name) or MetricResult(name, None, None, None, 0, names.card(name), NO_CLASSES)
            for name in task.metrics
        ),
        intervals=IntervalMethod(
            **Bootstrap([f"{row:08d}" for row in range(int(same.sum()))]).describe()
        ),
        part=_part(scores, norms, same, points),
        files={
            "pairs": {
                "a": [data.ids[row] for row in pairs[:, 0].tolist()],
                "b": [data.ids[row] for row in pairs[:, 1].tolist()],
                "same": same.tolist(),
                "distance": np.sqrt(np.maximum(0, 2 - 2 * near)).tolist(),
            }
        },
    )


def _point(near: Reals, same: NDArray[np.bool_], target: float) -> FarPoint:
    other = np.sort(near[~same])[::-1]
    k = int(allowed(target, len(other)))
    if k < 1:
        why = f"{len(other):,} pairs of two classes do not resolve a FAR of {target:g}"
        return FarPoint(target=target, threshold=None, allowed=k, accepted_other=None,
                        accepted_same=None, reason=why)  # fmt: skip
    cut = float(other[k])
    return FarPoint(
        target=target,
        threshold=float(np.sqrt(max(0.0, 2 - 2 * cut))),
        allowed=k,
        accepted_other=int((other > cut).sum()),
        accepted_same=int((near[same] > cut).sum()),
        reason=None,
    )


def _tar(point: FarPoint, near: Reals, same: NDArray[np.bool_]) -> MetricResult:
    name, n = names.tar_name(point.target), int(same.sum())
    card = names.card(name)
    if point.threshold is None or point.accepted_same is None:
        return MetricResult(name, None, None, None, n, card, point.reason)
    accepted = near[same] > round(1 - point.threshold**2 / 2, PLACES)
    sure = share(accepted)
    if sure.interval is not None and (point.allowed or 0) < FEWEST_ACCEPTED:
        few = f"{point.allowed} false accepts at the cut, fit from {FEWEST_ACCEPTED} on"
        sure = replace(sure, rough=few)
    return MetricResult.of(name, point.accepted_same / n, sure, n, card)


def _part(
    scores: Floats, norms: Reals, same: NDArray[np.bool_], points: list[FarPoint]
) -> ConsistencyPart:
    carried: list[CarriedOver] = [no_carry(NO_CLASSES)]
    return ConsistencyPart(
        protocol="pair list",
        items=len(scores),
        classes=0,
        singletons=0,
        pairs_same=int(same.sum()),
        pairs_other=int((~same).sum()),
        far_range=list(names.FAR_RANGE),
        low=None,
        high=None,
        thresholds=0,
        norms=[float(q) for q in np.quantile(norms, [0, 0.5, 1])],
        zero_vectors=int((norms == 0).sum()),
        dimension=scores.shape[1],
        points=points,
        carried=carried,
        reason=NO_CLASSES,
    )
