"""Work of an oracle: it is given the gold of each item and says it, so nothing is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.capabilities import Model
from harness.data import ItemData, RankingData
from harness.engine.items import RecordedWork
from harness.engine.jobs import Bench, Job, joined
from harness.engine.ranking import GroupWork
from harness.predictions.answers.base import Answer, Rows
from harness.predictions.answers.checks import one_each
from harness.strict_json import Json

TELL = "tell_gold"
"""Capability of the row that is given the labels."""

LOWER = "lower"


@dataclass(frozen=True, slots=True)
class GoldJob:
    """Gold of some items, to be said. ``sure``: an answer is a class and how sure one is of it."""

    gold: tuple[float, ...]
    sure: bool = False

    def run(self, model: Model, bench: Bench) -> tuple[Rows, int]:
        """See :class:`~harness.engine.jobs.Job`."""
        rows = one_each(model.tell_gold(self.gold), len(self.gold), TELL)
        bench.tick(len(rows))
        if not self.sure:
            return rows, 0
        return np.column_stack([rows, np.ones(len(rows))]).astype(np.float32), 0


class GoldListsWork(GroupWork):
    """Grades of candidates; one that nobody judged has 0, as metrics have it."""

    protocol = ""

    def job(self, index: int) -> Job:
        """Grades of the part's candidates."""
        gold = self.data.gold
        return GoldJob(
            tuple(
                float(gold.get(group.id, {}).get(document, 0))
                for group in self.groups(index)
                for document in group.candidates
            )
        )

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """Nothing: reading labels is not a latency."""
        return lambda: None

    def assemble(self, parts: Sequence[Rows]) -> Rows:
        """The parts one after another."""
        return joined(parts)


class GoldItemsWork(RecordedWork):
    """Labels of single items; opinions of which lower ones are better are turned round."""

    def __init__(self, data: ItemData, answer: Answer, capability: str) -> None:
        super().__init__(data, answer, capability)
        self.sign = -1.0 if data.facts.get("opinion") == LOWER else 1.0

    def told(self, model: Model) -> dict[str, Json]:
        """Nothing: it has no classes of its own."""
        return {}

    def job(self, index: int) -> Job:
        """Labels of the part."""
        own = self.data.gold[slice(*self.bounds[index])]
        return GoldJob(tuple(self.sign * value for value in own), sure=bool(self.data.classes))


def has_gold(data: Any) -> bool:
    """Whether the labels of a task are at hand."""
    if isinstance(data, RankingData):
        return bool(data.gold)
    return not isinstance(data, ItemData) or len(data.gold) == len(data.ids)
