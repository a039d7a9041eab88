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
from harness.capabilities import Floats, Model
from harness.data import ItemData, RankingData, TaskData
from harness.engine.items import ImageWork, RecordedWork, TextWork
from harness.engine.jobs import Job
from harness.engine.ranking import EmbedWork, KeepWork, ListWork, PairWork
from harness.errors import UsageError, first_ids
from harness.strict_json import Json

KEEP = "keep_first_stage"
"""Capability of the baseline row: the scores that the candidates came with."""

LIFTS: dict[str, tuple[str, ...]] = {
    "query-documents": ("score_pairs", "rank", "embed_texts", KEEP),
    "texts": ("score_texts",),
    "images": ("score_images",),
    "texts-to-classify": ("classify_texts", "recorded_labels"),
    "images-to-classify": ("classify_images", "recorded_labels"),
    "items-to-classify": ("recorded_labels",),
    "texts-to-embed": ("embed_texts", "recorded_embeddings"),
    "images-to-embed": ("embed_images", "recorded_embeddings"),
    "items-to-embed": ("recorded_embeddings",),
}
"""Input kind of a task -> capabilities that serve it, the most direct one first."""

RECORDED = ("recorded_labels", "recorded_embeddings")
"""Capabilities that need ids alone."""


class Work(Protocol):
    """A task cut into jobs. ``sizes`` are items per part, for progress."""

    sizes: tuple[int, ...]

    def job(self, index: int) -> Job:
        """The job of part ``index``."""
        ...

    def accepts(self, index: int, rows: Floats) -> bool:
        """Whether stored rows have the shape that part ``index`` must have."""
        ...

    def assemble(self, parts: Sequence[Floats]) -> Floats:
        """One float32 score per (group, candidate) in canonical order."""
        ...

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """A function that does for one group what a live system would do, for timing it."""
        ...


def choose_capability(input_kind: str, have: frozenset[str]) -> str:
    """The most direct capability of a model that serves a task.

    Raises :class:`UsageError` that names the missing capabilities.
    """
    for capability in LIFTS[input_kind]:
        if capability in have:
            return capability
    raise UsageError(
        f"a {input_kind} task needs a model with one of: {', '.join(LIFTS[input_kind])}; "
        f"this one has {', '.join(sorted(have)) or 'none of the known capabilities'}"
    )


def make_work(capability: str, data: TaskData) -> Work:
    """The work of one task for a model with the given capability."""
    if isinstance(data, ItemData):
        if capability in RECORDED:
            return RecordedWork(data, capability)
        return (TextWork if capability.endswith("_texts") else ImageWork)(data, capability)
    kinds: dict[str, Callable[[RankingData], Work]] = {
        "rank": ListWork,
        "score_pairs": PairWork,
        "embed_texts": EmbedWork,
        KEEP: KeepWork,
    }
    assert isinstance(data, RankingData), "there is no third kind of data"
    return kinds[capability](data)


def check_fit(
    capability: str, adapter: Adapter, task: str, data: TaskData, details: Mapping[str, Json]
) -> None:
    """Raise :class:`UsageError` when this model cannot run on what is at hand of a task.

    ``details`` are the model's; among them ``classes_learned`` may name classes that it has seen.
    """
    if capability == KEEP:
        _check_stage(task, data, adapter.first_stage)
    _check_unseen(task, data, details)
    if capability not in (KEEP, *RECORDED) and not data.has_contents:
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


def _check_unseen(task: str, data: TaskData, details: Mapping[str, Json]) -> None:
    """Open-world tasks measure classes that a model has not seen; one that has is refused."""
    if not isinstance(data, ItemData) or data.output != "embedding":
        return
    splits = data.columns.get("split", ("test",) * len(data.ids))
    tested = {label for label, split in zip(data.clusters, splits, strict=True) if split == "test"}
    seen = sorted(tested & {str(name) for name in details.get("classes_learned") or ()})
    if seen:
        raise UsageError(
            f"{task}: the model has learned {len(seen)} of the {len(tested)} test classes: "
            f"{first_ids(seen)}",
            fix="Evaluate it on classes that it has not seen",
        )
