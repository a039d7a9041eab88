"""One detector on one task, counted once and in every replicate: its metrics with intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data import ItemData
from harness.metrics.base import MetricResult
from harness.metrics.intervals import LEVEL, Bootstrap, Uncertainty, smooth
from harness.metrics.intervals.areas import area
from harness.metrics.intervals.cuts import FEWEST, lowest
from harness.metrics.thresholds.areas import AUROC, auroc, curve_measures, measures_of
from harness.metrics.thresholds.operating_point import allowed
from harness.metrics.thresholds.roc import roc
from harness.nouns import Task
from suites.detection import protocol as names
from suites.detection.points import Counts, Key, Slice, count_once
from suites.detection.realised import Realised
from suites.detection.replicating import replicated
from suites.detection.standing import EQUAL, Standing, standing
from suites.detection.units import Layout, Rows, lay_out

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Board:
    """Everything counted for one model on one task, before it becomes rows of a record.

    ``tpr``, ``areas`` and ``fprs`` are values in every replicate. ``asked`` are names of metrics;
    what they need beyond the suite's own targets is counted too.
    """

    data: ItemData
    scores: Reals
    layout: Layout
    slices: tuple[Slice, ...]
    bootstrap: Bootstrap
    once: Mapping[str, Mapping[Key, Counts]]
    tpr: Mapping[str, Mapping[Key, Reals]]
    realised: Mapping[str, Realised]
    areas: Mapping[str, Reals]
    fprs: Mapping[str, Reals]
    asked: tuple[str, ...] = names.METRICS

    @classmethod
    def make(
        cls,
        data: ItemData,
        scores: Reals,
        asked: Sequence[str] = names.METRICS,
        *,
        bootstrap: Bootstrap | None = None,
    ) -> Board:
        """Count once and in every replicate of a bootstrap, the usual one where none is given."""
        asked = tuple(dict.fromkeys((*names.METRICS, *asked)))
        targets = names.targets_of(asked)
        layout = lay_out(data)
        slices = make_slices(data, layout)
        bootstrap = bootstrap or Bootstrap(data.clusters)
        once, realised = {}, {}
        for policy in names.POLICIES:
            units = layout.units(policy)
            once[policy] = count_once(scores, units, slices, targets)
            realised[policy] = Realised(scores, bootstrap, units, slices, targets, layout.domain_of)
        wanted = dict.fromkeys(names.POLICIES, targets)
        rows = _accused(scores, realised, once, names.fpr_targets_of(asked))
        tpr, areas, means = replicated(
            scores, bootstrap, layout, slices, wanted, measures_of(asked), rows
        )
        fprs = dict(zip(map(names.fpr_name, names.fpr_targets_of(asked)), means, strict=True))
        return cls(data, scores, layout, slices, bootstrap, once, tpr, realised, areas, fprs, asked)

    def metrics(self, task: Task, further: Mapping[str, MetricResult]) -> list[MetricResult]:
        """The task's metrics in its order, some of which are made elsewhere."""
        worst = {names.worst_name(target): self._worst(target) for target in self._worst_targets()}
        made = {**further, **self._tprs(), **self._fprs(), **self._curve(), **worst,
                names.LENGTH: self.length()}  # fmt: skip
        return [made[name] for name in task.metrics]

    def replicates(self) -> dict[str, Reals]:
        """Bootstrap values of the metrics that have them; those of an FPR hold the cut."""
        found: dict[str, Reals] = dict(self.areas)
        for policy in names.POLICIES:
            for target in self._targets():
                drawn, lost = self.tpr[policy][0, target], self.standing(policy, 0, target).no_tpr
                found[names.tpr_name(target, policy)] = (
                    np.full_like(drawn, np.nan) if lost else drawn
                )
        found |= self.fprs
        for target in self._worst_targets():
            found[names.worst_name(target)] = self._worst_replicates(target)
        return found

    def _targets(self) -> tuple[float, ...]:
        return names.targets_of(self.asked)

    def _worst_targets(self) -> tuple[float, ...]:
        return tuple(t for t in self._targets() if names.worst_name(t) in self.asked)

    def curve(self) -> Any:
        """The ROC of all test items, scores pooled over domains."""
        return roc(self.scores[self.layout.negatives], self.scores[self.layout.positives])

    def tpr_sure(
        self, policy: str, number: int, target: float, *, level: float = LEVEL
    ) -> Uncertainty | None:
        """How sure a slice's TPR is; ``None`` where there is no TPR."""
        value = float(self.once[policy][number, target].tpr()[0])
        if math.isnan(value):
            return None
        drawn = replace(self.bootstrap, level=level)
        redrawn = drawn.percentiles(self.tpr[policy][number, target], value)
        return self.realised[policy].tpr(number, target, redrawn, level=level)

    def standing(self, policy: str, number: int, target: float) -> Standing:
        """Whether a slice has rates under a policy, and why not."""
        counts = self.once[policy][number, target]
        return standing(self.scores, self.realised[policy], counts, number, target)

    def no_curve(self, negatives: Rows, positives: Rows) -> str:
        """Why texts of two classes have no curve; ``""`` where they have."""
        for rows, kind in ((positives, "machine"), (negatives, "human")):
            if len(rows) < 2:
                return (
                    f"{'one' if len(rows) else 'no'} {kind} text{'s' * (not len(rows))} to judge by"
                )
        return EQUAL if np.ptp(self.scores[np.concatenate([negatives, positives])]) == 0 else ""

    def _tprs(self) -> dict[str, MetricResult]:
        found = {}
        for policy in names.POLICIES:
            for target in self._targets():
                name, lost = names.tpr_name(target, policy), self._no_tpr(policy, target)
                sure = None if lost else self.tpr_sure(policy, 0, target)
                value = None if lost else float(self.once[policy][0, target].tpr()[0])
                few = self.realised[policy].few(0, target, oracle=policy != names.CALIBRATED)
                found[name] = MetricResult.of(
                    name,
                    value,
                    sure,
                    len(self.layout.positives),
                    names.card(name),
                    reason=lost or few or None,
                )
        return found

    def _no_tpr(self, policy: str, target: float) -> str:
        return self._class_missing() or self._with_source(
            policy, self.standing(policy, 0, target).no_tpr
        )

    def _fprs(self) -> dict[str, MetricResult]:
        policy, found = names.CALIBRATED, {}
        for target in names.fpr_targets_of(self.asked):
            name, seen = names.fpr_name(target), self.realised[policy].accused(0, target)
            why = self._with_source(policy, self.standing(policy, 0, target).no_fpr)
            lost = why if len(self.layout.negatives) else self._class_missing()
            found[name] = MetricResult.of(
                name,
                None if lost else seen.fpr,
                None if lost else seen.sure,
                seen.n_neg,
                names.card(name),
                reason=lost or None,
            )
        return found

    def _with_source(self, policy: str, why: str) -> str:
        """A reason, with where calibrated thresholds come from where one is missing."""
        missing = policy == names.CALIBRATED and why.startswith("no human texts to calibrate on")
        return f"{why}; calibration: {self.layout.source}" if missing else why

    def _curve(self) -> dict[str, MetricResult]:
        negatives, positives = self.layout.negatives, self.layout.positives
        curve, n = self.curve(), len(negatives) + len(positives)
        lost = self._class_missing() or self.no_curve(negatives, positives)
        found = {}
        for name, compute in curve_measures(self.asked).items():
            value, card = None if lost else compute(curve), names.card(name)
            sure = None if value is None else self._curve_sure(name, value)
            found[name] = MetricResult.of(name, value, sure, n, card, reason=lost or None)
        return found

    def _curve_sure(self, name: str, value: float) -> Uncertainty:
        negatives, positives = self.layout.negatives, self.layout.positives
        codes, card = self.bootstrap.codes, names.card(name)
        if card == AUROC.card:
            both = codes[negatives], codes[positives]
            return area(self.scores[negatives], self.scores[positives], both)
        units = min(len(np.unique(codes[negatives])), len(np.unique(codes[positives])))
        found = smooth.drawn(
            value,
            self.areas[name],
            units,
            scale=smooth.LOGIT,
            limits=card.limits,
            what="clusters of a kind",
        )
        return replace(found, rough=found.rough or self._few_up_to(*card.numbers(name)))

    def _few_up_to(self, limit: float = 1.0) -> str | None:
        """What is to be said of an area up to an FPR of so few human texts; none is the whole.

        Its cuts allow half of them on average. A cluster counts as one.
        """
        clusters = len(np.unique(self.bootstrap.codes[self.layout.negatives]))
        k = int(allowed(limit, clusters))
        return None if k >= 2 * FEWEST else (
            f"{k} of {clusters} clusters of human texts up to {names.percent(limit)}"
        )  # fmt: skip

    def _worst(self, target: float) -> MetricResult:
        name, n = names.worst_name(target), self.layout.positives
        card = names.card(name)
        number, value = self._lowest(target)
        if number is None:
            return MetricResult.of(name, None, None, len(n), card, reason=self._no_worst(target))
        count = len(self._domains())
        plain, wider = (
            [
                self.tpr_sure(names.PER_DOMAIN, other, target, level=level)
                for other, _ in self._domains()
            ]
            for level in (LEVEL, 1 - (1 - LEVEL) / count)
        )
        sure = lowest(list(filter(None, plain)), list(filter(None, wider)))
        return MetricResult.of(name, value, sure, len(n), card)

    def worst_domain(self) -> str | None:
        """The domain of the lowest TPR at its own threshold; ``None`` if any has no such TPR."""
        number, _ = self._lowest(names.TARGETS[0])
        return None if number is None else self.slices[number].by["domain"]

    def _lowest(self, target: float) -> tuple[int | None, float | None]:
        if not self._domains() or self._no_worst(target):
            return None, None
        value, number = min(  # of equals the first, which are in the order of their names
            (float(self.once[names.PER_DOMAIN][number, target].tpr()[0]), number)
            for number, _ in self._domains()
        )
        return number, value

    def _no_worst(self, target: float) -> str:
        """Why there is no worst domain; ``""`` where there is one."""
        if not self._domains():
            return self._class_missing() or "no domains are named"
        for number, piece in self._domains():
            if lost := self.standing(names.PER_DOMAIN, number, target).no_tpr:
                return f"{piece.by['domain']}: {lost}"
        return ""

    def _worst_replicates(self, target: float) -> Reals:
        keys = [(number, target) for number, _ in self._domains()]
        if not keys or self._no_worst(target):
            return np.full(self.bootstrap.replicates, np.nan)
        values = np.stack([self.tpr[names.PER_DOMAIN][key] for key in keys])
        return np.asarray(values.min(axis=0))  # NaN as soon as one domain has none, as above

    def _domains(self) -> list[tuple[int, Slice]]:
        """Domains that have machine texts."""
        return [
            (n, piece)
            for n, piece in enumerate(self.slices)
            if list(piece.by) == ["domain"] and piece.positives.any()
        ]

    def length(self) -> MetricResult:
        """How well the number of words alone tells the classes apart."""
        layout, n = self.layout, len(self.layout.negatives) + len(self.layout.positives)
        name, card = names.LENGTH, names.card(names.LENGTH)
        if not self.data.has_contents:
            return MetricResult.of(name, None, None, 0, card, reason="the texts are not here")
        words = np.array([len(text.split()) for text in self.data.contents], dtype=np.float64)
        value = auroc(roc(words[layout.negatives], words[layout.positives]))
        reason = "a fact about the texts, not about the model: no interval"
        return MetricResult.of(name, value, None, n, card, reason=reason)

    def _class_missing(self) -> str:
        if not len(self.layout.positives):
            return "no machine texts among the test items"
        return "" if len(self.layout.negatives) else self.layout.no_humans


def _accused(
    scores: Reals,
    realised: Mapping[str, Realised],
    once: Mapping[str, Mapping[Key, Counts]],
    targets: Sequence[float],
) -> Reals:
    """Per target and text, whether it is accused; NaN where the whole has no FPR."""
    own, counted = realised[names.CALIBRATED], once[names.CALIBRATED]
    rows = np.stack([own.accused_rows(target) for target in targets])
    for row, target in zip(rows, targets, strict=True):
        if standing(scores, own, counted[0, target], 0, target).no_fpr:
            row[:] = np.nan
    return rows


def make_slices(data: ItemData, layout: Layout) -> tuple[Slice, ...]:
    """All positives first, then every value of every column that test texts have."""
    everything = np.zeros(len(data.ids), dtype=bool)
    everything[layout.positives] = True
    found = [Slice({}, everything)]
    for column in names.SLICES:
        values = np.array(data.columns.get(column, ()), dtype=np.str_)
        if not len(values):
            continue
        rows = layout.positives
        if column == "domain":  # human texts of a domain without machine texts have an FPR
            rows = np.concatenate([rows, layout.negatives])
        for value in np.unique(values[rows]).tolist():
            if value:
                found.append(Slice({column: value}, everything & (values == value)))
    return tuple(found)
