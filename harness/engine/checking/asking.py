"""One way to ask a model for any capability: items in, one row of numbers each out, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Model
from harness.data import ItemData
from harness.engine.asking import AskJob
from harness.engine.batching import stacked
from harness.engine.checking import items
from harness.engine.jobs import Bench, ListJob
from harness.engine.lists import ScoredListsJob
from harness.errors import InvalidError
from harness.predictions.answers import bringing
from harness.predictions.answers.checks import finite_vectors, none_refused, one_each
from harness.predictions.answers.classes import ClassAnswer
from harness.predictions.answers.embedding import EmbeddingAnswer
from harness.predictions.answers.score import ScoreAnswer
from harness.runs.batches import DEFAULTS
from harness.tasks.images import Decoder

Reals = NDArray[np.float64]
Ask = Callable[[Model, Sequence[Any]], Reals]

LISTS = frozenset({"rank", "asking"})
"""Capabilities that see all documents of a query at once: an item alone means nothing to them."""


def ask_of(capability: str) -> Ask:
    """How to ask for a capability. Raises :class:`InvalidError` for what is no answer."""
    return _ASKS.get(capability) or _brought(capability)


def items_of(capability: str) -> list[Any]:
    """Ten embedded items for a capability."""
    if capability == "score_pairs":
        return list(items.PAIRS)
    if capability == "keep_first_stage":
        return [float(10 - place) for place in range(10)]
    if of_pictures(capability):
        return items.pictures()
    return list(items.TEXTS) if capability in _ASKS else _shown(capability, items.TEXTS)


def of_pictures(capability: str) -> bool:
    """Whether a capability is given pictures."""
    if capability in _ASKS:
        return capability.endswith("_images")
    return capability in bringing(capability).served.get("images", ())


def odd_items(capability: str) -> Mapping[str, Any]:
    """Items that models stumble over, by what they are."""
    if of_pictures(capability):
        return items.odd_pictures()
    if capability == "keep_first_stage":
        return {}
    texts = {
        "an empty text": items.EMPTY,
        "a very long text": items.LONG,
        "a text beyond ASCII": items.NOT_ASCII,
    }
    if capability == "score_pairs":
        return {name: (items.QUERY, text) for name, text in texts.items()}
    if capability not in _ASKS:
        return dict(zip(texts, _shown(capability, tuple(texts.values())), strict=True))
    return texts


def _shown(capability: str, texts: Sequence[str]) -> list[Any]:
    kind = bringing(capability)
    return [kind.trial(items.QUERY, text, items.TEXTS[0]) for text in texts]


def _bench() -> Bench:
    return Bench(DEFAULTS["cpu"], lambda done: None, Decoder(threads=True))


def _ids(found: Sequence[Any]) -> list[str]:
    return [f"item {place}" for place in range(len(found))]


def _pairs(model: Model, asked: Sequence[Any]) -> Reals:
    return _whole(one_each(model.score_pairs(asked), len(asked), "score_pairs"), asked)


def _rank(model: Model, asked: Sequence[Any]) -> Reals:
    rows, _ = ListJob((("the query", items.QUERY, tuple(asked)),)).run(model, _bench())
    return rows.astype(np.float64)


def _asking(model: Model, asked: Sequence[Any]) -> Reals:
    rows, _ = AskJob((("the query", items.QUERY, tuple(asked)),)).run(model, _bench())
    return np.asarray(rows[:, 0], dtype=np.float64)


def _keep(model: Model, asked: Sequence[Any]) -> Reals:
    return _whole(one_each(model.keep_first_stage(asked), len(asked), "keep_first_stage"), asked)


def _embedded(model: Model, asked: Sequence[Any]) -> Reals:
    sides = [
        finite_vectors(model.embed_texts(list(asked), kind=kind), list(asked))
        for kind in ("query", "document")
    ]
    stacked([side[:1] for side in sides])  # queries and documents are compared
    return np.concatenate(sides, axis=1).astype(np.float64)


def _whole(rows: NDArray[Any], asked: Sequence[Any]) -> Reals:
    flat = rows.reshape(len(rows), -1)
    none_refused(~np.isfinite(flat).all(axis=1), _ids(asked))
    return rows.astype(np.float64)


def _scores(capability: str) -> Ask:
    return lambda model, asked: _whole(ScoreAnswer().rows(model, capability, asked), asked)


def _classes(capability: str) -> Ask:
    def ask(model: Model, asked: Sequence[Any]) -> Reals:
        answer = ClassAnswer(tuple(map(str, model.labels)))
        return _whole(answer.rows(model, capability, asked), asked)

    return ask


def _images(model: Model, asked: Sequence[Any]) -> Reals:
    return _whole(EmbeddingAnswer().rows(model, "embed_images", asked), asked)


def _score_lists(model: Model, asked: Sequence[Any]) -> Reals:
    texts = tuple(asked)
    ids = (("the query", tuple(_ids(asked))),)
    rows, _ = ScoredListsJob(((items.QUERY, texts),), ids).run(model, _bench())
    return rows.astype(np.float64)


def _brought(capability: str) -> Ask:
    kind = bringing(capability)

    def ask(model: Model, asked: Sequence[Any]) -> Reals:
        ids = tuple(_ids(asked))
        answer = kind.of(ItemData(ids, list(asked), (), ids))
        rows = answer.rows(model, capability, asked)
        if not answer.fits(rows, len(asked)):
            raise InvalidError(f"{capability}() gave {rows.shape} rows for {len(asked)} items")
        none_refused(answer.refused(rows), ids)
        return _numbers(rows)

    return ask


def _numbers(rows: NDArray[Any]) -> Reals:
    """Rows that can be compared: what is unknown beside an answer is 0, a text its checksum."""
    if rows.dtype.kind in "US":
        sums = [float(crc32(str(one).encode())) for one in rows.ravel()]
        return np.array(sums).reshape(rows.shape)
    return np.where(np.isnan(rows), 0.0, rows).astype(np.float64)


_ASKS: dict[str, Ask] = {
    "score_pairs": _pairs,
    "score_lists": _score_lists,
    "rank": _rank,
    "asking": _asking,
    "keep_first_stage": _keep,
    "embed_texts": _embedded,
    "embed_images": _images,
    "score_texts": _scores("score_texts"),
    "score_images": _scores("score_images"),
    "classify_texts": _classes("classify_texts"),
    "classify_images": _classes("classify_images"),
}
"""Capability of the harness -> how it is asked for; what is looked up by id is not run."""
