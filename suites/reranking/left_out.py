"""Rows of a run that a task's own rules take out: dropped and counted, never refused.

A run as people have it goes deeper than the task's lists and holds what no list may hold: the
query's own document, documents that are excluded or empty, and queries that nobody judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.predictions.trec_ids import written
from suites.reranking.bm25 import Ranked
from suites.reranking.corpus import Collection

UNJUDGED, LIMITED, SELF_HIT = "unjudged_query", "beyond_limit", "self_hit"
EXCLUDED, EMPTY, BELOW = "excluded_document", "empty_document", "below_depth"


def forbidden(collection: Collection, query: str) -> dict[str, str]:
    """Documents that must not be ranked for a query, and why: excluded, or the query itself.

    A document with the query's id is the query itself (ArguAna, Quora), unless the judgements
    say something about it: then the ids are equal by accident and it stays.
    """
    without = dict.fromkeys(collection.exclusions.get(query, ()), EXCLUDED)
    if query not in collection.gold.get(query, {}):
        without[query] = SELF_HIT
    return without


@dataclass(frozen=True, slots=True)
class TakenOut:
    """The rules of one loaded task. ``judged`` are its queries, as limited.

    ``lists`` are those of the file that the candidates came from, whole; empty where they came
    from no file. See :class:`harness.data.LeftOut`.
    """

    collection: Collection
    judged: frozenset[str]
    lists: Mapping[str, Ranked] = field(default_factory=dict)

    def reasons(self, pairs: Sequence[tuple[str, str]]) -> list[str | None]:
        """See :class:`harness.data.LeftOut`."""
        queries = {written(query): query for query in (*self.collection.queries, *self.judged)}
        held: dict[str, Mapping[str, str]] = {}
        found: list[str | None] = []
        for name, document in pairs:
            query = queries.get(written(name))
            if query is None or query not in self.judged:
                found.append(self._of_query(query))
                continue
            if query not in held:
                held[query] = self._of_documents(query)
            found.append(held[query].get(written(document)))
        return self._empty(pairs, found)

    def _of_query(self, query: str | None) -> str | None:
        if query is None:
            return UNJUDGED if self.collection.judgements_alone else None
        return LIMITED if query in self.collection.gold else UNJUDGED

    def _of_documents(self, query: str) -> Mapping[str, str]:
        own = self.lists.get(query)
        reasons = dict.fromkeys(map(written, own.documents), BELOW) if own is not None else {}
        banned = forbidden(self.collection, query)
        return {**reasons, **{written(document): why for document, why in banned.items()}}

    def _empty(
        self, pairs: Sequence[tuple[str, str]], found: Sequence[str | None]
    ) -> list[str | None]:
        """The reasons, with that of documents without a text, which no list of any query holds."""
        asked = {pair[1] for pair, why in zip(pairs, found, strict=True) if why in (None, BELOW)}
        texts = self.collection.corpus.lookup(asked) if asked else {}
        empty = {document for document, text in texts.items() if not text}
        return [
            EMPTY if why in (None, BELOW) and pair[1] in empty else why
            for pair, why in zip(pairs, found, strict=True)
        ]
