"""The data of a loaded task as frozen values: groups of candidates, single items, and their gold.

Nothing here reads a file, loads a model or computes a metric.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from harness.data.coded import Coded
from harness.strict_json import Json


@dataclass(frozen=True, slots=True)
class Group:
    """A query with its candidate documents: the unit of work, never split.

    ``candidates`` are document ids without repeats, in first-stage order, best first;
    ``first_stage_scores`` runs parallel to it and never increases, or is empty where there is no
    first stage and the order is the task's own. ``cluster`` names the source that several groups
    may share (the bootstrap resamples clusters).
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


class LeftOut(Protocol):
    """Which rows of a run a task takes out by its own rules: they are no fault of the run."""

    def reasons(self, pairs: Sequence[tuple[str, str]]) -> Sequence[str | None]:
        """Why each (query, document), which is no candidate, is none; ``None`` where it is strange.

        Reasons are words joined by ``_``, such as ``self_hit``.
        """
        ...


class TaskData(ABC):
    """A loaded task: what the engine, the store and the fingerprint need to know of any kind.

    ``notes`` are counts worth showing, such as ``judged_documents_absent``. ``origin`` says where
    the bytes came from as they were loaded (commits, digests of files, layout): it goes into the
    record and not into the fingerprint, since the same items are the same work in any file.
    """

    __slots__ = ()
    on_error: str
    notes: Mapping[str, int]
    origin: Mapping[str, Json]

    @property
    @abstractmethod
    def group_count(self) -> int:
        """Number of groups: queries, or single items."""

    @property
    @abstractmethod
    def item_count(self) -> int:
        """Number of items to score: the rows of a predictions file."""

    @property
    @abstractmethod
    def group_clusters(self) -> Sequence[str]:
        """The cluster of each group, which the bootstrap resamples."""

    @abstractmethod
    def keys(self) -> dict[str, Sequence[str]]:
        """The id columns of a predictions file, one row per item in canonical order."""

    @abstractmethod
    def identity(self, asks: str = "score") -> Iterable[Json]:
        """All that makes this the same work, as a stream of JSON values for the fingerprint.

        It does not depend on the order of the groups. ``asks`` is what the task asks of each item;
        see :class:`harness.nouns.Task`.
        """

    @abstractmethod
    def subsample(self, most: int) -> TaskData:
        """At most so many groups, evenly spread over the task, without gold: for timing."""

    @property
    @abstractmethod
    def has_contents(self) -> bool:
        """Whether texts or images are at hand, not ids alone."""


@dataclass(frozen=True, slots=True)
class RankingData(TaskData):
    """Groups of candidates in canonical order, document texts, and the gold judgements.

    ``documents`` maps every candidate id to its text, or is empty when only ids are known
    (enough to score predictions, not to run a model). ``gold`` maps group id -> document id ->
    grade; grades may be negative. ``first_stage`` is ``None`` where nobody ranked the candidates
    before (pairs to choose from, lists that are given as they are). ``left_out`` tells of rows
    that the task's own rules take out of any run; ``on_error`` is as in :class:`ItemData`.
    """

    groups: tuple[Group, ...]
    documents: Mapping[str, str]
    gold: Mapping[str, Mapping[str, int]]
    first_stage: FirstStage | None = None
    notes: Mapping[str, int] = field(default_factory=dict)
    origin: Mapping[str, Json] = field(default_factory=dict)
    on_error: str = "error"
    left_out: LeftOut | None = None
    _keys: dict[str, Sequence[str]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def group_count(self) -> int:
        """Number of queries."""
        return len(self.groups)

    @property
    def item_count(self) -> int:
        """Number of (group, candidate) pairs."""
        return sum(len(group.candidates) for group in self.groups)

    @property
    def group_clusters(self) -> Sequence[str]:
        """The cluster of each query."""
        return [group.cluster for group in self.groups]

    @property
    def has_contents(self) -> bool:
        """Whether the documents' texts are at hand."""
        return bool(self.documents)

    def keys(self) -> dict[str, Sequence[str]]:
        """``group`` and ``item`` of every pair, group after group, in first-stage order."""
        if not self._keys:  # millions of ids, asked for several times
            some = [group for group in self.groups if group.candidates]
            lists = [group.candidates for group in some]
            self._keys["group"] = Coded.repeated([group.id for group in some], map(len, lists))
            self._keys["item"] = Coded.joined(lists)
        return dict(self._keys)

    def identity(self, asks: str = "score") -> Iterable[Json]:
        """Groups, gold, and the texts of candidates, which are always asked for a score.

        First-stage scores and the first stage's name are left out: the same lists in the same
        order are the same work, whoever made them.
        """
        wanted: set[str] = set()
        for group in sorted(self.groups, key=lambda group: group.id):
            yield [group.id, group.query, group.cluster, list(group.candidates)]
            yield sorted(self.gold.get(group.id, {}).items())
            wanted.update(group.candidates)
        if self.documents:
            for document in sorted(wanted):
                yield [document, self.documents[document]]

    def subsample(self, most: int) -> RankingData:
        """Queries that have candidates, with their documents."""
        some = [group for group in self.groups if group.candidates]
        groups = tuple(some[:: max(len(some) // most, 1)][:most])
        wanted = {document for group in groups for document in group.candidates}
        texts = {document: self.documents[document] for document in wanted if self.documents}
        return replace(self, groups=groups, documents=texts, gold={})


@dataclass(frozen=True, slots=True)
class ItemData(TaskData):
    """Single items that are scored one at a time, in canonical order; sequences run parallel.

    ``contents`` are texts or image sources, or empty when only ids are known. ``gold`` is empty
    when labels are hidden. ``clusters`` name what several items share (a source text, a prompt,
    a reference image). ``columns`` hold names to slice by, ``""`` standing for unknown;
    ``numbers`` hold further facts of each item, such as ``opinion_sd``. ``facts`` belong to
    the whole task, decide what its figures mean, and belong to its fingerprint. ``on_error`` is
    ``"error"`` or ``"worst-rank"``.

    ``classes`` are the task's class names in order, where it has classes; ``gold`` then holds
    their numbers.
    """

    ids: tuple[str, ...]
    contents: Sequence[Any]
    gold: tuple[float, ...]
    clusters: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    facts: Mapping[str, Json] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    origin: Mapping[str, Json] = field(default_factory=dict)
    on_error: str = "error"
    classes: tuple[str, ...] = ()

    @property
    def group_count(self) -> int:
        """Number of items: each is a group of its own."""
        return len(self.ids)

    @property
    def item_count(self) -> int:
        """Number of items."""
        return len(self.ids)

    @property
    def group_clusters(self) -> Sequence[str]:
        """The cluster of each item."""
        return self.clusters

    @property
    def has_contents(self) -> bool:
        """Whether the texts or images are at hand."""
        return len(self.contents) == len(self.ids)

    def keys(self) -> dict[str, Sequence[str]]:
        """``item`` alone."""
        return {"item": self.ids}

    def identity(self, asks: str = "score") -> Iterable[Json]:
        """Ids, gold, clusters, columns, numbers and facts; texts in full, images by their name.

        Pictures are known by their ids and labels only: reading every file of a large set just
        to name the task would cost more than scoring it.
        """
        yield ["facts", dict(self.facts)]
        if asks != "score":
            yield [asks, list(self.classes)]
        for index in sorted(range(len(self.ids)), key=self.ids.__getitem__):
            item = self.ids[index]
            gold = self.gold[index] if self.gold else None
            columns = [[name, values[index]] for name, values in sorted(self.columns.items())]
            numbers = [[name, values[index]] for name, values in sorted(self.numbers.items())]
            content = self.contents[index] if self.has_contents else None
            text = content if isinstance(content, str) else None
            yield [item, text, gold, self.clusters[index], columns, numbers]

    def subsample(self, most: int) -> ItemData:
        """Every so-many-th item with its content."""
        rows = range(0, len(self.ids), max(len(self.ids) // most, 1))[:most]
        return ItemData(
            ids=tuple(self.ids[row] for row in rows),
            contents=[self.contents[row] for row in rows] if self.has_contents else [],
            gold=(),
            clusters=tuple(self.clusters[row] for row in rows),
            on_error=self.on_error,
            classes=self.classes,
        )
