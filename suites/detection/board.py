"""One detector on one task, counted once and in every replicate: its metrics with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data import ItemData
from harness.metrics.base import MetricResult
from harness.metrics.intervals import Bootstrap, Interval
from harness.metrics.thresholds.areas import auroc, curve_measures
from harness.metrics.thresholds.operating_point import resolvable
from harness.metrics.thresholds.roc import roc
from harness.nouns import Task
from suites.detection import protocol as names
from suites.detection.points import Counts, Key, Slice, count_once, replicate
from suites.detection.units import Layout, lay_out

REPLICATES = 2000
MOST_WEIGHTS = 100_000_000
"""Weights drawn in all, at most: a set of 672,000 texts gets 200 replicates instead of 2,000."""

FEWEST_REPLICATES = 200
MEASURED = curve_measures(names.METRICS)
"""Metrics of the ROC curve, each with what computes it."""

CURVE_TEXTS = 20_000
"""Test texts up to which areas under the curve are bootstrapped; above, they have no interval."""

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Board:
    """Everything counted for one model on one task, before it becomes rows of a record."""

    data: ItemData
    scores: Reals
    layout: Layout
    slices: tuple[Slice, ...]
    bootstrap: Bootstrap
    once: Mapping[str, Mapping[Key, Counts]]
    tpr: Mapping[str, Mapping[Key, Reals]]
    fpr: Mapping[str, Mapping[Key, Reals]]
    areas: Mapping[str, Reals]

    @classmethod
    def make(cls, data: ItemData, scores: Reals) -> Board:
        """Count once and in every replicate."""
        layout = lay_out(data)
        slices = make_slices(data, layout)
        bootstrap = _bootstrap(data)
        once, tpr, fpr = {}, {}, {}
        for policy in names.POLICIES:
            units = layout.units(policy)
            once[policy] = count_once(scores, units, slices, names.TARGETS)
            tpr[policy], fpr[policy] = replicate(scores, bootstrap, units, slices, names.TARGETS)
        areas = _areas(layout, scores, bootstrap)
        return cls(data, scores, layout, slices, bootstrap, once, tpr, fpr, areas)

    def metrics(self, task: Task) -> list[MetricResult]:
        """The task's metrics in its order."""
        made = {**self._rates(), **self._curve(), names.WORST_DOMAIN: self._worst(),
                names.LENGTH: self.length()}  # fmt: skip
        return [made[name] for name in task.metrics]

    def replicates(self) -> dict[str, Reals]:
        """Bootstrap values of the metrics that have them."""
        found: dict[str, Reals] = dict(self.areas)
        for policy in names.POLICIES:
            for target in names.TARGETS:
                found[names.tpr_name(target, policy)] = self.tpr[policy][0, target]
        for target in (0.05, 0.01):
            found[names.fpr_name(target)] = self.fpr[names.CALIBRATED][0, target]
        found[names.WORST_DOMAIN] = self._worst_replicates()
        return found

    def curve(self) -> Any:
        """The ROC of all test items, scores pooled over domains."""
        return roc(self.scores[self.layout.negatives], self.scores[self.layout.positives])

    def _rates(self) -> dict[str, MetricResult]:
        found = {}
        for policy in names.POLICIES:
            for target in names.TARGETS:
                counts = self.once[policy][0, target]
                name = names.tpr_name(target, policy)
                made = self._result(
                    name,
                    counts.tpr(),
                    self.tpr[policy][0, target],
                    len(self.layout.positives),
                    lost=self._no_threshold(policy),
                )
                found[name] = self._resolved(made, policy, target)
        for target in (0.05, 0.01):
            counts = self.once[names.CALIBRATED][0, target]
            name = names.fpr_name(target)
            found[name] = self._result(
                name,
                counts.fpr(),
                self.fpr[names.CALIBRATED][0, target],
                len(self.layout.negatives),
                lost=self._no_threshold(names.CALIBRATED),
            )
        return found

    def _resolved(self, made: MetricResult, policy: str, target: float) -> MetricResult:
        """The result, which says so when too few human texts can express the target."""
        sizes = [len(unit.calibration) for unit in self.layout.units(policy)]
        if made.value is None or all(resolvable(target, size) for size in sizes):
            return made
        said = f"unresolvable: {min(sizes)} human texts cannot express {names.percent(target)}"
        return replace(made, reason=said)

    def _curve(self) -> dict[str, MetricResult]:
        curve, n = self.curve(), len(self.layout.negatives) + len(self.layout.positives)
        values = {name: compute(curve) for name, compute in MEASURED.items()}
        return {
            name: self._result(
                name, np.array([np.nan if value is None else value]), self.areas.get(name), n
            )
            for name, value in values.items()
        }

    def _worst(self) -> MetricResult:
        value = self.worst_domain()[1]
        named = bool(self._domains())
        return self._result(
            names.WORST_DOMAIN,
            np.array([np.nan if value is None else value]),
            self._worst_replicates(),
            len(self.layout.positives),
            lost=self._no_threshold(names.PER_DOMAIN) if named else "no domains are named",
        )

    def worst_domain(self) -> tuple[str | None, float | None]:
        """The domain of the lowest TPR at its own threshold; ``None`` if any has no such TPR."""
        found = [
            (float(self.once[names.PER_DOMAIN][number, names.TARGETS[0]].tpr()[0]), piece)
            for number, piece in self._domains()
        ]
        if not found or any(value != value for value, _ in found):
            return None, None
        value, piece = min(found, key=lambda pair: (pair[0], pair[1].by["domain"]))
        return piece.by["domain"], value

    def _worst_replicates(self) -> Reals:
        keys = [(number, names.TARGETS[0]) for number, _ in self._domains()]
        if not keys:
            return np.full(self.bootstrap.replicates, np.nan)
        values = np.stack([self.tpr[names.PER_DOMAIN][key] for key in keys])
        return np.asarray(values.min(axis=0))  # NaN as soon as one domain has none, as above

    def _domains(self) -> list[tuple[int, Slice]]:
        return [(n, piece) for n, piece in enumerate(self.slices) if list(piece.by) == ["domain"]]

    def length(self) -> MetricResult:
        """How well the number of words alone tells the classes apart."""
        layout, n = self.layout, len(self.layout.negatives) + len(self.layout.positives)
        name, card = names.LENGTH, names.card(names.LENGTH)
        if not self.data.has_contents:
            return MetricResult(name, None, None, None, 0, card, "the texts are not here")
        words = np.array([len(text.split()) for text in self.data.contents], dtype=np.float64)
        value = auroc(roc(words[layout.negatives], words[layout.positives]))
        reason = "a fact about the texts, not about the model: no interval"
        return MetricResult(name, value, None, None, n, card, reason)

    def _result(
        self,
        name: str,
        value: Reals,
        replicates: Reals | None,
        n: int,
        *,
        lost: str = "",
    ) -> MetricResult:
        """The metric with its interval; ``lost``: why it is null though no class is missing."""
        shown = None if np.isnan(value[0]) else float(value[0])
        interval: Interval | None = None
        if shown is not None and replicates is not None:
            interval = self.bootstrap.percentiles(replicates, shown)
        reason = None
        if shown is None:
            reason = self._class_missing() or lost or None
        elif replicates is None:
            reason = f"no bootstrap above {CURVE_TEXTS:,} texts"
        elif interval is None:
            reason = "no interval: undefined in every replicate"
        return MetricResult(name, shown, None, interval, n, names.card(name), reason)

    def _class_missing(self) -> str:
        if not len(self.layout.positives):
            return "no machine texts among the test items"
        return "" if len(self.layout.negatives) else "no human texts among the test items"

    def _no_threshold(self, policy: str) -> str:
        if policy == names.CALIBRATED:
            return f"no threshold; calibration: {self.layout.source}"
        units = self.layout.units(policy)
        bare = [u.domain for u in units if len(u.positives) and not len(u.calibration)]
        return f"no threshold: no human test texts in {', '.join(bare[:5])}"


def make_slices(data: ItemData, layout: Layout) -> tuple[Slice, ...]:
    """All positives first, then every value of every column that has more than none."""
    everything = np.zeros(len(data.ids), dtype=bool)
    everything[layout.positives] = True
    found = [Slice({}, everything)]
    for column in names.SLICES:
        values = np.array(data.columns.get(column, ()), dtype=np.str_)
        if not len(values):
            continue
        for value in np.unique(values[layout.positives]).tolist():
            if value:
                found.append(Slice({column: value}, everything & (values == value)))
    return tuple(found)


def _bootstrap(data: ItemData) -> Bootstrap:
    affordable = max(MOST_WEIGHTS // max(len(data.ids), 1), FEWEST_REPLICATES)
    return Bootstrap(data.clusters, replicates=min(REPLICATES, affordable))


def _areas(layout: Layout, scores: Reals, bootstrap: Bootstrap) -> dict[str, Reals]:
    negatives, positives = layout.negatives, layout.positives
    if len(negatives) + len(positives) > CURVE_TEXTS:
        return {}
    rows: list[list[float | None]] = []
    for weights in bootstrap.weights():
        for row in weights:
            curve = roc(scores[negatives], scores[positives], (row[negatives], row[positives]))
            rows.append([compute(curve) for compute in MEASURED.values()])
    values = np.array(rows, dtype=np.float64)
    return dict(zip(MEASURED, values.T, strict=True))
