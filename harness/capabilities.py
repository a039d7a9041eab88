"""What a model can do, as protocols with one method each, on plain data.

A model is any object with at least one of these methods. It knows nothing of tasks, splits or
metrics; :mod:`harness.engine.work` turns one capability into another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

from harness.registry import brought

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray
    from PIL.Image import Image

    Floats: TypeAlias = NDArray[np.float32]
else:
    Floats = Any  # listing adapters must not pay for numpy

TextKind: TypeAlias = Literal["query", "document"]
Model: TypeAlias = Any
"""An object with at least one capability; see :func:`capabilities_of`."""


@runtime_checkable
class PairScorer(Protocol):
    """Scores (query, document) pairs; higher means more relevant."""

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> ArrayLike:
        """Return one finite float per pair, in order; computed in float32 before any squashing."""
        ...


@runtime_checkable
class ListsScorer(Protocol):
    """Scores whole lists, many of them at a time: how a server is asked."""

    def score_lists(self, lists: Sequence[tuple[str, Sequence[str]]]) -> Iterable[Any]:
        """Yield for each (query, documents), in order, one finite float per document.

        A generator is read as it goes, so that what has failed is not gone on with. A list may
        also be a :class:`harness.adapters.support.lists.ScoredList`, which says what was refused.
        """
        ...


@runtime_checkable
class ListRanker(Protocol):
    """Ranks a list of documents for one query."""

    def rank(self, query: str, documents: Sequence[str]) -> Sequence[int]:
        """Return every index of ``documents`` exactly once, best first."""
        ...


@runtime_checkable
class AskingRanker(Protocol):
    """Ranks lists by asking a language model, in questions that the harness puts into batches."""

    def asking(self, query: str, documents: Sequence[str]) -> Any:
        """Return one query being ranked: an :data:`harness.adapters.asking.asks.Asking`."""
        ...

    def answer(self, asks: Sequence[Any]) -> Sequence[Any]:
        """Reply to questions of any queries, in order; see :mod:`harness.adapters.asking.asks`."""
        ...


@runtime_checkable
class TextEmbedder(Protocol):
    """Embeds texts; relevance is the cosine of query and document."""

    def embed_texts(self, texts: Sequence[str], *, kind: TextKind) -> ArrayLike:
        """Return an array of shape (len(texts), dimension), finite, in order."""
        ...


@runtime_checkable
class FirstStageKeeper(Protocol):
    """Returns the first stage's own scores: the baseline row of a reranking table."""

    def keep_first_stage(self, scores: Sequence[float]) -> ArrayLike:
        """Return the scores of one group's candidates as they are."""
        ...


@runtime_checkable
class TextScorer(Protocol):
    """Scores single texts, such as how likely a machine wrote them."""

    def score_texts(self, texts: Sequence[str]) -> ArrayLike:
        """Return one finite float per text, in order, higher for more likely machine-made.

        A model whose scores run the other way declares the direction ``"lower"``.
        """
        ...


@runtime_checkable
class ImageScorer(Protocol):
    """Scores single images, such as how good they look."""

    def score_images(self, images: Sequence[Image]) -> ArrayLike:
        """Return one finite float per RGB image of 8 bits, in order, higher for better quality.

        A model whose scores run the other way declares the direction ``"lower"``.
        """
        ...


@runtime_checkable
class ImageEmbedder(Protocol):
    """Embeds images; those of one class should lie near each other."""

    def embed_images(self, images: Sequence[Image]) -> ArrayLike:
        """Return an array of shape (len(images), dimension), finite, in order.

        Embeddings need no particular length: the harness compares directions alone.
        """
        ...


@runtime_checkable
class TextClassifier(Protocol):
    """Chooses one of its classes for each text; ``labels`` are their names."""

    labels: Sequence[str]

    def classify_texts(self, texts: Sequence[str]) -> ArrayLike:
        """Return finite logits of shape (len(texts), len(labels)), the highest being chosen."""
        ...


@runtime_checkable
class ImageClassifier(Protocol):
    """Chooses one of its classes for each RGB image; ``labels`` are their names."""

    labels: Sequence[str]

    def classify_images(self, images: Sequence[Image]) -> ArrayLike:
        """Return finite logits of shape (len(images), len(labels)), the highest being chosen."""
        ...


@runtime_checkable
class RecordedEmbeddings(Protocol):
    """Embeddings that were made elsewhere, by item id."""

    def recorded_embeddings(self, ids: Sequence[str]) -> ArrayLike:
        """Return an array of shape (len(ids), dimension).

        Raises :class:`~harness.errors.IncompleteError` when ids have none.
        """
        ...


@runtime_checkable
class RecordedLabels(Protocol):
    """Predicted classes that were made elsewhere, by item id."""

    def recorded_labels(self, ids: Sequence[str]) -> tuple[Sequence[str], Sequence[float | None]]:
        """Return the class names and, where known, the confidence in each from 0 to 1.

        Raises :class:`~harness.errors.IncompleteError` when ids have none.
        """
        ...


@runtime_checkable
class GoldTeller(Protocol):
    """Is given the labels, which no model is, and says them: the ceiling of a task."""

    def tell_gold(self, gold: Sequence[float]) -> ArrayLike:
        """Return the numbers as they are: grades, classes by number, opinions."""
        ...


CAPABILITIES: dict[str, type[Any]] = {
    "score_pairs": PairScorer,
    "score_lists": ListsScorer,
    "asking": AskingRanker,
    "rank": ListRanker,
    "embed_texts": TextEmbedder,
    "keep_first_stage": FirstStageKeeper,
    "score_texts": TextScorer,
    "score_images": ImageScorer,
    "embed_images": ImageEmbedder,
    "classify_texts": TextClassifier,
    "classify_images": ImageClassifier,
    "recorded_embeddings": RecordedEmbeddings,
    "recorded_labels": RecordedLabels,
    "tell_gold": GoldTeller,
}
"""Capability name (the method's name) to its protocol, in order of preference."""

LOOKED_UP = frozenset({"keep_first_stage", "recorded_embeddings", "recorded_labels", "tell_gold"})
"""Capabilities that read answers: they need ids alone, and have neither speed nor latency."""

CLASSIFY = frozenset({"classify_texts", "classify_images"})
"""Capabilities that need the names of their classes in ``labels``."""


@cache
def known_capabilities() -> tuple[str, ...]:
    """All names: those above, and those that kinds of answers bring, of which none is imported."""
    return (*CAPABILITIES, *brought().names())


def capabilities_of(model: Model) -> frozenset[str]:
    """The names of the capabilities that an object has."""
    own = {name for name, kind in CAPABILITIES.items() if isinstance(model, kind)}
    further = known_capabilities()[len(CAPABILITIES) :]
    return frozenset(own | {name for name in further if callable(getattr(model, name, None))})
