"""A kind of answer of this suite's own: from when to when the bus may come, in minutes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from harness.data import ItemData
from harness.errors import InvalidError
from harness.metrics.base import MetricResult
from harness.metrics.cards import card_named
from harness.metrics.intervals import Bootstrap, mean
from harness.nouns import Task
from harness.predictions.answers.base import NUMBER, Answer, Column, Rows
from harness.predictions.answers.checks import numbers
from harness.records import IntervalMethod
from harness.scored import Scored, Scoring
from harness.tasks.arrow import as_numpy
from harness.tasks.tables import read_table
from waiting_times.cards import CARDS, INSIDE


@dataclass(frozen=True, slots=True)
class RangeAnswer(Answer):
    """Rows of shape (items, 2): the shortest and the longest wait."""

    name: ClassVar[str] = "range"
    words: ClassVar[str] = "the shortest and the longest wait"
    columns: ClassVar[tuple[Column, ...]] = (Column("from", NUMBER), Column("to", NUMBER))
    shape: ClassVar[tuple[int, ...]] = (2,)
    served: ClassVar[Mapping[str, tuple[str, ...]]] = {"texts": ("guess_ranges",)}
    start: ClassVar[Path | None] = Path(__file__).parent / "guess_ranges.py"
    steady: ClassVar[str] = "score"

    @classmethod
    def trial(cls, query: str, text: str, other: str) -> str:
        return f"{text[:5]}, 09:00"

    @classmethod
    def seen(cls, rows: Rows) -> tuple[str, str]:
        return "fine", f"{len(rows)} ranges, the widest of {np.ptp(rows, axis=1).max():g} minutes"

    @classmethod
    def plain(cls, rows: Rows) -> Rows:
        return np.asarray(rows.mean(axis=1))

    def rows(self, model: Any, capability: str, batch: Sequence[Any]) -> Rows:
        found = numbers(getattr(model, capability)(batch), capability).astype(np.float32)
        if found.shape != (len(batch), 2) or (found[:, 0] > found[:, 1]).any():
            raise InvalidError(f"{capability}() returned no range for each of {len(batch)} items")
        return found

    def write(self, rows: Rows) -> Mapping[str, Any]:
        return {"from": pa.array(rows[:, 0]), "to": pa.array(rows[:, 1])}

    def read(self, table: Any) -> Rows:
        return np.column_stack([as_numpy(table[name]) for name in ("from", "to")])

    def read_file(
        self, path: Path, columns: Mapping[str, str] | None = None
    ) -> tuple[list[str], Rows]:
        read = list(read_table(path))
        rows = [[row.number_in(name) for name in ("from", "to")] for row in read]
        return [row.values["id"] for row in read], np.array(rows, dtype=np.float32)

    def refused(self, rows: Rows) -> Any:
        return ~np.isfinite(rows).all(axis=1)


def score(task: Task, data: ItemData, rows: Rows, scoring: Scoring) -> Scored:
    """How often the wait is within what was said."""
    waits = np.asarray(data.gold)
    inside = ((rows[:, 0] <= waits) & (waits <= rows[:, 1])).astype(float)
    bootstrap = Bootstrap(data.clusters)
    metric = MetricResult.of(
        INSIDE,
        float(inside.mean()),
        mean(inside, bootstrap.codes, limits=(0, 1)),
        len(inside),
        card_named(CARDS, INSIDE),
        per_group=tuple(inside.tolist()),
        column=INSIDE,
    )
    return Scored(
        metrics=(metric,),
        intervals=IntervalMethod(**bootstrap.describe()),
        columns={INSIDE: inside.tolist()},
    )
