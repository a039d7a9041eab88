"""What both doors are asked: a small cut of one task, as it is, turned round, or the wrong way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from harness.data import Group, ItemData, RankingData, TaskData
from harness.data.asked import LoadRequest
from harness.engine.doctor.maps import Reals
from harness.engine.work import LIFTS
from harness.errors import UsageError
from harness.nouns import Task
from harness.registry import suites
from harness.tasks.load import LoadedTask, load_task
from harness.tasks.selection import find_task

T = TypeVar("T")

QUERIES, ITEMS, CANDIDATES = 20, 60, 20
"""Queries, single items, and candidates of each query that are asked about, unless told."""

PREFERRED = (
    ("query-documents", "score"),
    ("texts", "score"),
    ("images", "score"),
    ("images", "class"),
    ("texts", "class"),
    ("images", "embedding"),
    ("texts", "embedding"),
)
"""What is asked where nobody names a task: the first of these that both doors answer."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A cut of a task. ``metric`` is its primary one, empty where no gold goes with the answers."""

    loaded: LoadedTask
    metric: str

    @property
    def task(self) -> Task:
        """The task, asking what the doors are asked."""
        return self.loaded.task

    @property
    def data(self) -> TaskData:
        """The cut."""
        return self.loaded.data

    def of(self, data: TaskData) -> Sample:
        """The same question about other data."""
        return replace(self, loaded=replace(self.loaded, data=data))


def chosen_task(task_id: str | None, sides: Sequence[frozenset[str]]) -> tuple[Task, bool]:
    """The task to ask about, and whether its gold goes with what is asked.

    Without a name it is an embedded one. ``sides`` are the capabilities of the doors. Raises
    :class:`UsageError` for an unknown task, and for doors that cannot be compared.
    """
    if task_id is not None:
        return find_task(task_id), True
    shared = [kinds for kinds in PREFERRED if all(side & LIFTS[kinds].keys() for side in sides)]
    if not shared and len(sides) == 1:
        have = ", ".join(sorted(sides[0])) or "none of the known capabilities"
        raise UsageError(f"this model cannot be asked about embedded data: it has {have}")
    if not shared:
        told = " and ".join(", ".join(sorted(side)) or "nothing known" for side in sides)
        raise UsageError(
            f"these models cannot be asked the same question: they have {told}",
            fix="Compare two rerankers, two detectors, two embedders or two classifiers",
        )
    tasks = [find_task(name) for suite in suites() for name in suite.embedded]
    for kinds in shared:
        for task in tasks:
            if (task.input_kind, task.asks) == kinds:
                return task, True
    for given, asks in shared:
        for task in tasks:
            if task.input_kind == given:
                return replace(task, asks=asks), False
    raise UsageError(
        f"no embedded task gives {shared[0][0]}", fix="Name one: --task ID (marginbench list tasks)"
    )


def load_sample(
    task: Task, request: LoadRequest, *, count: int | None, depth: int | None, with_gold: bool
) -> Sample:
    """Load a task and cut it, evenly where it is of single items, else its first queries."""
    lists = task.input_kind == "query-documents"
    limit = (count or QUERIES) if lists else None
    loaded = load_task(task, replace(request, limit=limit))
    data: TaskData = loaded.data
    if isinstance(data, RankingData):
        most = depth or CANDIDATES
        data = replace(data, groups=tuple(_shorter(g, most) for g in data.groups if g.candidates))
    elif isinstance(data, ItemData):
        data = _even(data, count or ITEMS)
    has_gold = bool(getattr(data, "gold", None))
    metric = loaded.task.primary_metric if with_gold and has_gold else ""
    return Sample(replace(loaded, data=data), metric)


def turned(sample: Sample) -> Sample:
    """Candidates, or items, in reverse order."""
    data = sample.data
    if isinstance(data, RankingData):
        groups = tuple(
            replace(g, candidates=g.candidates[::-1], first_stage_scores=g.first_stage_scores[::-1])
            for g in data.groups
        )
        return sample.of(replace(data, groups=groups))
    assert isinstance(data, ItemData)
    return sample.of(_rows(data, range(len(data.ids) - 1, -1, -1)))


def swapped(sample: Sample) -> Sample:
    """Every document in the query's place, its query being the one candidate: rows stay parallel.

    Only for answers that do not depend on the other candidates.
    """
    data = sample.data
    assert isinstance(data, RankingData)
    groups, texts = [], dict(data.documents)
    for group in data.groups:
        name = f"query {group.id}"
        texts[name] = group.query
        groups += [
            Group(f"{group.id} {d}", data.documents[d], (name,), (0.0,), group.cluster)
            for d in group.candidates
        ]
    return sample.of(replace(data, groups=tuple(groups), documents=texts, gold={}))


def words_behind(data: TaskData) -> list[Reals]:
    """Length in words of the text behind each score, list by list; zeros for pictures."""
    if isinstance(data, RankingData):
        count = {name: len(text.split()) for name, text in data.documents.items()}
        return [
            np.array([count.get(d, 0) + len(g.query.split()) for d in g.candidates], dtype=float)
            for g in data.groups
        ]
    assert isinstance(data, ItemData)
    texts = [len(one.split()) if isinstance(one, str) else 0 for one in data.contents]
    return [np.array(texts, dtype=float)]


def _shorter(group: Group, depth: int) -> Group:
    return replace(
        group,
        candidates=group.candidates[:depth],
        first_stage_scores=group.first_stage_scores[:depth],
    )


def _even(data: ItemData, most: int) -> ItemData:
    """Items evenly spread over a task."""
    step = max(len(data.ids) / most, 1.0)
    return _rows(data, [int(i * step) for i in range(min(most, len(data.ids)))])


def _rows(data: ItemData, rows: Sequence[int]) -> ItemData:
    def pick(values: Sequence[T]) -> tuple[T, ...]:
        return tuple(values[row] for row in rows) if values else ()

    return replace(
        data,
        ids=pick(data.ids),
        contents=list(pick(data.contents)),
        gold=pick(data.gold),
        clusters=pick(data.clusters),
        columns={name: pick(values) for name, values in data.columns.items()},
        numbers={name: pick(values) for name, values in data.numbers.items()},
    )
