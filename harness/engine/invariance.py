"""Whether answers hold when they are asked for in another way, found on a small sample after a run.

A few lists (elsewhere items) of the task are asked for three times: in batches, one item at a
time, and turned round: a ranker of lists is given the candidates in reverse, any other model the
items of each batch. The sample is chosen by what the task holds, and its size by how much work the
task is, never by time: the same run asks the same again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from harness.capabilities import Model
from harness.data import Group, ItemData, RankingData, TaskData
from harness.engine.disagreement import MEASURES, Between
from harness.engine.jobs import Bench
from harness.engine.work import Work, make_work
from harness.errors import InvalidError, said_by
from harness.memory import is_out_of_memory
from harness.predictions.answers import kind_of
from harness.predictions.answers.base import Rows
from harness.runs.batches import BatchSettings
from harness.tasks.images import Decoder
from harness.tasks.load import LoadedTask

ITEMS = 32
"""Single items of a sample, and items of a batch, at most."""
FEWEST_ITEMS = 8

LISTS, LISTS_ASKED = 8, 4
"""Lists of a sample, at most: of models that answer for items, and of those that rank lists."""
FEWEST_LISTS = 2
LONG, SHORT, SHORTEST = 20, 10, 5
"""Candidates of a list: its first so many; fewer where the task is little work, and fewest of
models that score by themselves, of which little is expected."""

SHARE = 50
"""A sample is one part in so many of what the task asks for, within the bounds above."""

LOOKED_UP = "answers are looked up, not computed"
NO_LISTS = "no list has two candidates"
NO_ITEMS = "the task has no two items"
NO_KIND = "there is no measure for answers of this kind"
NO_BATCH = "the model is given one list at a time, so there is no batch"
ALONE = "no two items went into one batch"

Measured = tuple[dict[str, Any] | None, str | None]
"""The fields of :class:`harness.records.invariance.Invariance`, or ``None`` and the reason."""


NO_BATCHES = BatchSettings(1, 1)


@dataclass(frozen=True, slots=True)
class Sample:
    """A little of a task to ask for again, picklable; without ``given`` there is a ``reason``.

    ``turned`` is the same with lists and their candidates in reverse, for work on whole lists.
    ``between`` compares two sets of answers to it, each made ``plain`` before.
    """

    reason: str
    given: Work | None = None
    turned: Work | None = None
    capability: str = ""
    between: Between | None = None
    batch: BatchSettings = NO_BATCHES
    plain: Callable[[Rows], Rows] | None = None


def sample_of(
    loaded: LoadedTask, work: Work, capability: str, batch: BatchSettings, *, direction: str
) -> Sample:
    """What of a task is asked for again of a model that did ``work``, in batches as large."""
    if not work.protocol:
        return Sample(LOOKED_UP)
    kind = kind_of(loaded.task)
    measure = MEASURES.get(kind.steady or kind.name)
    if measure is None:
        return Sample(NO_KIND)
    data = chosen(loaded.data, sum(work.sizes), listwise=work.listwise)
    sizes = None
    if isinstance(data, RankingData):
        sizes = [len(group.candidates) for group in data.groups]
        if not sizes:
            return Sample(NO_LISTS)
    elif data.item_count < 2:
        return Sample(NO_ITEMS)
    small = replace(loaded, data=data)
    turned = make_work(replace(small, data=_turned(data)), capability) if work.listwise else None
    between = measure(sizes, higher=direction != "lower")
    most = BatchSettings(batch.tokens, min(batch.items, ITEMS))
    given = make_work(small, capability)
    return Sample("", given, turned, capability, between, most, kind.plain)


def chosen(data: TaskData, units: int, *, listwise: bool) -> TaskData:
    """The sample of a task that is so many units of work, by the hashes of its ids."""
    share = units // SHARE
    if isinstance(data, RankingData):
        few = SHORT if listwise or share >= FEWEST_LISTS * SHORT else SHORTEST
        length = LONG if share >= FEWEST_LISTS * LONG else few
        most = LISTS_ASKED if listwise else LISTS
        count = min(most, max(FEWEST_LISTS, share // length))
        able = [group for group in data.groups if len(group.candidates) > 1]
        able.sort(key=lambda group: _hash(group.id))
        return _lists(data, [_cut(group, length) for group in able[:count]])
    assert isinstance(data, ItemData)
    rows = sorted(range(len(data.ids)), key=lambda row: _hash(data.ids[row]))
    return _items(data, rows[: min(ITEMS, max(FEWEST_ITEMS, share))])


def measure_invariance(
    model: Model, sample: Sample, decoder: Decoder
) -> tuple[Measured, list[str]]:
    """Ask a model for a sample in several ways. What it raises is a reason, and a line to show.

    The reason is for the record and names the kind of error alone: a message may hold what belongs
    to the machine. Where something moved, the sample is asked for once more in the same way.
    """
    if sample.given is None or sample.between is None:
        return (None, sample.reason), []
    asker = _Asker(model, sample, decoder)
    rows, size = asker.ask(sample.given, sample.batch)
    if rows is None:
        return (None, asker.reason), asker.lines
    found = _Found(sample.between, rows)
    if sample.given.batched and size < 2:
        found.reasons["batch"] = ALONE
    elif sample.given.batched:
        found.add("batch", asker, *asker.ask(sample.given, replace(sample.batch, items=1)))
    else:
        found.reasons["batch"] = NO_BATCH
    if sample.turned is None:
        found.add("order", asker, *asker.ask(sample.given, sample.batch, backwards=True))
    else:
        turned, _ = asker.ask(sample.turned, sample.batch)
        found.add("order", asker, None if turned is None else turned[::-1])
    if any(one["changed"] for one in found.pairs.values()):
        found.add("repeat", asker, *asker.ask(sample.given, sample.batch))
    return (found.fields(sample.given, size), None), asker.lines


@dataclass(slots=True)
class _Found:
    """What each way of asking made of the answers."""

    between: Between
    rows: Rows
    pairs: dict[str, dict[str, Any]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, asker: _Asker, rows: Rows | None, _: int = 0) -> None:
        if rows is None:
            self.reasons[name] = asker.reason
            return
        try:
            self.pairs[name] = self.between.moved(self.rows, rows)
        except InvalidError as error:
            self.reasons[name] = error.message

    def fields(self, given: Work, size: int) -> dict[str, Any]:
        data = given.data
        lists = data.group_count if isinstance(data, RankingData) else None
        return {
            "lists": lists,
            "items": data.item_count,
            "judged": self.between.judged,
            "measured": self.between.measured(self.rows),
            "batch_size": size if given.batched and size > 1 else None,
            "turned": "candidates" if given.listwise else "batch",
            **{name: self.pairs.get(name) for name in ("batch", "order", "repeat")},
            "batch_reason": self.reasons.get("batch"),
            "order_reason": self.reasons.get("order"),
        }


@dataclass(slots=True)
class _Asker:
    """Asks for a sample; ``reason`` is why the last answer is none."""

    model: Model
    sample: Sample
    decoder: Decoder
    reason: str = ""
    lines: list[str] = field(default_factory=list)

    def ask(
        self, work: Work, batch: BatchSettings, *, backwards: bool = False
    ) -> tuple[Rows | None, int]:
        """The answers in the order of the work, and how many items the largest batch held."""
        watched = _Watched(self.model, self.sample.capability, backwards)
        bench = Bench(batch, lambda _: None, self.decoder)
        try:
            done = [work.job(place).run(watched, bench)[0] for place in range(len(work.sizes))]
            rows = work.assemble(done)
            plain = self.sample.plain
            return (rows if plain is None else plain(rows)), watched.largest
        except Exception as error:
            self.reason = _reason(error)
            self.lines.append(f"asked again in another way, {said_by(error)}")
            return None, 0


def _reason(error: Exception) -> str:
    if is_out_of_memory(error):
        return "asked again, the model ran out of memory"
    if isinstance(error, InvalidError):
        return "asked again, the model gave no answer that can be used"
    return f"asked again, the model failed ({type(error).__name__[:80]})"


METHODS = {"asking": "answer"}
"""Capabilities whose batches go to a method of another name."""


class _Watched:
    """A model whose batches are counted, and each given the other way round on request."""

    def __init__(self, model: Model, capability: str, backwards: bool) -> None:
        self._model = model
        self._method = METHODS.get(capability, capability)
        self._backwards = backwards
        self.largest = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._model, name)
        return self._call(found) if name == self._method else found

    def _call(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(batch: Sequence[Any], *more: Any, **options: Any) -> Any:
            self.largest = max(self.largest, len(batch))
            if not self._backwards:
                return method(batch, *more, **options)
            answers = method(batch[::-1], *more, **options)
            if not isinstance(answers, np.ndarray | list | tuple):
                answers = list(answers)
            return answers[::-1]

        return call


def _hash(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()


def _cut(group: Group, length: int) -> Group:
    return replace(group, candidates=group.candidates[:length], first_stage_scores=())


def _lists(data: RankingData, groups: Sequence[Group]) -> RankingData:
    wanted = dict.fromkeys(document for group in groups for document in group.candidates)
    texts = {document: data.documents[document] for document in wanted}
    return replace(data, groups=tuple(groups), documents=texts, gold={})


def _items(data: ItemData, rows: Sequence[int]) -> ItemData:
    return replace(
        data,
        ids=tuple(data.ids[row] for row in rows),
        contents=[data.contents[row] for row in rows],
        gold=(),
        clusters=tuple(data.clusters[row] for row in rows),
        columns={},
        numbers={},
    )


def _turned(data: TaskData) -> TaskData:
    assert isinstance(data, RankingData), "only lists have candidates"
    groups = [replace(group, candidates=group.candidates[::-1]) for group in data.groups]
    return replace(data, groups=tuple(groups[::-1]))
