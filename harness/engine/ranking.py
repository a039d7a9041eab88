"""Work on lists: a reranking task cut into jobs, by what the model can do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from harness.capabilities import Floats, Model, TextKind
from harness.data import Group, RankingData
from harness.engine.batching import stacked
from harness.engine.effort import Columns
from harness.engine.jobs import EmbedJob, Job, KeepJob, ListJob, PairJob, joined
from harness.engine.parts import cut
from harness.predictions.answers.base import Rows
from harness.predictions.answers.checks import finite_vectors
from harness.strict_json import Json


class RankingWork:
    """What all work on lists shares: scores say all that there is to tell of a model."""

    protocol: ClassVar[str]
    listwise: ClassVar[bool] = False
    batched: ClassVar[bool] = True
    data: RankingData

    def told(self, model: Model) -> dict[str, Json]:
        """Nothing."""
        return {}

    def effort(self, parts: Sequence[Rows], spent: Sequence[Rows | None]) -> Columns | None:
        """Nothing that was counted."""
        return None

    def noticed(self, rows: Rows) -> dict[str, Json]:
        """Nothing."""
        return {}


class GroupWork(RankingWork):
    """Work whose parts are runs of whole groups; rows are one score per candidate."""

    protocol = "one query with all its candidates per call"
    listwise = True
    batched = False

    def __init__(self, data: RankingData) -> None:
        self.data = data
        counts = [len(group.candidates) for group in data.groups]
        self.bounds = cut(counts, smallest=1000, largest=8192)
        self.sizes = tuple(sum(counts[a:b]) for a, b in self.bounds)

    def groups(self, index: int) -> tuple[Group, ...]:
        """The groups of part ``index``."""
        start, stop = self.bounds[index]
        return self.data.groups[start:stop]

    def texts(self, group: Group) -> tuple[str, ...]:
        """Texts of a group's candidates, in order."""
        return tuple(self.data.documents[document] for document in group.candidates)

    def accepts(self, index: int, rows: Rows) -> bool:
        """Whether ``rows`` is one score per candidate of the part."""
        return rows.shape == (self.sizes[index],)

    def assemble(self, parts: Sequence[Rows]) -> Rows:
        """The parts one after another."""
        return joined(parts)


class PairWork(GroupWork):
    """Pair scoring: batches are length-sorted across all queries of a part."""

    listwise = False
    batched = True

    def job(self, index: int) -> Job:
        """Pairs of the part's groups."""
        pairs = [(g.query, text) for g in self.groups(index) for text in self.texts(g)]
        ids = [f"{g.id} / {d}" for g in self.groups(index) for d in g.candidates]
        return PairJob(tuple(pairs), tuple(ids), self.data.on_error)

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """Score one query's candidates, shortest code path."""
        group = self.data.groups[index]
        pairs = [(group.query, text) for text in self.texts(group)]
        return lambda: model.score_pairs(pairs)


class ListWork(GroupWork):
    """Listwise ranking: one call per query; scores are ranks counted from the end."""

    def job(self, index: int) -> Job:
        """Queries of the part with their candidates' texts."""
        groups = self.groups(index)
        lists = tuple((g.id, g.query, self.texts(g)) for g in groups)
        return ListJob(lists, self.data.on_error)

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """Rank one query's candidates."""
        group = self.data.groups[index]
        texts = self.texts(group)
        return lambda: model.rank(group.query, texts)


class KeepWork(GroupWork):
    """The first stage's own scores."""

    protocol = ""

    def job(self, index: int) -> Job:
        """Scores of the part's groups."""
        return KeepJob(tuple(g.first_stage_scores for g in self.groups(index)))

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """Nothing: reading stored scores is not a latency."""
        return lambda: None


class EmbedWork(RankingWork):
    """Embedding: every distinct (kind, text) is encoded once; a score is a cosine.

    Parts are runs of texts sorted by length over the whole task, so batches pad little.
    """

    protocol = "query encoded alone, cosine against its candidates, documents encoded before"

    def __init__(self, data: RankingData) -> None:
        self.data = data
        queries = dict.fromkeys(group.query for group in data.groups)
        documents = dict.fromkeys(
            data.documents[document] for group in data.groups for document in group.candidates
        )
        texts: list[tuple[TextKind, str]] = [
            *(("query", text) for text in queries),
            *(("document", text) for text in documents),
        ]
        texts.sort(key=lambda kind_text: -len(kind_text[1]))  # stable, so a function of the input
        self.texts = texts
        self.row = {kind_text: row for row, kind_text in enumerate(texts)}
        self.bounds = cut([1] * len(texts), smallest=128, largest=2048)
        self.sizes = tuple(b - a for a, b in self.bounds)

    def job(self, index: int) -> Job:
        """Texts of the part."""
        start, stop = self.bounds[index]
        return EmbedJob(tuple(self.texts[start:stop]), self.data.on_error)

    def accepts(self, index: int, rows: Rows) -> bool:
        """Whether ``rows`` is one vector per text of the part."""
        return rows.ndim == 2 and rows.shape[0] == self.sizes[index]

    def assemble(self, parts: Sequence[Rows]) -> Floats:
        """Cosine of each query with its candidates; a zero vector has cosine 0 with all."""
        if not parts:
            return np.empty(0, dtype=np.float32)
        vectors = unit_rows(stacked(parts))
        scores = [self._cosines(vectors, group) for group in self.data.groups]
        return np.concatenate([np.empty(0, dtype=np.float32), *scores])

    def _cosines(self, vectors: Floats, group: Group) -> Floats:
        documents = self.data.documents
        rows = [self.row["document", documents[document]] for document in group.candidates]
        query = vectors[self.row["query", group.query]]
        return np.asarray(vectors[rows] @ query, dtype=np.float32)

    def probe(self, model: Model, index: int) -> Callable[[], object]:
        """Encode one query and compare it with as many vectors as it has candidates."""
        group = self.data.groups[index]
        first = finite_vectors(model.embed_texts([group.query], kind="query"), [group.query])
        documents = np.repeat(first, len(group.candidates), axis=0)

        def encode_and_compare() -> object:
            query = np.asarray(model.embed_texts([group.query], kind="query"), dtype=np.float32)
            return documents @ unit_rows(query)[0]

        return encode_and_compare


def unit_rows(vectors: ArrayLike) -> Floats:
    """Rows scaled to length 1 in float32; a zero row stays zero."""
    rows = np.asarray(vectors, dtype=np.float32)
    norms = np.linalg.norm(rows, axis=1, keepdims=True).astype(np.float32)
    norms[norms == 0] = 1
    return np.asarray(rows / norms, dtype=np.float32)
