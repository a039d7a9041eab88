"""One way to ask a model for any capability: items in, one row of numbers each out, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Model
from harness.data.shown import Answered, Matchup
from harness.engine.asking import AskJob
from harness.engine.batching import stacked
from harness.engine.checking import items
from harness.engine.jobs import Bench, ListJob
from harness.engine.lists import ScoredListsJob
from harness.predictions.answers.checks import finite_vectors, none_refused, one_each
from harness.predictions.answers.classes import ClassAnswer
from harness.predictions.answers.embedding import EmbeddingAnswer
from harness.predictions.answers.likelihood import SUM, TOKENS, LikelihoodAnswer
from harness.predictions.answers.score import ScoreAnswer
from harness.predictions.answers.verdict import VerdictAnswer
from harness.runs.batches import DEFAULTS
from harness.tasks.images import Decoder

Reals = NDArray[np.float64]
Ask = Callable[[Model, Sequence[Any]], Reals]

LISTS = frozenset({"rank", "asking"})
"""Capabilities that see all documents of a query at once: an item alone means nothing to them."""


def ask_of(capability: str) -> Ask:
    """How to ask for a capability. Raises :class:`InvalidError` for what is no answer."""
    return _ASKS[capability]


def items_of(capability: str) -> list[Any]:
    """Ten embedded items for a capability."""
    if capability == "score_pairs":
        return list(items.PAIRS)
    if capability == "keep_first_stage":
        return [float(10 - place) for place in range(10)]
    if capability in _SHOWN:
        return [_SHOWN[capability](text) for text in items.TEXTS]
    return items.pictures() if capability.endswith("_images") else list(items.TEXTS)


def odd_items(capability: str) -> Mapping[str, Any]:
    """Items that models stumble over, by what they are."""
    if capability.endswith("_images"):
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
    if capability in _SHOWN:
        return {name: _SHOWN[capability](text) for name, text in texts.items()}
    return texts


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


def _judged(model: Model, asked: Sequence[Any]) -> Reals:
    return VerdictAnswer().rows(model, "judge_texts", asked).astype(np.float64)


def _likely(model: Model, asked: Sequence[Any]) -> Reals:
    rows = LikelihoodAnswer().rows(model, "answer_likelihoods", asked)
    return _whole(rows[:, [SUM, TOKENS]], asked)


_SHOWN: Mapping[str, Callable[[str], str]] = {
    "judge_texts": lambda text: Matchup(items.QUERY, text, items.TEXTS[0]),
    "answer_likelihoods": lambda text: Answered(items.QUERY, text),
}
"""Capability -> the text that it is shown of one of ours."""

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
    "judge_texts": _judged,
    "answer_likelihoods": _likely,
}
"""Capability -> how it is asked for; what is looked up by id is not run."""
