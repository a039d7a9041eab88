"""Counts -> metrics with intervals over classes. Nothing here sees an embedding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import MetricResult
from harness.metrics.intervals import Bootstrap, Uncertainty, share
from harness.metrics.intervals.base import JACKKNIFE
from harness.metrics.intervals.smooth import LOG, LOGIT, PLAIN, Scale, jackknife
from harness.metrics.pairs.measures import WORST_OPIS, WORST_SHARE, pair_measures
from harness.metrics.pairs.opis import rates, spread, worst_count
from harness.metrics.pairs.without import by_unit, rate_without
from harness.records.record import IntervalMethod
from suites.consistency import protocol as names
from suites.consistency.record import CarriedOver, FarPoint
from suites.consistency.tally import Tally

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

FEW_CLASSES = "fewer than two classes with pairs"
NO_CALIBRATION = "the task has no calibration split"
EXTREME = "the extreme of a sample has no interval by resampling"

FEWEST_ACCEPTED = 5
"""Pairs of two classes that a cut lets through, below which where it lies is mostly chance."""

FEWEST_WORST = 10
"""Classes that the worst share comes to, below which its interval is rough."""

SCALES = {scale.name: scale for scale in (LOG, LOGIT, PLAIN)}


@dataclass
class Measured:
    """Metrics by name, their values without each class, and the parts of the record."""

    results: dict[str, MetricResult] = field(default_factory=dict)
    jackknife: dict[str, Reals] = field(default_factory=dict)
    carried: list[CarriedOver] = field(default_factory=list)

    def add(
        self,
        name: str,
        value: float | None,
        n: int,
        reason: str | None = None,
        *,
        sure: Uncertainty | None = None,
        column: str | None = None,
    ) -> None:
        """Add a metric."""
        card = names.card(name)
        self.results[name] = MetricResult.of(
            name, value, sure, n, card, reason=reason, column=column
        )

    def leave_out(
        self, name: str, value: float, n: int, without: Reals, scale: Scale, rough: str | None
    ) -> None:
        """Add a metric whose interval is by its values ``without`` each class."""
        sure = jackknife(value, without, scale=scale, limits=names.card(name).limits)
        if not np.isnan(without).any():
            self.jackknife[name] = without
        self.add(name, value, n, sure=_rougher(sure, rough))


def measure(tally: Tally, hits: NDArray[np.int8], labels: Ints) -> Measured:
    """All metrics of a task. ``hits`` and ``labels`` are those of the test items."""
    found = Measured()
    curves(found, tally, names.METRICS, names.FAR_RANGE)
    _nearest(found, hits, labels)
    tar(found, tally)
    carry(found, tally, names.CARRIED)
    return found


def over_classes(labels: Ints) -> IntervalMethod:
    """What the intervals have in common: classes are left out, and nothing is drawn."""
    described = Bootstrap([f"{label:08d}" for label in labels.tolist()]).describe()
    return IntervalMethod(**{**described, "method": "classes left out in turn; nothing is drawn"})


def _rougher(sure: Uncertainty, why: str | None) -> Uncertainty:
    """The same, rough for a further reason unless it is rough already."""
    return sure if why is None or sure.rough is not None else replace(sure, rough=why)


def curves(found: Measured, tally: Tally, asked: Sequence[str], far: tuple[float, float]) -> None:
    """Add those of some metrics that are of curves over a range of FARs, which the tally is of."""
    measures = pair_measures(asked)
    made_of = tally.curves(far)
    classes = int((tally.same_total > 0).sum())
    if made_of is None or classes < 2:
        for name in measures:
            found.add(name, None, classes, tally.reason or FEW_CLASSES)
        return
    for name, made in measures.items():
        without = made.without(made_of) if made.without else made_of.each_without(made.compute)
        rough = None
        if made is WORST_OPIS and worst_count(WORST_SHARE, classes) < FEWEST_WORST:
            rough = f"the worst tenth is {worst_count(WORST_SHARE, classes)} classes"
        value = made.compute(made_of)
        found.leave_out(name, value, classes, without, SCALES[made.scale], rough)


def _nearest(found: Measured, hits: NDArray[np.int8], labels: Ints) -> None:
    asked = np.flatnonzero(hits >= 0)
    if not len(asked):
        found.add(names.R1, None, 0, "no item has another of its class")
        return
    values = hits[asked].astype(np.float64)
    sure = share(values, np.unique(labels[asked], return_inverse=True)[1])
    # Items of two classes may be each other's nearest, which few classes do not average out.
    few = f"{sure.units} classes, fit from {JACKKNIFE.fit_from} on"
    rough = few if sure.units < JACKKNIFE.fit_from else None
    found.add(
        names.R1,
        float(values.mean()),
        len(asked),
        sure=_rougher(sure, rough),
        column="nearest_hit",
    )


def tar(found: Measured, tally: Tally) -> None:
    """Add the TAR of every cut of a tally."""
    total = int(tally.same_total.sum())
    for cut in tally.cuts:
        name = names.tar_name(cut.target)
        if cut.accepted_same is None or not total:
            found.add(name, None, total, cut.reason or "no pairs of one class")
            continue
        value = int(cut.accepted_same.sum()) / total
        rough = None
        if cut.allowed < FEWEST_ACCEPTED:
            rough = f"{cut.allowed} false accepts at the cut, fit from {FEWEST_ACCEPTED} on"
        found.leave_out(name, value, total, tally.tar_without(cut, value), LOGIT, rough)


def far_points(tally: Tally) -> list[FarPoint]:
    """The integers of every TAR."""
    return [
        FarPoint(
            target=cut.target,
            threshold=cut.distance,
            allowed=cut.allowed,
            accepted_other=cut.accepted_other,
            accepted_same=None if cut.accepted_same is None else int(cut.accepted_same.sum()),
            reason=cut.reason,
        )
        for cut in tally.cuts
    ]


def carry(found: Measured, tally: Tally, target: float) -> None:
    """Add the rates at the threshold carried over that was to accept the target."""
    three = names.carried_names(target)
    kept = tally.same_total > 0
    if tally.carried is None or not kept.any() or not tally.other_total.any():
        reason = tally.carried_reason or FEW_CLASSES
        for name in three:
            found.add(name, None, 0, reason)
        if target == names.CARRIED:
            found.carried = [no_carry(reason)]
        return
    frr = 1 - rates(tally.carried_same[kept], tally.same_total[kept])
    far = rates(tally.carried_other, tally.other_total)
    n = int(kept.sum())
    _carried_rates(found, tally, n, target)
    found.add(three[2], float(frr.max()), n, EXTREME)
    if target == names.CARRIED:
        _describe_carried(found, tally, far, frr)


def _describe_carried(found: Measured, tally: Tally, far: Reals, frr: Reals) -> None:
    """What the record's part tells of the threshold of the suite's own metrics."""
    kept = tally.same_total > 0
    of_far, of_frr = spread(far), spread(frr)
    test_names = [name for name, there in zip(tally.names, kept, strict=True) if there]
    found.carried = [
        CarriedOver(
            target=names.CARRIED,
            threshold=tally.carried,
            far=found.results[names.CARRIED_FAR].value,
            frr=found.results[names.CARRIED_FRR].value,
            far_worst=of_far.largest,
            frr_worst=of_frr.largest,
            far_p95=of_far.p95,
            frr_p95=of_frr.p95,
            far_gini=of_far.gini,
            frr_gini=of_frr.gini,
            worst_class=test_names[int(np.argmax(frr))],
            reason=None,
        )
    ]


def _carried_rates(found: Measured, tally: Tally, n: int, target: float) -> None:
    """FAR and FRR over all pairs at the distance that was carried over."""
    far_name, frr_name, _ = names.carried_names(target)
    accepted, pairs = (
        by_unit(counts, tally.units) for counts in (tally.carried_other, tally.other_total)
    )
    far = int(accepted.sum()) / int(pairs.sum())
    without = rate_without(accepted, pairs, ends=2)
    found.leave_out(far_name, far, n, without, LOGIT, None)
    rejected, same = (
        by_unit(counts, tally.units)
        for counts in (tally.same_total - tally.carried_same, tally.same_total)
    )
    frr = 1 - int(tally.carried_same.sum()) / int(same.sum())
    found.leave_out(frr_name, frr, n, rate_without(rejected, same), LOGIT, None)


def no_carry(reason: str) -> CarriedOver:
    """Nothing carried over, and why."""
    empty = dict.fromkeys(
        ("threshold", "far", "frr", "far_worst", "frr_worst", "far_p95", "frr_p95", "far_gini",
         "frr_gini", "worst_class")
    )  # fmt: skip
    return CarriedOver(target=names.CARRIED, reason=reason, **empty)
