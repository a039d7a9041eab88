"""Jobs: what a worker does for one part, as picklable data with a ``run`` method.

What a model returns is checked here, at the first place that sees it: shape, count, finiteness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from harness.capabilities import Floats, Model, TextKind
from harness.engine.batching import estimate_tokens, run_batches
from harness.errors import InvalidError
from harness.predictions.answers.base import Rows
from harness.predictions.answers.checks import (
    finite_vectors,
    listed,
    none_refused,
    numbers,
    one_each,
)
from harness.runs.batches import BatchSettings
from harness.tasks.images import Decoder

Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker lends to every job: batch settings, a counter of items done, a decoder."""

    batch: BatchSettings
    tick: Tick
    decoder: Decoder


class Job(Protocol):
    """One part's work with everything it needs: picklable, independent of all other jobs."""

    def run(self, model: Model, bench: Bench) -> tuple[Rows, int]:
        """Return the part's rows and the number of halved batches."""
        ...


@dataclass(frozen=True, slots=True)
class PairJob:
    """Score pairs in length-sorted batches."""

    pairs: tuple[tuple[str, str], ...]
    ids: tuple[str, ...]

    def run(self, model: Model, bench: Bench) -> tuple[Rows, int]:
        """See :class:`Job`; rows are one score per pair."""
        lengths = token_counts(model, self.pairs) or [
            estimate_tokens(query) + estimate_tokens(text) for query, text in self.pairs
        ]

        def call(pairs: list[tuple[str, str]]) -> Rows:
            return one_each(model.score_pairs(pairs), len(pairs), "score_pairs")

        rows, halvings = run_batches(self.pairs, lengths, bench.batch, call, bench.tick)
        none_refused(~np.isfinite(rows), self.ids)
        return rows, halvings


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
        lengths = token_counts(model, texts) or [estimate_tokens(text) for text in texts]

        def call(some: list[str]) -> Floats:
            return finite_vectors(model.embed_texts(some, kind=kind), some)

        return run_batches(texts, lengths, bench.batch, call, bench.tick)


@dataclass(frozen=True, slots=True)
class ListJob:
    """Rank whole lists, one query per call."""

    lists: tuple[tuple[str, str, tuple[str, ...]], ...]

    def run(self, model: Model, bench: Bench) -> tuple[Floats, int]:
        """See :class:`Job`; the best of n documents gets n, the last gets 1."""
        rows: list[Floats] = [np.empty(0, dtype=np.float32)]
        for query_id, query, documents in self.lists:
            given = listed(model.rank(query, documents), "rank") if documents else []
            order = numbers(given, "rank")
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

    def run(self, model: Model, bench: Bench) -> tuple[Rows, int]:
        """See :class:`Job`."""
        rows = [
            one_each(model.keep_first_stage(s), len(s), "keep_first_stage") for s in self.scores
        ]
        bench.tick(sum(map(len, rows)))
        return joined(rows), 0


def joined(parts: Sequence[Rows]) -> Rows:
    """Parts one after another: float64 where one of them is, as scores are not narrowed."""
    return np.concatenate([np.empty(0, dtype=np.float32), *parts])


def token_counts(model: Model, items: Sequence[object]) -> list[int] | None:
    """Token counts by the model itself, or ``None`` when it cannot count."""
    count = getattr(model, "count_tokens", None)
    return None if count is None else [int(n) for n in count(items)]
