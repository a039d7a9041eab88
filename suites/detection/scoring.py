"""Scores of a detection task -> metrics, operating points, ROC points and the transfer matrix."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.errors import InvalidError
from harness.metrics.base import MetricResult
from harness.metrics.intervals import Bootstrap, Interval
from harness.metrics.operating_point import resolvable
from harness.metrics.roc import auroc, equal_error_rate, partial_auc, roc
from harness.nouns import ItemData, Task
from harness.record_detection import DetectionPart, RaidPart
from harness.records import IntervalMethod
from harness.scored import Scored, Scoring
from suites.detection import protocol as names
from suites.detection.cells import operating_points, slice_aurocs, transfer_matrix
from suites.detection.curves import roc_table
from suites.detection.points import Counts, Key, Slice, count_once, replicate
from suites.detection.units import Layout, lay_out

REPLICATES = 2000
MOST_WEIGHTS = 100_000_000
"""Weights drawn in all, at most: a set of 672,000 texts gets 200 replicates instead of 2,000."""

FEWEST_REPLICATES = 200
CURVE_TEXTS = 20_000
"""Test texts up to which areas under the curve are bootstrapped; above, they have no interval."""

HIDDEN = "the labels are hidden"
Reals = NDArray[np.float64]


def score(task: Task, data: ItemData, scores: Floats, scoring: Scoring) -> Scored:
    """Compute a detection task's metrics; see :mod:`suites.detection.protocol` for their names.

    Without gold every metric is null and ``predictions.json`` is written for RAID's own board.
    """
    if not data.gold:
        return _hidden(task, data, _oriented(scores, scoring))
    bad = sorted(set(data.gold) - {0.0, 1.0})
    if bad:
        raise InvalidError(f"{task.id}: labels must be 0 or 1, found {bad[:3]}")
    oriented = _oriented(scores, scoring)
    board = Board.make(data, oriented)
    metrics = board.metrics(task)
    raid_part, raid_cells = _raid(task, data, oriented)
    return Scored(
        metrics=tuple(metrics),
        intervals=IntervalMethod(**board.bootstrap.describe()),
        parts={"detection": board.part(raid_part)},
        columns=_columns(data, board),
        files={"roc": roc_table(board.layout, oriented), **raid_cells},
        replicates=board.replicates(),
    )


def _oriented(scores: Floats, scoring: Scoring) -> Reals:
    values = np.asarray(scores, dtype=np.float64)
    return -values if scoring.direction == "lower" else values


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
                names.LENGTH: self._length()}  # fmt: skip
        return [made[name] for name in task.metrics]

    def part(self, raid: RaidPart | None) -> DetectionPart:
        """What only detection has in a record."""
        layout = self.layout
        test = np.concatenate([layout.negatives, layout.positives])
        distinct, sizes = np.unique(self.scores[test], return_counts=True)
        area = auroc(self.curve())
        length = self._length().value
        return DetectionPart(
            points=operating_points(self),
            aurocs=slice_aurocs(self),
            transfer=transfer_matrix(layout, self.scores),
            calibration=layout.source,
            n_neg=len(layout.negatives),
            n_pos=len(layout.positives),
            distinct_scores=len(distinct),
            tied_items=int(sizes[sizes > 1].sum()),
            below_chance=area is not None and area < 0.5,
            length_auroc=length,
            texts_in_both_classes=texts_in_both_classes(self.data),
            worst_domain=self._worst_domain()[0],
            raid=raid,
        )

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
                    name, counts.tpr(), self.tpr[policy][0, target], len(self.layout.positives)
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
                higher=False,
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
        values = {
            names.AUROC: auroc(curve),
            names.PARTIAL: partial_auc(curve, names.PARTIAL_LIMIT),
            names.EER: equal_error_rate(curve),
        }
        return {
            name: self._result(
                name,
                np.array([np.nan if value is None else value]),
                self.areas.get(name),
                n,
                higher=name != names.EER,
            )
            for name, value in values.items()
        }

    def _worst(self) -> MetricResult:
        value = self._worst_domain()[1]
        return self._result(
            names.WORST_DOMAIN,
            np.array([np.nan if value is None else value]),
            self._worst_replicates(),
            len(self.layout.positives),
        )

    def _worst_domain(self) -> tuple[str | None, float | None]:
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
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a replicate without any is NaN
            return np.asarray(np.nanmin(values, axis=0))

    def _domains(self) -> list[tuple[int, Slice]]:
        return [(n, piece) for n, piece in enumerate(self.slices) if list(piece.by) == ["domain"]]

    def _length(self) -> MetricResult:
        layout, n = self.layout, len(self.layout.negatives) + len(self.layout.positives)
        if not self.data.has_contents:
            return MetricResult(names.LENGTH, None, None, None, 0, True, "the texts are not here")
        words = np.array([len(text.split()) for text in self.data.contents], dtype=np.float64)
        value = auroc(roc(words[layout.negatives], words[layout.positives]))
        reason = "a fact about the texts, not about the model: no interval"
        return MetricResult(names.LENGTH, value, None, None, n, True, reason)

    def _result(
        self, name: str, value: Reals, replicates: Reals | None, n: int, *, higher: bool = True
    ) -> MetricResult:
        shown = None if np.isnan(value[0]) else float(value[0])
        interval: Interval | None = None
        if shown is not None and replicates is not None:
            interval = self.bootstrap.percentiles(replicates, shown)
        return MetricResult(name, shown, None, interval, n, higher, self._why(shown, interval))

    def _why(self, value: float | None, interval: Interval | None) -> str | None:
        if value is not None:
            return None if interval else f"no bootstrap above {CURVE_TEXTS:,} texts"
        if not len(self.layout.positives):
            return "no machine texts among the test items"
        if not len(self.layout.negatives):
            return "no human texts among the test items"
        return f"no threshold: calibration is from {self.layout.source}"


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


def texts_in_both_classes(data: ItemData) -> int:
    """How many distinct texts stand in both classes."""
    if not data.has_contents:
        return 0
    sides: tuple[set[str], set[str]] = (set(), set())
    for text, label in zip(data.contents, data.gold, strict=True):
        sides[int(label)].add(text)
    return len(sides[0] & sides[1])


def _bootstrap(data: ItemData) -> Bootstrap:
    affordable = max(MOST_WEIGHTS // max(len(data.ids), 1), FEWEST_REPLICATES)
    return Bootstrap(data.clusters, replicates=min(REPLICATES, affordable))


def _areas(layout: Layout, scores: Reals, bootstrap: Bootstrap) -> dict[str, Reals]:
    negatives, positives = layout.negatives, layout.positives
    if len(negatives) + len(positives) > CURVE_TEXTS:
        return {}
    rows: list[tuple[float | None, float | None, float | None]] = []
    for weights in bootstrap.weights():
        for row in weights:
            curve = roc(scores[negatives], scores[positives], (row[negatives], row[positives]))
            rows.append(
                (auroc(curve), partial_auc(curve, names.PARTIAL_LIMIT), equal_error_rate(curve))
            )
    values = np.array(rows, dtype=np.float64)
    return dict(zip((names.AUROC, names.PARTIAL, names.EER), values.T, strict=True))


def _columns(data: ItemData, board: Board) -> dict[str, Sequence[Any]]:
    kept = {name: data.columns[name] for name in ("split", *names.SLICES) if name in data.columns}
    return {"label": [int(label) for label in data.gold], "score": board.scores.tolist(), **kept}


def _raid(
    task: Task, data: ItemData, scores: Reals
) -> tuple[RaidPart | None, dict[str, Mapping[str, Sequence[Any]]]]:
    if not task.id.startswith("detection/raid"):
        return None, {}
    from suites.detection.raid_bench import raid_part

    part, cells = raid_part(data, scores)
    return part, {"raid": cells}


def _hidden(task: Task, data: ItemData, scores: Reals) -> Scored:
    from suites.detection.raid_submission import predictions_json

    bootstrap = Bootstrap(data.clusters)
    return Scored(
        metrics=tuple(
            MetricResult(name, None, None, None, 0, not name.startswith(("FPR", "EER")), HIDDEN)
            for name in task.metrics
        ),
        intervals=IntervalMethod(**bootstrap.describe()),
        extra={"predictions.json": predictions_json(data.ids, scores)},
    )
