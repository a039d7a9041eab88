"""A list of pairs: TAR at one threshold for all; without classes there is no OPIS."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.data import ItemData
from harness.metrics.base import MetricResult
from harness.metrics.intervals import share
from harness.metrics.intervals.smooth import LOGIT
from harness.metrics.pairs.counts import unit
from harness.metrics.pairs.items import PLACES, cosines
from harness.metrics.thresholds.operating_point import allowed
from harness.nouns import Task
from harness.records.scored import Scored
from suites.consistency import protocol as names
from suites.consistency.measure import FEWEST_ACCEPTED, Measured, no_carry, over_classes
from suites.consistency.people import people, tar_without_each
from suites.consistency.record import CarriedOver, ConsistencyPart, FarPoint

NO_CLASSES = "a list of pairs has no classes to compare"
HELD = "the cut is held, as it cannot be found without one of the people"

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def score_pairs(task: Task, data: ItemData, scores: Floats) -> Scored:
    """TAR at the target FARs over the listed pairs; intervals over pairs."""
    pairs = np.array(data.facts["pairs"], dtype=np.int64)
    near = cosines(unit(scores), pairs[:, 0], pairs[:, 1])
    same = pairs[:, 2] == 1
    distance = np.sqrt(np.maximum(0, 2 - 2 * near))
    points = [_point(near, same, target) for target in names.TARGETS]
    rates = [rate for name in task.metrics if (rate := names.rate_in(name, names.TAR)) is not None]
    further = [_point(near, same, rate) for rate in rates if rate not in names.TARGETS]
    who = people(data.clusters, pairs[:, 0], pairs[:, 1], same)
    ends = who[pairs[:, 0]], who[pairs[:, 1]]
    found = Measured()
    for point in (*points, *further):
        _tar(found, point, near, same, (distance, ends))
    norms = np.linalg.norm(scores.astype(np.float64), axis=1)
    return Scored(
        metrics=tuple(
            found.results.get(name)
            or MetricResult(name, None, None, None, 0, names.card(name), NO_CLASSES)
            for name in task.metrics
        ),
        intervals=over_classes(who),
        part=_part(scores, norms, same, points),
        files={
            "pairs": {
                "a": [data.ids[row] for row in pairs[:, 0].tolist()],
                "b": [data.ids[row] for row in pairs[:, 1].tolist()],
                "same": same.tolist(),
                "distance": distance.tolist(),
            }
        },
        jackknife=found.jackknife,
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


def _tar(
    found: Measured,
    point: FarPoint,
    near: Reals,
    same: Mask,
    apart: tuple[Reals, tuple[Ints, Ints]],
) -> None:
    """TAR at a point, sure by leaving out people; where that cannot be, by pairs at a held cut."""
    name, n = names.tar_name(point.target), int(same.sum())
    if point.threshold is None or point.accepted_same is None:
        found.add(name, None, n, point.reason)
        return
    value, rough = point.accepted_same / n, None
    if (point.allowed or 0) < FEWEST_ACCEPTED:
        rough = f"{point.allowed} false accepts at the cut, fit from {FEWEST_ACCEPTED} on"
    distance, ends = apart
    without = tar_without_each(distance, same, ends, point.target, value)
    if len(without) > 1 and not np.isnan(without).any():
        found.leave_out(name, value, n, without, LOGIT, rough)
        return
    sure = share(near[same] > round(1 - point.threshold**2 / 2, PLACES))
    if sure.interval is not None:
        sure = replace(sure, rough=rough or HELD)
    found.add(name, value, n, sure=sure)


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
