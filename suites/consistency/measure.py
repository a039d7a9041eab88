"""Counts -> metrics with intervals over classes. Nothing here sees an embedding."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import MetricResult
from harness.metrics.intervals import FEW_CLUSTERS, Bootstrap
from harness.metrics.pairs.measures import WORST_SHARE, pair_measures
from harness.metrics.pairs.opis import rates, spread
from suites.consistency import protocol as names
from suites.consistency.record import CarriedOver, FarPoint
from suites.consistency.tally import Tally

Reals = NDArray[np.float64]

FEW_CLASSES = "fewer than two classes with pairs"
NO_CALIBRATION = "the task has no calibration split"


@dataclass
class Measured:
    """Metrics by name, bootstrap values, and the parts of the record they came from."""

    results: dict[str, MetricResult] = field(default_factory=dict)
    replicates: dict[str, Reals] = field(default_factory=dict)
    floor: float | None = None
    carried: list[CarriedOver] = field(default_factory=list)

    def add(
        self,
        name: str,
        value: float | None,
        n: int,
        reason: str | None = None,
        *,
        drawn: Reals | None = None,
        bootstrap: Bootstrap | None = None,
    ) -> None:
        """Add a metric; ``drawn`` gives its interval."""
        interval = None
        if value is not None and drawn is not None and bootstrap is not None:
            self.replicates[name] = drawn
            interval = bootstrap.percentiles(drawn, value)
        card = names.card(name)
        self.results[name] = MetricResult(name, value, None, interval, n, card, reason)


def measure(tally: Tally, hits: NDArray[np.int8], labels: NDArray[np.int64]) -> Measured:
    """All metrics of a task. ``hits`` and ``labels`` are those of the test items."""
    found = Measured()
    _curves(found, tally)
    _nearest(found, hits, labels)
    _tar(found, tally)
    _carry(found, tally)
    return found


def classes_bootstrap(tally: Tally) -> Bootstrap:
    """Resamples the classes that have pairs."""
    return Bootstrap([f"{i:08d}" for i in range(int((tally.same_total > 0).sum()))])


def _curves(found: Measured, tally: Tally) -> None:
    measures = pair_measures(names.METRICS)
    curves = tally.curves()
    classes = int((tally.same_total > 0).sum())
    if curves is None or classes < 2:
        for name in measures:
            found.add(name, None, classes, tally.reason or FEW_CLASSES)
        return
    boot = classes_bootstrap(tally)
    fast = curves.replicates(boot, WORST_SHARE)
    found.floor = curves.usual_floor
    for name, made in measures.items():
        value = made.compute(curves)
        if made.no_interval:
            found.add(name, value, classes, made.no_interval)
            continue
        drawn = made.drawn(curves, fast) if made.drawn else curves.resampled(made.compute, boot)
        found.add(name, value, classes, drawn=drawn, bootstrap=boot)


def _nearest(found: Measured, hits: NDArray[np.int8], labels: NDArray[np.int64]) -> None:
    asked = np.flatnonzero(hits >= 0)
    if not len(asked):
        found.add(names.R1, None, 0, "no item has another of its class")
        return
    values = hits[asked].astype(np.float64)
    boot = Bootstrap([f"{label:08d}" for label in labels[asked].tolist()])
    drawn = boot.replicate_means(values[None, :])[0] if boot.clusters_count > 1 else None
    why = None if drawn is not None else FEW_CLUSTERS
    found.add(names.R1, float(values.mean()), len(asked), why, drawn=drawn, bootstrap=boot)


def _tar(found: Measured, tally: Tally) -> None:
    kept = tally.same_total > 0
    total = int(tally.same_total.sum())
    boot = classes_bootstrap(tally)
    for cut in tally.cuts:
        name = names.tar_name(cut.target)
        if cut.accepted_same is None or not total:
            found.add(name, None, total, cut.reason or "no pairs of one class")
            continue
        drawn = None
        if boot.clusters_count > 1:
            rows = np.stack([cut.accepted_same[kept], tally.same_total[kept]]).astype(np.float64)
            accepted, pairs = boot.replicate_means(rows)
            drawn = accepted / pairs
        value = int(cut.accepted_same.sum()) / total
        why = None if drawn is not None else FEW_CLUSTERS
        found.add(name, value, total, why, drawn=drawn, bootstrap=boot)


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
    if tally.carried is None or not kept.any():
        reason = tally.carried_reason or FEW_CLASSES
        for name in three:
            found.add(name, None, 0, reason)
        found.carried = [no_carry(reason)]
        return
    frr = 1 - rates(tally.carried_same[kept], tally.same_total[kept])
    far = rates(tally.carried_other, tally.other_total)
    n = int(kept.sum())
    boot = classes_bootstrap(tally)
    drawn = _carried_replicates(tally, kept, boot) if boot.clusters_count > 1 else {}
    pooled_far = int(tally.carried_other.sum()) / int(tally.other_total.sum())
    pooled_frr = 1 - int(tally.carried_same.sum()) / int(tally.same_total.sum())
    why = None if drawn else FEW_CLUSTERS
    found.add(three[0], pooled_far, n, why, drawn=drawn.get("far"), bootstrap=boot)
    found.add(three[1], pooled_frr, n, why, drawn=drawn.get("frr"), bootstrap=boot)
    found.add(three[2], float(frr.max()), n, "the extreme of a sample has no bootstrap interval")
    of_far, of_frr = spread(far), spread(frr)
    test_names = [name for name, there in zip(tally.names, kept, strict=True) if there]
    found.carried = [
        CarriedOver(
            target=names.CARRIED,
            threshold=tally.carried,
            far=pooled_far,
            frr=pooled_frr,
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


def _carried_replicates(tally: Tally, kept: NDArray[np.bool_], boot: Bootstrap) -> dict[str, Reals]:
    rows = np.stack([
        tally.carried_other[kept],
        tally.other_total[kept],
        tally.carried_same[kept],
        tally.same_total[kept],
    ]).astype(np.float64)  # fmt: skip
    other, all_other, same, all_same = boot.replicate_means(rows)
    return {"far": other / all_other, "frr": 1 - same / all_same}


def no_carry(reason: str) -> CarriedOver:
    """Nothing carried over, and why."""
    empty = dict.fromkeys(
        ("threshold", "far", "frr", "far_worst", "frr_worst", "far_p95", "frr_p95", "far_gini",
         "frr_gini", "worst_class")
    )  # fmt: skip
    return CarriedOver(target=names.CARRIED, reason=reason, **empty)
