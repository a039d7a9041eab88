"""From a test collection to a loaded task: groups, candidates, gold and counts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.data import Group, RankingData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, UsageError, first_ids
from harness.tasks.load import BM25
from suites.reranking.corpus import Collection
from suites.reranking.first_stage import Candidates, from_bm25, from_file
from suites.reranking.joining import writing_of

DEPTH = 100
"""Candidates kept per query, unless the person asks for another number."""


def build(collection: Collection, request: LoadRequest, *, depth: int | None = None) -> RankingData:
    """Make groups of exactly the judged queries, in the order of the queries file.

    Judgements about unknown documents and queries are counted, and refused only when all are.
    """
    gold, notes = _checked_gold(collection)
    queries = {i: text for i, text in collection.queries.items() if i in gold}
    queries = dict(list(queries.items())[: _limit(request)])
    found = _candidates(collection, request, queries, depth=request.depth or depth or DEPTH)
    return RankingData(
        groups=tuple(
            Group(
                id=query,
                query=text,
                candidates=found.lists[query].documents,
                first_stage_scores=found.lists[query].scores,
                cluster=collection.clusters.get(query, query),
            )
            for query, text in queries.items()
        ),
        documents=found.documents,
        gold={query: dict(gold[query]) for query in queries},
        first_stage=found.first_stage,
        notes={**notes, **found.notes},
        on_error=request.on_error,
        left_out=found.left_out,
    )


def _candidates(
    collection: Collection, request: LoadRequest, queries: Mapping[str, str], *, depth: int
) -> Candidates:
    wanted = request.first_stage
    if wanted is None and collection.first_stage is not None:
        return from_file(collection, queries, collection.first_stage, request, depth=depth)
    if wanted is None or wanted == BM25:
        return from_bm25(collection, queries, depth=depth)
    return from_file(collection, queries, Path(wanted), request, depth=depth)


def _limit(request: LoadRequest) -> int | None:
    if request.limit is not None and request.limit < 1:
        raise UsageError(f"limit is {request.limit}, but at least one group is needed")
    return request.limit


def _checked_gold(
    collection: Collection,
) -> tuple[Mapping[str, Mapping[str, int]], dict[str, int]]:
    gold = collection.gold
    lost = [query for query in gold if query not in collection.queries]
    if len(lost) == len(gold):
        raise InvalidError(
            f"none of the {len(gold)} judged queries is known: {first_ids(lost)}"
            + writing_of(lost, collection.queries)
        )
    notes = {"judged_queries_absent": len(lost)}
    if not collection.complete:
        return gold, notes
    judged = {document for grades in gold.values() for document in grades}
    present = collection.corpus.present(judged)
    if not present:
        raise InvalidError(
            f"none of the {len(judged)} judged documents is in the corpus: "
            f"{first_ids(sorted(judged))}"
            + writing_of(sorted(judged), (name for name, _ in collection.corpus.texts()))
        )
    return gold, {**notes, "judged_documents_absent": len(judged) - len(present)}
