"""The nouns of the project as frozen data: suite, task, metric, and a task's data (re-exported).

Nothing here reads a file, loads a model or computes a metric.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from harness.data import FirstStage, Group, ItemData, RankingData, TaskData
from harness.data.asked import LoadRequest
from harness.errors import UsageError
from harness.strict_json import Json

__all__ = [
    "Aggregate",
    "EvidenceTables",
    "FirstStage",
    "Group",
    "ItemData",
    "Json",
    "MetricCard",
    "RankingData",
    "Suite",
    "Task",
    "TaskCard",
    "TaskData",
]


MARGIN = 0.01
"""A difference of a metric up to this size does not matter, where its card says nothing else."""


@dataclass(frozen=True, slots=True)
class TaskCard:
    """What a reader must know of a task's data: origin, pin, licence, citation, caveats.

    ``licence`` is one or several of these, joined by ``"; "``, each with what it is of in brackets
    where that is not all: an SPDX expression; ``none stated``, where none was found; ``own terms``
    with their name in brackets; ``public domain``; or the notice itself in quotation marks.
    """

    title: str
    description: str
    source: str
    revision: str
    licence: str
    citation: str
    url: str = ""
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One pinned data set with its protocol.

    ``input_kind`` is what is given: ``"texts"``, ``"images"``, ``"items"`` (ids alone) or
    ``"query-documents"``. ``asks`` is what is asked of each, such as ``"score"`` or ``"class"``: a
    name of :data:`harness.registry.ANSWERS`. ``metrics`` are names
    that carry their parameters (``nDCG@10``), the first being the primary one. ``load`` takes a
    :class:`harness.data.asked.LoadRequest`, checks the pins and returns :class:`TaskData`.
    ``score(task, data, scores, scoring)`` turns raw scores into :class:`harness.scored.Scored`.
    ``resolve``, in open families, gives the task that a request means (its id names the folder).
    ``learn`` loads what a baseline may be fitted on, where the task has such a split. ``beside``
    are metrics that every table shows next to the primary one, which misleads without them.
    ``family``, for a task of an open family, is the family's id: it stands for the task's own in
    the fingerprint, since that tells the name of a file. ``open_to`` names the fields of
    :class:`harness.data.asked.Told` that the data leave open.
    """

    id: str
    version: str
    suite: str
    input_kind: str
    metrics: tuple[str, ...]
    card: TaskCard
    load: Callable[[LoadRequest], TaskData]
    score: Callable[[Task, Any, Any, Any], Any]
    resolve: Callable[[LoadRequest], Task] | None = None
    learn: Callable[[LoadRequest], ItemData] | None = None
    beside: tuple[str, ...] = ()
    asks: str = "score"
    family: str = ""
    open_to: frozenset[str] = frozenset()

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
class MetricCard:
    """What a metric is, declared once, beside the function that computes it.

    ``name`` is a pattern: a lower-case letter behind ``@``, ``=`` or ``..`` stands for a number
    (``nDCG@k``, ``TPR@FPR=a[calibrated]``), and a ``t`` for any, such as a threshold below zero;
    ``also`` are further forms of it. ``long_name`` spells it out. ``better`` is the end that is
    better, ``"neither"`` for what tells of the data or the labels and not of the model: it is shown
    without an arrow and never decides anything.
    ``low`` and ``high`` bound the values, ``None`` where nothing does. ``unit`` is ``""`` for a
    fraction, else the name of the unit that values are shown in as they are. ``undefined`` says
    when there is no value, ``summary`` in a line what the metric means, and ``anchor`` is the
    heading of ``docs/metrics.md`` that defines it. A loss up to ``margin``, in the metric's unit,
    does not matter where no policy says otherwise; with ``relative_margin`` it is that share of the
    baseline's value. ``floor`` is for metrics that stand beside one that misleads alone: a board
    ranks no system by the other whose value of this one is on the wrong side of it.

    Raises :class:`UsageError` for another ``better``, for ends in the wrong order, and for a margin
    below zero.
    """

    name: str
    long_name: str
    better: Literal["higher", "lower", "neither"]
    low: float | None
    high: float | None
    unit: str = ""
    undefined: str = ""
    summary: str = ""
    anchor: str = ""
    also: tuple[str, ...] = ()
    situation: str = ""
    margin: float = MARGIN
    relative_margin: float | None = None
    floor: float | None = None

    def __post_init__(self) -> None:
        if self.better not in ("higher", "lower", "neither"):
            raise UsageError(
                f"metric {self.name!r}: better is {self.better!r}",
                fix="Write 'higher', 'lower' or 'neither'",
            )
        if self.low is not None and self.high is not None and self.low > self.high:
            raise UsageError(f"metric {self.name!r}: {self.low:g} is above {self.high:g}")
        for margin in (self.margin, self.relative_margin):
            if margin is not None and not 0 <= margin < math.inf:
                raise UsageError(f"metric {self.name!r}: {margin!r} is no margin")

    def margin_at(self, value: float | None) -> float:
        """The margin where the baseline has this value."""
        if self.relative_margin is None or value is None:
            return self.margin
        return self.relative_margin * abs(value)

    @property
    def higher_is_better(self) -> bool | None:
        """The direction as records tell it: ``None`` where neither end is better."""
        return None if self.better == "neither" else self.better == "higher"

    def below_floor(self, value: float | None) -> bool:
        """Whether a value is on the wrong side of the floor; what has no value is, too."""
        if self.floor is None:
            return False
        if value is None:
            return True
        return value > self.floor if self.better == "lower" else value < self.floor

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """The ends of the range of its values."""
        return self.low, self.high

    def matches(self, name: str) -> bool:
        """Whether a metric's name is this pattern with its letters filled in."""
        return any(_pattern(form).fullmatch(name) for form in (self.name, *self.also))

    def numbers(self, name: str) -> tuple[float, ...]:
        """What a name of this pattern has in place of the letters: .05 for ``5%``."""
        found = (_pattern(form).fullmatch(name) for form in (self.name, *self.also))
        texts = next(match.groups() for match in found if match)
        return tuple(
            float(text[:-1]) / 100 if text.endswith("%") else float(text) for text in texts
        )


_COUNTED = r"(\d{1,9}(?:\.\d{1,9})?%?)"
_ANY = r"(-?\d{1,20}(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?)"


@lru_cache(maxsize=1024)
def _pattern(form: str) -> re.Pattern[str]:
    pieces = re.split(r"((?:(?<=[@=])|(?<=\.\.))[a-z](?![A-Za-z=]))", form)
    letters = [_ANY if piece == "t" else _COUNTED for piece in pieces[1::2]]
    texts = [re.escape(piece) for piece in pieces[::2]]
    return re.compile("".join(a + b for a, b in zip(texts, [*letters, ""], strict=True)))


@dataclass(frozen=True, slots=True)
class EvidenceTables:
    """What a submission carries in place of predictions that are too large or too telling.

    ``tables``: name of a table beside the record -> the columns that a submission keeps of it, a
    ``*`` at a name's end standing for any ending. ``ids(data)`` gives, by table, the columns that
    were left out because the task pins them. ``score(task, tables, data)`` takes a
    :class:`harness.submission.evidence.carried.Carried` and the task's data, ``None`` where they
    are not at hand; it returns :class:`harness.scored.Scored` without columns and files, which
    the tables are. ``telling`` names, by table, the columns that hardly two systems share, by which
    copies are found.
    """

    tables: Mapping[str, tuple[str, ...]]
    ids: Callable[[Any], Mapping[str, Mapping[str, Sequence[str]]]]
    score: Callable[[Task, Any, Any], Any]
    telling: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suite:
    """A question about models, and the tasks that answer it.

    ``find`` turns one task id (never a glob) into a task, also for open families whose ids
    depend on a data folder; it returns ``None`` for an id the suite does not know.
    ``embedded`` tasks and ``embedded_models`` need no network once installed; ``embedded_slow``
    are models that take minutes there, or need more than the light packages, each with the tasks
    that it runs on (a task of its own where the others would take hours);
    ``embedded_baselines`` are fitted on the spot (a name of ``marginbench train-baseline`` and its
    options). ``described`` are the cards of its metrics: every metric of every task matches one.
    ``right`` says what two models of the suite got right: it takes two
    :class:`harness.compare.sides.Side` and returns :class:`harness.compare.outcomes.Outcomes`.
    ``correlated`` gives the metrics that are correlations as
    :class:`harness.compare.correlations.Correlated`, of the same two sides.
    ``again`` takes one such side and gives figures of its record by metric, derived anew from what
    lies beside it; the metrics that it does not name are held to columns and replicates alone.
    ``evidence`` is set when submissions carry tables in place of predictions.

    ``part`` gives the pydantic model of the suite's part of a record (a
    :class:`harness.registry.Lazy`; ``part.load()`` is the class), ``tolerances`` say by how much
    numbers of that part may differ when it is computed again (path such as ``fit.parameters`` ->
    relative difference; all else is equal). ``exhibits`` makes what is shown beside the figures:
    it takes :class:`harness.exhibits.Shown` runs of one task, the best first, and returns
    exhibits; ``worst`` takes one :class:`harness.compare.sides.Side` and returns tables of the
    items it does worst on. ``within`` derives figures that are no means over items within the
    slices of a column: it takes a side, the column's name and names of metrics, and returns for
    each value of the column that it can tell of a :class:`harness.scored.Scored` with those metrics
    and their replicates or jackknife values, drawn alike for every side. ``alike`` are groups of
    tasks that hold the same items (another list or label, a sample, a compilation): figures on
    them are no separate samples, so a mean takes one of each group, the first in ``tasks``.
    ``shown``: primary metric -> further metrics that a board shows next to it, beyond ``beside`` of
    the task. ``bar`` takes one :class:`harness.compare.sides.Side` and returns the
    :class:`harness.records.bars.Bar` that its figures are read against, or ``None``: a reference
    model, say. A first stage is one without it.
    """

    name: str
    question: str
    tasks: tuple[Task, ...]
    aggregates: tuple[Aggregate, ...]
    embedded: tuple[str, ...]
    find: Callable[[str], Task | None]
    embedded_models: tuple[str, ...] = ()
    embedded_slow: tuple[tuple[str, tuple[str, ...]], ...] = ()
    embedded_baselines: tuple[tuple[str, Mapping[str, Json]], ...] = ()
    described: tuple[MetricCard, ...] = ()
    right: Callable[[Any, Any], Sequence[Any]] | None = None
    correlated: Callable[[Any, Any], Sequence[Any]] | None = None
    again: Callable[[Any], Mapping[str, float | None]] | None = None
    evidence: EvidenceTables | None = None
    part: Any = None
    tolerances: Mapping[str, float] = field(default_factory=dict)
    exhibits: Callable[[Sequence[Any]], Sequence[Any]] | None = None
    worst: Callable[[Any], Sequence[Any]] | None = None
    alike: tuple[tuple[str, ...], ...] = ()
    within: Callable[[Any, str, Sequence[str]], Mapping[str, Any]] | None = None
    shown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bar: Callable[[Any], Any] | None = None

    @property
    def all_embedded(self) -> tuple[str, ...]:
        """``embedded`` and behind them the further tasks of ``embedded_slow``, each once."""
        slow = (task for _, tasks in self.embedded_slow for task in tasks)
        return tuple(dict.fromkeys((*self.embedded, *slow)))
