"""Predicted minutes -> metrics, the part of the record, and a table of errors."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.data import ItemData
from harness.metrics.base import MetricResult
from harness.metrics.cards import card_named
from harness.metrics.intervals import Bootstrap, mean
from harness.nouns import Task
from harness.records import IntervalMethod
from harness.scored import Scored, Scoring
from waiting_times.cards import BIAS, CARDS, MAE, WITHIN
from waiting_times.record import Station, WaitingPart

NEAR = 2.0


def score(task: Task, data: ItemData, scores: Any, scoring: Scoring) -> Scored:
    """Errors in minutes; clusters are hours."""
    predicted = np.asarray(scores, dtype=np.float64)
    truth = np.asarray(data.gold)
    error = predicted - truth
    per_item = {MAE: np.abs(error), BIAS: error, WITHIN: (np.abs(error) <= NEAR).astype(float)}
    bootstrap = Bootstrap(data.clusters)
    return Scored(
        metrics=tuple(_metric(name, per_item[name], bootstrap) for name in task.metrics),
        intervals=IntervalMethod(**bootstrap.describe()),
        part=_part(data, predicted, truth),
        columns={
            **{name: values.tolist() for name, values in per_item.items()},
            "predicted": predicted.tolist(),
            "true": truth.tolist(),
            "station": data.columns["station"],
        },
    )


def _metric(name: str, values: Any, bootstrap: Bootstrap) -> MetricResult:
    card = card_named(CARDS, name)
    return MetricResult.of(
        name=name,
        value=float(values.mean()),
        sure=mean(values, bootstrap.codes, limits=card.limits),
        n=len(values),
        card=card,
        per_group=tuple(values.tolist()),
        column=name,
    )


def _part(data: ItemData, predicted: Any, truth: Any) -> WaitingPart:
    station = np.array(data.columns["station"])
    error = np.abs(predicted - truth)
    slope = intercept = None
    if len(set(predicted.tolist())) > 1:
        slope, intercept = (float(v) for v in np.polyfit(predicted, truth, 1))
    return WaitingPart(
        stations=[
            Station(
                name=name,
                n=int((station == name).sum()),
                mae=float(error[station == name].mean()),
                within=float((error[station == name] <= NEAR).mean()),
            )
            for name in dict.fromkeys(data.columns["station"])
        ],
        slope=slope,
        intercept=intercept,
        constant=float(np.abs(truth - np.median(truth)).mean()),
    )
