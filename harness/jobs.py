"""Jobs: what a worker does for one part, as picklable data with a ``run`` method.

What a model returns is checked here, at the first place that sees it: shape, count, finiteness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import ArrayLike

from harness.batching import BatchSettings, estimate_tokens, run_batches
from harness.capabilities import Floats, Model, TextKind
from harness.errors import InvalidError, first_ids
from harness.images import Decoder, Failure, ImageSource

if TYPE_CHECKING:
    from PIL.Image import Image

Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker lends to every job: batch settings, a counter of items done, a decoder."""

    batch: BatchSettings
    tick: Tick
    decoder: Decoder


class Job(Protocol):
    """One part's work with everything it needs: picklable, independent of all other jobs."""

    def run(self, model: Model, bench: Bench) -> tuple[Floats, int]:
        """Return the part's rows and the number of halved batches."""
        ...


@dataclass(frozen=True, slots=True)
class PairJob:
    """Score pairs in length-sorted batches."""

    pairs: tuple[tuple[str, str], ...]
    ids: tuple[str, ...]

    def run(self, model: Model, bench: Bench) -> tuple[Floats, int]:
        """See :class:`Job`; rows are one score per pair."""
        lengths = _token_counts(model, self.pairs) or [
            estimate_tokens(query) + estimate_tokens(text) for query, text in self.pairs
        ]

        def call(pairs: list[tuple[str, str]]) -> Floats:
            return _vector(model.score_pairs(pairs), len(pairs), "score_pairs")

        rows, halvings = run_batches(self.pairs, lengths, bench.batch, call, bench.tick)
        return _finite(rows, self.ids), halvings


@dataclass(frozen=True, slots=True)
class EmbedJob:
    """Encode texts in length-sorted batches, queries and documents apart."""

    texts: tuple[tuple[TextKind, str], ...]

    def run(self, model: Model, bench: Bench) -> tuple[Floats, int]:
        """See :class:`Job`; rows are one vector per text."""
        halvings = 0
        rows: Floats | None = None
        for kind in ("query", "document"):
            chosen = [i for i, (k, _) in enumerate(self.texts) if k == kind]
            if not chosen:
                continue
            texts = [self.texts[i][1] for i in chosen]
            vectors, halved = self._encode(model, texts, kind, bench)
            halvings += halved
            if rows is None:
                rows = np.empty((len(self.texts), vectors.shape[1]), dtype=np.float32)
            rows[chosen] = vectors
        assert rows is not None, "a part is never empty"
        return rows, halvings

    @staticmethod
    def _encode(model: Model, texts: list[str], kind: TextKind, bench: Bench) -> tuple[Floats, int]:
        lengths = _token_counts(model, texts) or [estimate_tokens(text) for text in texts]

        def call(some: list[str]) -> Floats:
            return checked_vectors(model.embed_texts(some, kind=kind), len(some), some)

        return run_batches(texts, lengths, bench.batch, call, bench.tick)


@dataclass(frozen=True, slots=True)
class ListJob:
    """Rank whole lists, one query per call."""

    lists: tuple[tuple[str, str, tuple[str, ...]], ...]

    def run(self, model: Model, bench: Bench) -> tuple[Floats, int]:
        """See :class:`Job`; the best of n documents gets n, the last gets 1."""
        rows: list[Floats] = [np.empty(0, dtype=np.float32)]
        for query_id, query, documents in self.lists:
            order = np.asarray(list(model.rank(query, documents)) if documents else [])
            if not np.array_equal(np.sort(order), np.arange(len(documents))):
                raise InvalidError(
                    f"rank() for query {query_id!r} did not return every index of its "
                    f"{len(documents)} documents exactly once"
                )
            scores = np.empty(len(documents), dtype=np.float32)
            scores[order.astype(np.intp)] = np.arange(len(documents), 0, -1)
            rows.append(scores)
            bench.tick(len(documents))
        return np.concatenate(rows), 0


@dataclass(frozen=True, slots=True)
class KeepJob:
    """Keep the first stage's scores."""

    scores: tuple[tuple[float, ...], ...]

    def run(self, model: Model, bench: Bench) -> tuple[Floats, int]:
        """See :class:`Job`."""
        rows = [_vector(model.keep_first_stage(s), len(s), "keep_first_stage") for s in self.scores]
        bench.tick(sum(map(len, rows)))
        return np.concatenate([np.empty(0, dtype=np.float32), *rows]), 0


@dataclass(frozen=True, slots=True)
class TextJob:
    """Score single texts in length-sorted batches."""

    texts: tuple[str, ...]
    ids: tuple[str, ...]

    def run(self, model: Model, bench: Bench) -> tuple[Floats, int]:
        """See :class:`Job`; rows are one score per text."""
        lengths = _token_counts(model, self.texts) or [estimate_tokens(t) for t in self.texts]

        def call(texts: list[str]) -> Floats:
            return _vector(model.score_texts(texts), len(texts), "score_texts")

        rows, halvings = run_batches(self.texts, lengths, bench.batch, call, bench.tick)
        return _finite(rows, self.ids), halvings


IMAGES_AT_ONCE = 64
"""Decoded images that wait for the model, at most."""


@dataclass(frozen=True, slots=True)
class ImageJob:
    """Score images, each decoded once while the model is at work on those before.

    ``on_error``: an image that cannot be scored is an error with its id, or, with
    ``"worst-rank"``, a NaN that scoring counts as the worst of the task.
    """

    sources: tuple[ImageSource, ...]
    ids: tuple[str, ...]
    on_error: str

    def run(self, model: Model, bench: Bench) -> tuple[Floats, int]:
        """See :class:`Job`; rows are one score per image."""
        rows = np.full(len(self.sources), np.nan, dtype=np.float32)
        halvings = 0
        held: list[tuple[int, Image]] = []
        most = min(bench.batch.items, IMAGES_AT_ONCE)
        for index, image in enumerate(bench.decoder.decode(self.sources)):
            if isinstance(image, Failure):
                self._failed(index, image.why)
                bench.tick(1)
                continue
            held.append((index, image))
            if len(held) == most:
                halvings += self._score(model, held, rows, bench)
                held = []
        if held:
            halvings += self._score(model, held, rows, bench)
        return rows if self.on_error == "worst-rank" else _finite(rows, self.ids), halvings

    def _failed(self, index: int, why: str) -> None:
        if self.on_error != "worst-rank":
            raise InvalidError(
                f"image {self.ids[index]}: {why}",
                fix="Repair the file, or count it as the worst with --on-error worst-rank",
            )

    @staticmethod
    def _score(model: Model, held: list[tuple[int, Image]], rows: Floats, bench: Bench) -> int:
        def call(images: list[Image]) -> Floats:
            return _vector(model.score_images(images), len(images), "score_images")

        images = [image for _, image in held]
        scores, halvings = run_batches(images, [1] * len(images), bench.batch, call, bench.tick)
        rows[[index for index, _ in held]] = np.where(np.isfinite(scores), scores, np.nan)
        return halvings


def _token_counts(model: Model, items: Sequence[object]) -> list[int] | None:
    count = getattr(model, "count_tokens", None)
    return None if count is None else [int(n) for n in count(items)]


def _vector(values: ArrayLike, count: int, method: str) -> Floats:
    rows = np.asarray(values, dtype=np.float32)
    if rows.shape != (count,):
        raise InvalidError(
            f"{method}() returned shape {rows.shape} for {count} items; it must be ({count},)"
        )
    return rows


def _finite(rows: Floats, ids: Sequence[str]) -> Floats:
    bad = np.flatnonzero(~np.isfinite(rows))
    if len(bad):
        raise InvalidError(
            f"{len(bad)} of {len(rows)} scores are NaN or infinite: "
            + first_ids([ids[int(i)] for i in bad])
        )
    return rows


def checked_vectors(values: ArrayLike, count: int, texts: Sequence[str]) -> Floats:
    """``values`` as a finite float32 matrix with one row per text, or InvalidError."""
    rows = np.asarray(values, dtype=np.float32)
    if rows.ndim != 2 or len(rows) != count or rows.shape[1] == 0:
        raise InvalidError(
            f"embed_texts() returned shape {rows.shape} for {count} texts; "
            "it must be (texts, dimension)"
        )
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise InvalidError(
            f"{len(bad)} of {count} embeddings hold NaN or infinity; their texts begin: "
            + first_ids([texts[int(i)][:40] for i in bad])
        )
    return rows
