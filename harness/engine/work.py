"""The one place where a capability of a model is lifted to the work a task asks for.

A task of single items asks for one row per item, which its capability gives directly. A
reranking task asks for one score per (query, candidate). A list ranker gives an order, a pair
scorer gives the scores directly, an embedder gives them as cosines after encoding every distinct
text once, and the first stage has them already. Each way is a :class:`Work`: a fixed list of jobs
that any number of workers may do in any order, and a function that assembles what they return.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from harness.adapters.base import Adapter
from harness.capabilities import LOOKED_UP, Model
from harness.data import ItemData, RankingData, TaskData
from harness.engine.asking import AskWork
from harness.engine.effort import Columns
from harness.engine.gold import TELL, GoldItemsWork, GoldListsWork, has_gold
from harness.engine.items import ImageWork, RecordedWork, TextWork
from harness.engine.jobs import Job
from harness.engine.lists import ScoredListsWork
from harness.engine.ranking import EmbedWork, KeepWork, ListWork, PairWork
from harness.errors import UsageError, first_ids
from harness.nouns import Task
from harness.predictions.answers import answer_of, kind_of
from harness.predictions.answers.base import Rows
from harness.strict_json import Json
from harness.tasks.load import LoadedTask

KEEP = "keep_first_stage"
"""Capability of the baseline row: the scores that the candidates came with."""


class Work(Protocol):
    """A task cut into jobs. ``sizes`` are items per part, for progress.

    ``protocol`` is what a latency figure covers, ``""`` where answers are looked up. ``listwise``:
    the model is given whole lists, so their order may matter. ``batched``: items of several lists,
    or several items, go to the model in one call.
    """

    sizes: tuple[int, ...]

    @property
    def data(self) -> TaskData:
        """The data that the work is on."""
        ...

    @property
    def protocol(self) -> str:
        """See above."""
        ...

    @property
    def listwise(self) -> bool:
        """See above."""
        ...

    @property
    def batched(self) -> bool:
        """See above."""
        ...

    def job(self, index: int) -> Job:
        """The job of part ``index``."""
        ...

    def accepts(self, index: int, rows: Rows) -> bool:
        """Whether stored rows have the shape that part ``index`` must have."""
        ...

    def assemble(self, parts: Sequence[Rows]) -> Rows:
        """One row per item, or float32 score per (group, candidate), in canonical order."""
        ...

    def effort(self, parts: Sequence[Rows], spent: Sequence[Rows | None]) -> Columns | None:
        """What each group cost a model that is asked; else ``None``.

        ``spent`` are the requests that each part took, ``None`` where none are counted.
        """
        ...

    def noticed(self, rows: Rows) -> dict[str, Json]:
        """What a record should tell of all answers beside what the model told."""
        ...

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """A function that does for one group what a live system would do, for timing it."""
        ...

    def told(self, model: Model) -> dict[str, Json]:
        """What a record should tell of the model beside its answers."""
        ...


LIFTS: Mapping[tuple[str, str], Mapping[str, Callable[..., Work]]] = {
    ("query-documents", "score"): {
        "score_pairs": PairWork,
        "score_lists": ScoredListsWork,
        "asking": AskWork,
        "rank": ListWork,
        "embed_texts": EmbedWork,
        KEEP: KeepWork,
        TELL: GoldListsWork,
    },
    ("texts", "score"): {"score_texts": TextWork, TELL: GoldItemsWork},
    ("images", "score"): {"score_images": ImageWork, TELL: GoldItemsWork},
    ("texts", "class"): {
        "classify_texts": TextWork,
        "recorded_labels": RecordedWork,
        TELL: GoldItemsWork,
    },
    ("images", "class"): {
        "classify_images": ImageWork,
        "recorded_labels": RecordedWork,
        TELL: GoldItemsWork,
    },
    ("items", "class"): {"recorded_labels": RecordedWork, TELL: GoldItemsWork},
    ("texts", "embedding"): {"embed_texts": TextWork, "recorded_embeddings": RecordedWork},
    ("images", "embedding"): {"embed_images": ImageWork, "recorded_embeddings": RecordedWork},
    ("items", "embedding"): {"recorded_embeddings": RecordedWork},
}
"""What a task gives and what it asks -> capabilities that serve it, the most direct one first, and
the work that each does; of other kinds of answers the kind says it."""

ITEMS: Mapping[str, Callable[..., Work]] = {"texts": TextWork, "images": ImageWork}
"""What a task gives -> the work of a capability that gives one row for each item."""


def serving(task: Task) -> Mapping[str, Callable[..., Work]]:
    """The capabilities that serve a task, the most direct one first.

    Raises :class:`UsageError` when there can be none.
    """
    kind, given = kind_of(task), task.input_kind
    found = LIFTS.get((given, kind.name))
    if found is None and given in ITEMS:
        found = dict.fromkeys(kind.served.get(given, ()), ITEMS[given])
    if not found:
        raise UsageError(f"{task.id}: no capability answers {task.input_kind} with {task.asks}")
    return found


GIVEN = {
    "query-documents": "each document of a query",
    "texts": "each text",
    "images": "each image",
    "items": "each item, whose id alone is at hand and no picture or text",
}
"""What a task gives, in words."""


def choose_capability(task: Task, have: frozenset[str]) -> str:
    """The most direct capability of a model that serves a task.

    Raises :class:`UsageError` that names the missing capabilities.
    """
    ways = serving(task)
    for capability in ways:
        if capability in have:
            return capability
    raise UsageError(
        f"{task.id} asks for {kind_of(task).words or task.asks} of "
        f"{GIVEN.get(task.input_kind, task.input_kind)}: it needs a model with one of: "
        f"{', '.join(way for way in ways if way != TELL)}; "
        f"this one has {', '.join(sorted(have)) or 'none of the known capabilities'}"
    )


def make_work(loaded: LoadedTask, capability: str) -> Work:
    """The work of one task for a model with the given capability."""
    task, data = loaded.task, loaded.data
    work = serving(task)[capability]
    if isinstance(data, ItemData):
        return work(data, answer_of(task, data), capability)
    return work(data)


def check_fit(
    capability: str, adapter: Adapter, loaded: LoadedTask, details: Mapping[str, Json]
) -> None:
    """Raise :class:`UsageError` when this model cannot run on what is at hand of a task.

    ``details`` are the model's; among them ``classes_learned`` may name classes that it has seen.
    """
    task, data = loaded.task.id, loaded.data
    if capability == KEEP:
        _check_stage(task, data, adapter.first_stage)
    if capability == TELL and not has_gold(data):
        raise UsageError(
            f"{task}: its labels are not at hand, so there is no oracle",
            fix="Leave the oracle out, or give a folder with labels by --data DIR",
        )
    _check_unseen(loaded, details)
    if capability not in LOOKED_UP and not data.has_contents:
        what = "texts" if isinstance(data, RankingData) else "contents"
        raise UsageError(
            f"{task}: the data at hand has ids but no {what}",
            fix=f"Give a folder with {what} by --data DIR, or score given predictions with "
            "'marginbench score --task ... --predictions FILE'",
        )


def _check_stage(task: str, data: TaskData, only: str) -> None:
    """Whose scores a first stage's row shows: there must be one, and the one that is named."""
    stage = data.first_stage if isinstance(data, RankingData) else None
    if stage is None:
        raise UsageError(
            f"{task}: its candidates come from no first stage, so there is no row of one",
            fix="Name a model that scores or ranks them",
        )
    if only and stage.name != only:
        raise UsageError(
            f"{task}: the candidates come from {stage.name!r}, not from {only!r}",
            fix="Use --model first-stage for the baseline row of these lists",
        )


def _check_unseen(loaded: LoadedTask, details: Mapping[str, Json]) -> None:
    """Open-world tasks measure classes that a model has not seen; one that has is refused."""
    data = loaded.data
    if not isinstance(data, ItemData) or not kind_of(loaded.task).unseen:
        return
    splits = data.columns.get("split", ("test",) * len(data.ids))
    tested = {label for label, split in zip(data.clusters, splits, strict=True) if split == "test"}
    seen = sorted(tested & {str(name) for name in details.get("classes_learned") or ()})
    if seen:
        raise UsageError(
            f"{loaded.task.id}: the model has learned {len(seen)} of the {len(tested)} test "
            f"classes: {first_ids(seen)}",
            fix="Evaluate it on classes that it has not seen",
        )
