"""The nouns of the project as frozen data: suite, task, group, gold, first stage.

Nothing here reads a file, loads a model or computes a metric.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A value that ``json.dumps(allow_nan=False)`` accepts."""


@dataclass(frozen=True, slots=True)
class Group:
    """A query with its candidate documents: the unit of work, never split.

    ``candidates`` are document ids in first-stage order, best first, without repeats;
    ``first_stage_scores`` runs parallel to it and never increases. ``cluster`` names the
    source that several groups may share (the bootstrap resamples clusters).
    """

    id: str
    query: str
    candidates: tuple[str, ...]
    first_stage_scores: tuple[float, ...]
    cluster: str


@dataclass(frozen=True, slots=True)
class FirstStage:
    """Where the candidate lists come from: a method with its parameters, or a run file.

    ``name`` is what a table shows (``bm25``, ``SPLADE++``); ``parameters`` hold whatever is
    needed to make the same lists again (k1, tokenisation, library version, file digest).
    """

    name: str
    depth: int
    parameters: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class TaskData:
    """A loaded task: groups in canonical order, document texts, and the gold judgements.

    ``documents`` maps every candidate id to its text, or is empty when only ids are known
    (enough to score predictions, not to run a model). ``gold`` maps group id -> document id ->
    grade; grades may be negative. ``notes`` are counts worth showing, such as
    ``judged_documents_absent`` and ``empty_documents_removed``.
    """

    groups: tuple[Group, ...]
    documents: Mapping[str, str]
    gold: Mapping[str, Mapping[str, int]]
    first_stage: FirstStage
    notes: Mapping[str, int] = field(default_factory=dict)

    @property
    def item_count(self) -> int:
        """Number of (group, candidate) pairs: the rows of a predictions file."""
        return sum(len(group.candidates) for group in self.groups)


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
    """

    data: Path | None = None
    first_stage: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One pinned data set with its protocol.

    ``metrics`` are names that carry their parameters (``nDCG@10``), the first being the primary
    one. ``load`` takes a :class:`LoadRequest`, checks the pins and returns :class:`TaskData`.
    ``settle``, in open families, gives the task that a request means (its id names the folder).
    """

    id: str
    version: str
    suite: str
    input_kind: str
    metrics: tuple[str, ...]
    card: TaskCard
    load: Callable[[LoadRequest], TaskData]
    settle: Callable[[LoadRequest], Task] | None = None

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


@dataclass(frozen=True, slots=True)
class Suite:
    """A question about models, and the tasks that answer it.

    ``find`` turns one task id (never a glob) into a task, also for open families whose ids
    depend on a data folder; it returns ``None`` for an id the suite does not know.
    ``embedded`` tasks and ``embedded_models`` need no network once installed.
    """

    name: str
    question: str
    tasks: tuple[Task, ...]
    aggregates: tuple[Aggregate, ...]
    embedded: tuple[str, ...]
    find: Callable[[str], Task | None]
    embedded_models: tuple[str, ...] = ()
