"""Jobs: what a worker does for one part, as picklable data with a ``run`` method.

What a model returns is checked here, at the first place that sees it: shape, count, finiteness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from harness.capabilities import Floats, Model, TextKind
from harness.engine.batching import Room, estimate_tokens, run_batches, stacked
from harness.engine.blame import WORST, Blame
from harness.errors import InvalidError, MarginBenchError
from harness.predictions.answers.base import Rows
from harness.predictions.answers.checks import (
    finite_vectors,
    listed,
    none_refused,
    numbers,
    one_each,
    vectors,
)
from harness.runs.batches import BatchSettings
from harness.tasks.images import Decoder

Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker lends to every job: batch settings, a counter of items done, a decoder.

    A :class:`~harness.engine.batching.Room` in place of settings is what its device was found to
    hold, for all of its jobs.
    """

    batch: BatchSettings | Room
    tick: Tick
    decoder: Decoder


class Job(Protocol):
    """One part's work with everything it needs: picklable, independent of all other jobs."""

    def run(self, model: Model, bench: Bench) -> tuple[Rows, int]:
        """Return the part's rows and the number of halved batches."""
        ...


@dataclass(frozen=True, slots=True)
class PairJob:
    """Score pairs in length-sorted batches.

    ``on_error``: a pair that cannot be scored is an error with its ids, or, with ``"worst-rank"``,
    a NaN, which scoring counts as not found.
    """

    pairs: tuple[tuple[str, str], ...]
    ids: tuple[str, ...]
    on_error: str = "error"

    @property
    def counted(self) -> Sequence[object]:
        """What the model counts the tokens of."""
        return self.pairs

    def run(self, model: Model, bench: Bench) -> tuple[Rows, int]:
        """See :class:`Job`; rows are one score per pair."""
        lengths = token_counts(model, self.pairs) or [
            estimate_tokens(query) + estimate_tokens(text) for query, text in self.pairs
        ]

        def score(pairs: list[tuple[str, str]]) -> Rows:
            return one_each(model.score_pairs(pairs), len(pairs), "score_pairs")

        call = Blame(score, self.ids, "pair", self.on_error == WORST)
        numbered = list(enumerate(self.pairs))
        rows, halvings = run_batches(numbered, lengths, bench.batch, call, bench.tick)
        call.check()
        return finite_or_lost(rows, self.ids, self.on_error), halvings


@dataclass(frozen=True, slots=True)
class EmbedJob:
    """Encode texts in length-sorted batches, queries and documents apart.

    ``on_error`` as in :class:`PairJob`; what has no vector has no cosine with anything.
    """

    texts: tuple[tuple[TextKind, str], ...]
    on_error: str = "error"

    @property
    def counted(self) -> Sequence[object]:
        """What the model counts the tokens of."""
        return [text for _, text in self.texts]

    def run(self, model: Model, bench: Bench) -> tuple[Floats, int]:
        """See :class:`Job`; rows are one vector per text."""
        halvings = 0
        rows: Floats | None = None
        for kind in ("query", "document"):
            chosen = [i for i, (k, _) in enumerate(self.texts) if k == kind]
            if not chosen:
                continue
            texts = [self.texts[i][1] for i in chosen]
            encoded, halved = self._encode(model, texts, kind, bench)
            halvings += halved
            if rows is None:
                rows = np.empty((len(self.texts), encoded.shape[1]), dtype=np.float32)
            stacked([rows[:1], encoded])  # queries and documents are compared
            rows[chosen] = encoded
        assert rows is not None, "a part is never empty"
        return rows, halvings

    def _encode(
        self, model: Model, texts: list[str], kind: TextKind, bench: Bench
    ) -> tuple[Floats, int]:
        lengths = token_counts(model, texts) or [estimate_tokens(text) for text in texts]
        keep = self.on_error == WORST

        def encode(some: list[str]) -> Floats:
            found = model.embed_texts(some, kind=kind)
            return vectors(found, len(some), "embed_texts") if keep else finite_vectors(found, some)

        names = [repr(text[:40]) for text in texts]
        call = Blame(encode, names, f"the {kind} that begins", keep, (0,))
        numbered = list(enumerate(texts))
        rows, halvings = run_batches(numbered, lengths, bench.batch, call, bench.tick)
        call.check()
        rows = rows.copy()
        rows[~np.isfinite(rows).all(axis=1)] = np.nan
        return rows, halvings


@dataclass(frozen=True, slots=True)
class ListJob:
    """Rank whole lists, one query per call.

    ``on_error``: a query whose list does not come back whole is an error with its id, or, with
    ``"worst-rank"``, one whose candidates were not ranked.
    """

    lists: tuple[tuple[str, str, tuple[str, ...]], ...]
    on_error: str = "error"

    def run(self, model: Model, bench: Bench) -> tuple[Floats, int]:
        """See :class:`Job`; the best of n documents gets n, the last gets 1."""
        rows: list[Floats] = [np.empty(0, dtype=np.float32)]
        lost: list[MarginBenchError] = []
        for query_id, query, documents in self.lists:
            try:
                rows.append(self._ranked(model, query_id, query, documents))
            except InvalidError as error:
                if self.on_error != WORST:
                    raise
                lost.append(error)
                rows.append(np.full(len(documents), np.nan, dtype=np.float32))
            bench.tick(len(documents))
        if lost and len(lost) == len(self.lists):
            raise lost[0]  # of every query: the model's fault
        return np.concatenate(rows), 0

    @staticmethod
    def _ranked(model: Model, query_id: str, query: str, documents: Sequence[str]) -> Floats:
        given = listed(model.rank(query, documents), "rank") if documents else []
        order = numbers(given, "rank")
        if not np.array_equal(np.sort(order), np.arange(len(documents))):
            raise InvalidError(
                f"rank() for query {query_id!r} did not return every index of its "
                f"{len(documents)} documents exactly once"
            )
        scores = np.empty(len(documents), dtype=np.float32)
        scores[order.astype(np.intp)] = np.arange(len(documents), 0, -1)
        return scores


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


def finite_or_lost(rows: Floats, ids: Sequence[str], on_error: str) -> Floats:
    """The scores, finite, or InvalidError with the ids of those that are not.

    With ``"worst-rank"`` these are NaN.
    """
    refused = ~np.isfinite(rows)
    if on_error != WORST:
        none_refused(refused, ids)
    return np.where(refused, np.float32(np.nan), rows)


def token_counts(model: Model, items: Sequence[object]) -> list[int] | None:
    """Token counts by the model itself, or ``None`` when it cannot count."""
    count = getattr(model, "count_tokens", None)
    return None if count is None else [int(n) for n in count(items)]
