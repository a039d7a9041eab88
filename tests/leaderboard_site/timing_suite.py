"""A suite of a third party whose metrics are in milliseconds, beside a fact of the set."""

from __future__ import annotations

import numpy as np

from harness.capabilities import Floats
from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.metrics.base import MetricResult
from harness.metrics.cards import card_named
from harness.metrics.intervals import Bootstrap, mean
from harness.nouns import MetricCard, Suite, Task, TaskCard
from harness.records.record import IntervalMethod
from harness.scored import Scored, Scoring

ITEMS = 60
CARDS = (
    MetricCard("delay", "mean delay", "lower", 0, None, "ms", summary="time until the answer",
               situation="mean"),
    MetricCard("delay@p=a", "high quantile of the delay", "lower", 0, None, "ms",
               summary="the delay that the share a stays below", situation="none"),
    MetricCard("late", "share of late answers", "lower", 0, 1, summary="answers after 15 ms",
               situation="share"),
    MetricCard("load", "load of the set", "neither", 0, None, "req/s",
               summary="how often the set asks", situation="none"),
)  # fmt: skip


def suite() -> Suite:
    """One task."""
    return Suite(
        "timing", "How long does an answer take?", (task(),), (), (), find, described=CARDS
    )


def find(name: str) -> Task | None:
    """The task by its id."""
    return task() if name == task().id else None


def task() -> Task:
    """Delays of made-up answers, given as scores."""
    card = TaskCard("Delays", "Made-up delays.", "nowhere", "1", "CC0-1.0", "nobody")
    metrics = ("delay", "delay@p=90%", "late", "load")
    return Task("timing/answers", "1", "timing", "texts", metrics, card, load, score)


def load(request: LoadRequest) -> ItemData:
    """Items without contents."""
    ids = tuple(f"t{n:02d}" for n in range(ITEMS))
    return ItemData(ids=ids, contents=ids, gold=(0.0,) * ITEMS, clusters=ids)


def score(task: Task, data: ItemData, scores: Floats, scoring: Scoring) -> Scored:
    """Mean and high quantile of the delays, the share above 15 ms, and a constant."""
    delays = np.asarray(scores, dtype=np.float64)
    boot = Bootstrap(data.clusters)
    late = (delays > 15).astype(np.float64)
    values = {
        "delay": float(delays.mean()),
        "delay@p=90%": float(np.quantile(delays, 0.9)),
        "late": float(late.mean()),
        "load": 750.0,
    }
    sure = {
        "delay": mean(delays, boot.codes, limits=CARDS[0].limits),
        "late": mean(late, boot.codes, limits=CARDS[2].limits),
    }
    return Scored(
        metrics=tuple(
            MetricResult.of(name, value, sure.get(name), len(delays), card_named(CARDS, name),
                            reason=None if name in sure else "it is one number",
                            column=name if name in sure else None)
            for name, value in values.items()
        ),
        intervals=IntervalMethod(**boot.describe()),
        columns={"delay": delays.tolist(), "late": late.tolist()},
    )  # fmt: skip
