"""Predicted classes of a flips task -> accuracy, and flips against the reference model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.data import ItemData
from harness.metrics.base import MetricResult
from harness.metrics.flips import (
    HIGHER,
    NFR,
    FlipCounts,
    flip_interval,
    flip_metrics,
    flip_ratios,
    mcnemar,
)
from harness.metrics.intervals import FEW_CLUSTERS, Bootstrap
from harness.nouns import Task
from harness.predictions.answers import OTHER
from harness.records.record import IntervalMethod
from harness.records.scored import Scored, Scoring
from suites.flips.protocol import ACCURACY, REFERENCE, SLICED_BY
from suites.flips.record import FlipsPart, FlipTable

NO_REFERENCE = "the task has no reference predictions: compare two runs with marginbench compare"
NO_ITEM_OF_OLD = "the reference model knows none of the classes"

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Answers:
    """Truth, this model's answers and the reference's as class numbers; a mask of what counts."""

    gold: Floats
    new: Floats
    old: Floats | None
    counted: Mask

    def counts(self, rows: Mask | None = None) -> FlipCounts:
        """Flips on the rows that count."""
        assert self.old is not None, "there is a reference"
        kept = self.counted if rows is None else self.counted & rows
        return FlipCounts.of_labels(self.gold[kept], self.old[kept], self.new[kept])


def score(task: Task, data: ItemData, scores: Floats, scoring: Scoring) -> Scored:
    """Compute a flips task's metrics; rows are a class number and a confidence.

    NaN is an item that could not be answered, which is wrong. Flips are counted on items of
    classes that the reference model knows (``facts["reference_classes"]``, all when absent).
    """
    gold = np.asarray(data.gold, dtype=np.float32)
    new = np.where(np.isnan(scores[:, 0]), OTHER, scores[:, 0]).astype(np.float32)
    answers = _Answers(gold, new, _reference(data), _counted(data, gold))
    bootstrap = Bootstrap(data.clusters)
    right = new == gold
    made, drawn = _flips(answers, bootstrap)
    made[ACCURACY] = _accuracy(right, bootstrap)
    drawn[ACCURACY] = bootstrap.replicate_means(right[None, :].astype(np.float64))[0]
    return Scored(
        metrics=tuple(made[name] for name in task.metrics),
        intervals=IntervalMethod(**bootstrap.describe()),
        part=_part(data, answers),
        columns=_columns(data, answers, scores[:, 1]),
        replicates=drawn if bootstrap.clusters_count > 1 else {},
    )


def _reference(data: ItemData) -> Floats | None:
    if REFERENCE not in data.columns:
        return None
    number = {name: float(code) for code, name in enumerate(data.classes)}
    codes = [number.get(name, OTHER) for name in data.columns[REFERENCE]]
    return np.array(codes, dtype=np.float32)


def _counted(data: ItemData, gold: Floats) -> Mask:
    known = data.facts.get("reference_classes")
    if known is None:
        return np.ones(len(gold), dtype=bool)
    codes = [code for code, name in enumerate(data.classes) if name in set(known)]
    return np.isin(gold, codes)


def _accuracy(right: Mask, bootstrap: Bootstrap) -> MetricResult:
    values = right.astype(np.float64)
    return MetricResult(
        name=ACCURACY,
        value=float(values.mean()),
        per_group=tuple(values.tolist()),
        interval=bootstrap.mean_interval(values),
        n=len(values),
        higher_is_better=True,
        reason=bootstrap.why_none(values),
    )


def _flips(
    answers: _Answers, bootstrap: Bootstrap
) -> tuple[dict[str, MetricResult], dict[str, NDArray[np.float64]]]:
    if answers.old is None or not answers.counted.any():
        why = NO_REFERENCE if answers.old is None else NO_ITEM_OF_OLD
        names = flip_metrics(FlipCounts(0, 0, 0, 0, 0))
        return {
            name: MetricResult(name, None, None, None, 0, name in HIGHER, why) for name in names
        }, {}
    counts = answers.counts()
    drawn = _replicates(answers, bootstrap)
    clustered = bootstrap.clusters_count < len(bootstrap.clusters)
    made = {}
    for name, (value, reason) in flip_metrics(counts).items():
        interval = None
        if value is not None:
            interval = flip_interval(name, counts)
            if clustered and name in drawn:  # items of one source are not so many items
                interval = bootstrap.percentiles(drawn[name], value)
                reason = None if interval else FEW_CLUSTERS
        made[name] = MetricResult(name, value, None, interval, counts.n, name in HIGHER, reason)
    return made, drawn


def _replicates(answers: _Answers, bootstrap: Bootstrap) -> dict[str, NDArray[np.float64]]:
    """Cluster-bootstrap values of the ratios, all from the means of the table's cells."""
    if bootstrap.clusters_count < 2:
        return {}
    assert answers.old is not None, "there is a reference"
    old, new, on = answers.old == answers.gold, answers.new == answers.gold, answers.counted
    other = ~old & ~new & (answers.old != answers.new)
    cells = [old & new & on, old & ~new & on, ~old & new & on, ~old & ~new & on, other & on]
    means = bootstrap.replicate_means(np.stack(cells).astype(np.float64))
    return flip_ratios(*means)


def _part(data: ItemData, answers: _Answers) -> FlipsPart:
    accuracy = float((answers.new == answers.gold).mean())
    known = data.facts.get("reference_classes") is not None
    return FlipsPart(
        reference=data.facts.get(REFERENCE) if answers.old is not None else None,
        reference_accuracy=None
        if answers.old is None
        else float((answers.old == answers.gold).mean()),
        accuracy=accuracy,
        classes=len(data.classes),
        scope="old classes" if known else "all",
        other=int((answers.new == OTHER).sum()),
        tables=[] if answers.old is None else _tables(data, answers),
    )


def _tables(data: ItemData, answers: _Answers) -> list[FlipTable]:
    found = [_table({}, answers.counts())]
    for column in SLICED_BY:
        values = np.array(data.columns.get(column, ()), dtype=np.str_)
        for value in np.unique(values).tolist():
            found.append(_table({column: value}, answers.counts(values == value)))
    return found


def _table(part: dict[str, str], counts: FlipCounts) -> FlipTable:
    both, lost, won, wrong = counts.table()
    return FlipTable(
        slice=part,
        n=counts.n,
        right_right=both,
        right_wrong=lost,
        wrong_right=won,
        wrong_wrong=wrong,
        wrong_other=counts.wrong_other or 0,
        nfr=flip_metrics(counts)[NFR][0],
        nfr_interval=flip_interval(NFR, counts),
        mcnemar_p=mcnemar(lost, won),
    )


def _columns(data: ItemData, answers: _Answers, confidence: Floats) -> dict[str, Sequence[Any]]:
    names = [*data.classes, ""]
    sure = [None if value != value else value for value in confidence.astype(float).tolist()]
    kept = {name: data.columns[name] for name in SLICED_BY if name in data.columns}
    columns: dict[str, Sequence[Any]] = {
        "label": [names[int(code)] for code in answers.gold],
        "prediction": [names[int(code)] for code in answers.new],
        "confidence": sure,
        "right": (answers.new == answers.gold).tolist(),
        **kept,
    }
    if answers.old is not None:
        columns["reference"] = data.columns[REFERENCE]
    return columns
