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
    MEASURES,
    NFR,
    PFR,
    FlipCounts,
    FlipItems,
    flip_metrics,
    flip_sure,
    net_change_p,
)
from harness.metrics.intervals import share
from harness.nouns import Task
from harness.predictions.answers.classes import OTHER
from harness.records.record import IntervalMethod
from harness.records.score import basis_of
from harness.records.scored import Scored, Scoring
from suites.flips.protocol import ACCURACY, REFERENCE, RIGHT, SLICED_BY, card
from suites.flips.record import FlipsPart, FlipTable

NO_REFERENCE = "the task has no reference predictions; compare counts flips between two runs"
NO_ITEM_OF_OLD = "the reference model knows none of the classes"

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Answers:
    """Truth, this model's answers and the reference's as class numbers; a mask of what counts.

    ``clusters`` are numbers of sources, ``None`` where each item is one of its own.
    """

    gold: Floats
    new: Floats
    old: Floats | None
    counted: Mask
    clusters: NDArray[np.int64] | None

    def items(self, rows: Mask | None = None) -> FlipItems:
        """Items by what changed, of the rows that count."""
        assert self.old is not None, "there is a reference"
        kept = self.counted if rows is None else self.counted & rows
        every = FlipItems.of(
            self.old == self.gold, self.new == self.gold, self.old != self.new, self.clusters
        )
        return every.only(kept)


def score(task: Task, data: ItemData, scores: Floats, scoring: Scoring) -> Scored:
    """Compute a flips task's metrics; rows are a class number and a confidence.

    NaN is an item that could not be answered, which is wrong. Flips are counted on items of
    classes that the reference model knows (``facts["reference_classes"]``, all when absent).
    """
    gold = np.asarray(data.gold, dtype=np.float32)
    new = np.where(np.isnan(scores[:, 0]), OTHER, scores[:, 0]).astype(np.float32)
    bootstrap = scoring.bootstrap(data.clusters)
    shared = bootstrap.clusters_count < len(data.ids)
    codes = bootstrap.codes if shared else None
    answers = _Answers(gold, new, _reference(data), _counted(data, gold), codes)
    made = _flips(answers)
    made[ACCURACY] = _accuracy(answers)
    return Scored(
        metrics=tuple(made[name] for name in task.metrics),
        intervals=IntervalMethod(**bootstrap.describe()),
        part=_part(data, answers),
        columns=_columns(data, answers, scores[:, 1]),
        jackknife=_deleted(answers),
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


def _accuracy(answers: _Answers) -> MetricResult:
    values = (answers.new == answers.gold).astype(np.float64)
    sure = share(values, answers.clusters)
    return MetricResult.of(
        ACCURACY,
        float(values.mean()),
        sure,
        len(values),
        card(ACCURACY),
        per_group=tuple(values.tolist()),
        column=RIGHT,
    )


def _flips(answers: _Answers) -> dict[str, MetricResult]:
    if answers.old is None or not answers.counted.any():
        why = NO_REFERENCE if answers.old is None else NO_ITEM_OF_OLD
        return {name: MetricResult(name, None, None, None, 0, card(name), why) for name in MEASURES}
    items = answers.items()
    return {
        name: MetricResult.of(
            name,
            value,
            None if value is None else flip_sure(name, items),
            _behind(name, items.counts),
            card(name),
            reason=reason,
            column=name if MEASURES[name].of_old else None,
        )
        for name, (value, reason) in flip_metrics(items.counts).items()
    }


def _behind(name: str, counts: FlipCounts) -> int:
    """Items behind a value: those that a share is of, all of them for another ratio."""
    of = MEASURES[name]
    return counts.count(of.whole[0]) if of.is_share else counts.n


def _deleted(answers: _Answers) -> dict[str, NDArray[np.float64]]:
    """Without one unit each, the ratios whose denominator each model has for itself."""
    if answers.old is None or not answers.counted.any():
        return {}
    by_kind, kinds = answers.items().deletions()
    return {name: by_kind[name][kinds] for name, of in MEASURES.items() if not of.of_old}


def _per_item(answers: _Answers) -> dict[str, list[float | None]]:
    """Of every item whether it is of the share that a metric is; ``None`` where it is not asked."""
    every = FlipItems.of(
        answers.old == answers.gold, answers.new == answers.gold, answers.old != answers.new
    )
    found: dict[str, list[float | None]] = {}
    for name, of in MEASURES.items():
        if of.of_old:
            asked = answers.counted & every.inside(of.whole[0])
            hits = every.inside(of.part[0]).tolist()
            found[name] = [
                float(hit) if known else None for hit, known in zip(hits, asked, strict=True)
            ]
    return found


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
    found = [_table({}, answers.items())]
    for column in SLICED_BY:
        values = np.array(data.columns.get(column, ()), dtype=np.str_)
        for value in np.unique(values).tolist():
            found.append(_table({column: value}, answers.items(values == value)))
    return found


def _table(part: dict[str, str], items: FlipItems) -> FlipTable:
    counts = items.counts
    both, lost, won, wrong = counts.table()
    sure = flip_sure(NFR, items)
    return FlipTable(
        slice=part,
        n=counts.n,
        right_right=both,
        right_wrong=lost,
        wrong_right=won,
        wrong_wrong=wrong,
        wrong_other=counts.wrong_other or 0,
        nfr=flip_metrics(counts)[NFR][0],
        nfr_interval=sure.interval,
        basis=basis_of(sure),
        mcnemar_p=net_change_p(
            items.inside(MEASURES[NFR].part[0]), items.inside(MEASURES[PFR].part[0]), items.clusters
        ),
    )


def _columns(data: ItemData, answers: _Answers, confidence: Floats) -> dict[str, Sequence[Any]]:
    names = [*data.classes, ""]
    sure = [None if value != value else value for value in confidence.astype(float).tolist()]
    kept = {name: data.columns[name] for name in SLICED_BY if name in data.columns}
    columns: dict[str, Sequence[Any]] = {
        "label": [names[int(code)] for code in answers.gold],
        "prediction": [names[int(code)] for code in answers.new],
        "confidence": sure,
        RIGHT: (answers.new == answers.gold).tolist(),
        **kept,
    }
    if answers.old is not None:
        columns["reference"] = data.columns[REFERENCE]
        columns.update(_per_item(answers))
    return columns
