"""Counts -> metrics with intervals over classes. Nothing here sees an embedding."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import MetricResult
from harness.metrics.intervals import Bootstrap, Uncertainty, share
from harness.metrics.intervals.base import JACKKNIFE
from harness.metrics.intervals.smooth import LOG, LOGIT, PLAIN, Scale, jackknife
from harness.metrics.pairs.measures import WORST_SHARE, pair_measures
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
    _curves(found, tally)
    _nearest(found, hits, labels)
    _tar(found, tally)
    _carry(found, tally)
    return found


def over_classes(labels: Ints) -> IntervalMethod:
    """What the intervals have in common: classes are left out, and nothing is drawn."""
    described = Bootstrap([f"{label:08d}" for label in labels.tolist()]).describe()
    return IntervalMethod(**{**described, "method": "classes left out in turn; nothing is drawn"})


def _rougher(sure: Uncertainty, why: str | None) -> Uncertainty:
    """The same, rough for a further reason unless it is rough already."""
    return sure if why is None or sure.rough is not None else replace(sure, rough=why)


def _curves(found: Measured, tally: Tally) -> None:
    measures = pair_measures(names.METRICS)
    curves = tally.curves()
    classes = int((tally.same_total > 0).sum())
    if curves is None or classes < 2:
        for name in measures:
            found.add(name, None, classes, tally.reason or FEW_CLASSES)
        return
    for name, made in measures.items():
        without = made.without(curves) if made.without else curves.each_without(made.compute)
        rough = None
        if name == names.WORST_OPIS and worst_count(WORST_SHARE, classes) < FEWEST_WORST:
            rough = f"the worst tenth is {worst_count(WORST_SHARE, classes)} classes"
        value = made.compute(curves)
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


def _tar(found: Measured, tally: Tally) -> None:
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


def _carry(found: Measured, tally: Tally) -> None:
    three = (names.CARRIED_FAR, names.CARRIED_FRR, names.CARRIED_WORST)
    kept = tally.same_total > 0
    if tally.carried is None or not kept.any() or not tally.other_total.any():
        reason = tally.carried_reason or FEW_CLASSES
        for name in three:
            found.add(name, None, 0, reason)
        found.carried = [no_carry(reason)]
        return
    frr = 1 - rates(tally.carried_same[kept], tally.same_total[kept])
    far = rates(tally.carried_other, tally.other_total)
    n = int(kept.sum())
    _carried_rates(found, tally, n)
    found.add(names.CARRIED_WORST, float(frr.max()), n, EXTREME)
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


def _carried_rates(found: Measured, tally: Tally, n: int) -> None:
    """FAR and FRR over all pairs at the distance that was carried over."""
    accepted, pairs = (
        by_unit(counts, tally.units) for counts in (tally.carried_other, tally.other_total)
    )
    far = int(accepted.sum()) / int(pairs.sum())
    without = rate_without(accepted, pairs, ends=2)
    found.leave_out(names.CARRIED_FAR, far, n, without, LOGIT, None)
    rejected, same = (
        by_unit(counts, tally.units)
        for counts in (tally.same_total - tally.carried_same, tally.same_total)
    )
    frr = 1 - int(tally.carried_same.sum()) / int(same.sum())
    found.leave_out(names.CARRIED_FRR, frr, n, rate_without(rejected, same), LOGIT, None)


def no_carry(reason: str) -> CarriedOver:
    """Nothing carried over, and why."""
    empty = dict.fromkeys(
        ("threshold", "far", "frr", "far_worst", "frr_worst", "far_p95", "frr_p95", "far_gini",
         "frr_gini", "worst_class")
    )  # fmt: skip
    return CarriedOver(target=names.CARRIED, reason=reason, **empty)
