"""A suite of a third party that has its own part, and tasks whose lists nobody ranked before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from harness.capabilities import Floats
from harness.data import Group, RankingData
from harness.data.asked import LoadRequest
from harness.metrics.base import MetricResult
from harness.metrics.intervals import Bootstrap, mean
from harness.nouns import MetricCard, Suite, Task, TaskCard
from harness.records.base import Interval, Strict
from harness.records.record import IntervalMethod
from harness.registry import Lazy
from harness.scored import Scored, Scoring

LENGTHS = (3, 5, 2, 8, 6, 4)
MARGIN = "margin"
CARDS = (
    MetricCard("accuracy", "share of pairs in order", "higher", 0, 1, situation="share"),
    MetricCard(MARGIN, "mean margin", "higher", None, None, "tokens", situation="mean"),
)


class Gap(Strict):
    """How far the better document is ahead in one pair."""

    pair: str = Field(description="Id of the pair.")
    gap: float = Field(description="Score of the better one minus that of the other.")
    interval: Interval | None = Field(description="Interval of the gap, or null.")


class StrangerPart(Strict):
    """What only this suite has."""

    ties: int = Field(ge=0, description="Pairs whose scores are equal.")
    gaps: list[Gap] = Field(description="Every pair.")


class OtherPart(Strict):
    """A part that the suite does not name."""


def suite() -> Suite:
    """One task, whose part is :class:`StrangerPart`."""
    return Suite(
        name="stranger",
        question="Which of two is better?",
        tasks=(task(),),
        aggregates=(),
        embedded=(),
        find=lambda name: task() if name == task().id else None,
        described=CARDS,
        part=Lazy("tests.records.stranger:StrangerPart"),
        tolerances={"gaps.gap": 1e-3},
    )


def partless() -> Suite:
    """The same suite, but it names no part."""
    made = suite()
    return Suite(made.name, made.question, made.tasks, (), (), made.find)


def task() -> Task:
    """Pairs to choose from."""
    card = TaskCard("Pairs", "The longer text is better.", "nowhere", "1", "CC0-1.0", "nobody")
    return Task(
        id="stranger/pairs",
        version="1",
        suite="stranger",
        input_kind="query-documents",
        metrics=("accuracy", MARGIN),
        card=card,
        load=load,
        score=score,
    )


def load(request: LoadRequest) -> RankingData:
    """Six pairs of texts without a first stage."""
    pairs = [(f"p{n}", (f"{n}-long", f"{n}-short")) for n in range(len(LENGTHS))]
    texts = {f"{n}-long": "word " * (size + 1) for n, size in enumerate(LENGTHS)}
    texts |= {f"{n}-short": "word " * size for n, size in enumerate(LENGTHS)}
    return RankingData(
        groups=tuple(Group(name, f"query {name}", items, (), name) for name, items in pairs),
        documents=texts,
        gold={name: {items[0]: 1, items[1]: 0} for name, items in pairs},
    )


def score(task: Task, data: RankingData, scores: Floats, scoring: Scoring) -> Scored:
    """Share of pairs that are in order, and the mean margin in tokens."""
    gaps = np.asarray(scores, dtype=np.float64).reshape(-1, 2) @ np.array([1.0, -1.0])
    boot = Bootstrap(data.group_clusters)
    return Scored(
        metrics=(
            _mean(CARDS[0], (gaps > 0).astype(float), boot),
            _mean(CARDS[1], gaps, boot),
        ),
        intervals=IntervalMethod(**boot.describe()),
        part=StrangerPart(ties=int((gaps == 0).sum()), gaps=_gaps(data.groups, gaps.tolist())),
        columns={"accuracy": (gaps > 0).astype(float).tolist(), MARGIN: gaps.tolist()},
    )


def _mean(card: MetricCard, values: np.ndarray, boot: Bootstrap) -> MetricResult:
    return MetricResult.of(
        card.name,
        float(values.mean()),
        mean(values, boot.codes, limits=card.limits),
        len(values),
        card,
        per_group=tuple(values.tolist()),
        column=card.name,
    )


def _gaps(groups: Sequence[Group], gaps: Sequence[float]) -> list[Gap]:
    pairs = zip(groups, gaps, strict=True)
    return [Gap(pair=group.id, gap=gap, interval=(gap - 1, gap + 1)) for group, gap in pairs]
