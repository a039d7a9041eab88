"""The nouns of the project as frozen data: suite, task, metric, and a task's data (re-exported).

Nothing here reads a file, loads a model or computes a metric.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from harness.data import FirstStage, Group, ItemData, RankingData, TaskData
from harness.strict_json import Json

__all__ = [
    "Aggregate",
    "FirstStage",
    "Group",
    "ItemData",
    "Json",
    "LoadRequest",
    "MetricCard",
    "RankingData",
    "Suite",
    "TablesInstead",
    "Task",
    "TaskCard",
    "TaskData",
]


@dataclass(frozen=True, slots=True)
class TaskCard:
    """What a reader must know of a task's data: origin, pin, licence, citation, caveats."""

    title: str
    description: str
    source: str
    revision: str
    licence: str
    citation: str
    url: str = ""
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadRequest:
    """What the person asked for when loading a task.

    ``data``: folder given by ``--data``. ``first_stage``: ``None`` for the task's own choice,
    ``"bm25"``, or the path of a TREC run file. ``limit``: keep the first so many groups.
    ``on_error``: ``"error"``, or ``"worst-rank"`` when an image that cannot be scored is to be
    counted as the worst of its task.
    """

    data: Path | None = None
    first_stage: str | None = None
    limit: int | None = None
    on_error: str = "error"


@dataclass(frozen=True, slots=True)
class Task:
    """One pinned data set with its protocol.

    ``input_kind`` is what is given: ``"texts"``, ``"images"``, ``"items"`` (ids alone) or
    ``"query-documents"``. ``asks`` is what is asked of each: ``"score"``, ``"class"`` or
    ``"embedding"``, a name of :data:`harness.predictions.answers.ANSWERS`. ``metrics`` are names
    that carry their parameters (``nDCG@10``), the first being the primary one. ``load`` takes a
    :class:`LoadRequest`, checks the pins and returns :class:`TaskData`.
    ``score(task, data, scores, scoring)`` turns raw scores into :class:`harness.scored.Scored`.
    ``settle``, in open families, gives the task that a request means (its id names the folder).
    ``learn`` loads what a baseline may be fitted on, where the task has such a split. ``beside``
    are metrics that every table shows next to the primary one, which misleads without them.
    """

    id: str
    version: str
    suite: str
    input_kind: str
    metrics: tuple[str, ...]
    card: TaskCard
    load: Callable[[LoadRequest], TaskData]
    score: Callable[[Task, Any, Any, Any], Any]
    settle: Callable[[LoadRequest], Task] | None = None
    learn: Callable[[LoadRequest], ItemData] | None = None
    beside: tuple[str, ...] = ()
    asks: str = "score"

    @property
    def primary_metric(self) -> str:
        """The metric the task is ranked by."""
        return self.metrics[0]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A figure made of several tasks: the arithmetic mean of each metric over ``members``."""

    id: str
    title: str
    members: tuple[str, ...]


class MetricCard(NamedTuple):
    """A metric as listed to people: name, better end, range and one line of meaning."""

    name: str
    better: str
    range: str
    summary: str


@dataclass(frozen=True, slots=True)
class TablesInstead:
    """What a submission carries in place of predictions that are too large or too telling.

    ``tables``: name of a table beside the record -> the columns that a submission keeps of it, a
    ``*`` at a name's end standing for any ending. ``ids(data)`` gives, by table, the columns that
    were left out because the task pins them. ``score(task, tables, data)`` takes a
    :class:`harness.submission.evidence.carried.Carried` and the task's data, ``None`` where they
    are not at hand; it returns :class:`harness.scored.Scored` without columns and files, which
    the tables are.
    """

    tables: Mapping[str, tuple[str, ...]]
    ids: Callable[[Any], Mapping[str, Mapping[str, Sequence[str]]]]
    score: Callable[[Task, Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Suite:
    """A question about models, and the tasks that answer it.

    ``find`` turns one task id (never a glob) into a task, also for open families whose ids
    depend on a data folder; it returns ``None`` for an id the suite does not know.
    ``embedded`` tasks and ``embedded_models`` need no network once installed;
    ``embedded_baselines`` are fitted on the spot (a name of ``marginbench train-baseline`` and its
    options). ``described`` are its metrics for people, unless the harness itself describes them.
    ``right`` says what two models of the suite got right: it takes two
    :class:`harness.compare.sides.Side` and returns :class:`harness.compare.outcomes.Outcomes`.
    ``correlated`` gives the metrics that are correlations as
    :class:`harness.compare.correlations.Correlated`, of the same two sides.
    ``evidence`` is set when submissions carry tables in place of predictions.

    ``part`` gives the pydantic model of the suite's part of a record (a
    :class:`harness.registry.Lazy`; ``part.load()`` is the class), ``tolerances`` say by how much
    numbers of that part may differ when it is computed again (path such as ``fit.parameters`` ->
    relative difference; all else is equal). ``exhibits`` makes what is shown beside the figures:
    it takes :class:`harness.exhibits.Shown` runs of one task, the best first, and returns
    exhibits; ``worst`` takes one :class:`harness.compare.sides.Side` and returns tables of the
    items it does worst on.
    """

    name: str
    question: str
    tasks: tuple[Task, ...]
    aggregates: tuple[Aggregate, ...]
    embedded: tuple[str, ...]
    find: Callable[[str], Task | None]
    embedded_models: tuple[str, ...] = ()
    embedded_baselines: tuple[tuple[str, Mapping[str, Json]], ...] = ()
    described: tuple[MetricCard, ...] = ()
    right: Callable[[Any, Any], Sequence[Any]] | None = None
    correlated: Callable[[Any, Any], Sequence[Any]] | None = None
    evidence: TablesInstead | None = None
    part: Any = None
    tolerances: Mapping[str, float] = field(default_factory=dict)
    exhibits: Callable[[Sequence[Any]], Sequence[Any]] | None = None
    worst: Callable[[Any], Sequence[Any]] | None = None
