"""The first stage: who is a candidate for which query, before any model sees them.

Excluded documents, self-hits and empty documents leave the lists before the cut to ``depth``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.data import FirstStage
from harness.data.asked import LoadRequest
from harness.errors import IncompleteError, InvalidError, UsageError, first_ids
from harness.tasks.item_ids import alike
from suites.reranking import bm25, cache
from suites.reranking.bm25 import Ranked
from suites.reranking.candidates import read_candidates
from suites.reranking.corpus import Collection, Corpus
from suites.reranking.joining import joined_documents, joined_queries
from suites.reranking.left_out import EXCLUDED, SELF_HIT, TakenOut
from suites.reranking.left_out import forbidden as forbidden_for


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidate lists per query with their texts, which are empty when some are not known."""

    first_stage: FirstStage
    lists: Mapping[str, Ranked]
    documents: Mapping[str, str]
    notes: Mapping[str, int]
    left_out: TakenOut


def forbidden(collection: Collection, queries: Iterable[str]) -> dict[str, frozenset[str]]:
    """Documents that must not be ranked, by query: the excluded ones and the query's own."""
    return {query: frozenset(forbidden_for(collection, query)) for query in queries}


def from_bm25(collection: Collection, queries: Mapping[str, str], *, depth: int) -> Candidates:
    """BM25 over the whole corpus; lists are cached by the content they were made from."""
    if not collection.complete:
        raise UsageError(
            "BM25 needs the whole corpus, and this folder holds only the texts of candidates",
            fix="Give --first-stage a run file, or leave --data out to load the corpus",
        )
    without = forbidden(collection, queries)
    parameters = bm25.parameters()
    key = cache.key(collection.corpus, queries, without, parameters, depth=depth)
    stored = cache.load(key)
    if stored is None:
        stored = bm25.search_all(collection.corpus, queries, without, depth=depth)
        cache.store(key, *stored)
    lists, empty = stored
    return Candidates(
        first_stage=FirstStage("bm25", depth, parameters),
        lists=lists,
        documents=collection.corpus.lookup(_union(lists)),
        notes={"empty_documents_removed": empty},
        left_out=TakenOut(collection, frozenset(queries)),
    )


def from_file(
    collection: Collection,
    queries: Mapping[str, str],
    path: Path,
    request: LoadRequest,
    *,
    depth: int,
) -> Candidates:
    """The lists of a TREC run or a candidates file.

    A run has no way to write an empty list, so judged queries that the file lacks may be those
    for which nothing was found. ``request.missing`` says so: their lists are then empty.

    Raises :class:`IncompleteError` for judged queries that the file lacks when nothing was said,
    and :class:`InvalidError` for queries and documents that the collection does not know.
    """
    file = read_candidates(path)
    known = joined_queries(file, collection)
    names = {query: name for query, name in known.items() if query in queries}
    missing = [query for query in queries if query not in names]
    if missing and request.missing == "error":
        raise IncompleteError(
            f"{path} lacks {len(missing)} of {len(queries)} judged queries: {first_ids(missing)}",
            fix="Add their lists to the run, or count them as queries for which nothing was "
            "found with --missing zero",
        )
    lists = {query: file.lists[names[query]] if query in names else NOTHING for query in queries}
    if collection.complete and file.blanks_possible:
        lists = joined_documents(lists, collection.corpus, path)
    allowed, taken = _allowed(collection, lists)
    kept, texts, empty = _cut(collection, allowed, path, depth=depth)
    return Candidates(
        first_stage=FirstStage(file.name, depth, {"file_sha256": file.sha256}),
        lists=kept,
        documents=texts,
        notes={
            "empty_documents_removed": empty,
            "run_queries_unjudged": sum(1 for query in known if query not in collection.gold),
            "judged_queries_without_a_list": len(missing),
            "self_hits_removed": taken[SELF_HIT],
            "excluded_documents_removed": taken[EXCLUDED],
        },
        left_out=TakenOut(collection, frozenset(queries), lists),
    )


NOTHING = Ranked((), ())
"""The list of a query for which nothing was found."""


def _allowed(
    collection: Collection, lists: Mapping[str, Ranked]
) -> tuple[dict[str, Ranked], Counter[str]]:
    """Lists without the rows that may not be ranked, and how many of those there are, by why."""
    counts: Counter[str] = Counter()
    found = {}
    for query, ranked in lists.items():
        banned = forbidden_for(collection, query)
        found[query] = _without(ranked, frozenset(banned))
        if found[query] is not ranked:
            held = set(ranked.documents)
            counts.update(why for document, why in banned.items() if document in held)
    return found, counts


def _cut(
    collection: Collection, lists: Mapping[str, Ranked], path: Path, *, depth: int
) -> tuple[dict[str, Ranked], dict[str, str], int]:
    # Texts are looked up only for documents that may be kept; each empty one that turns up
    # makes room for the next, hence the loop.
    texts: dict[str, str] = {}
    empty: frozenset[str] = frozenset()
    while True:
        kept = {query: _first(_without(ranked, empty), depth) for query, ranked in lists.items()}
        union = _union(kept)
        wanted = union - texts.keys()
        found = collection.corpus.lookup(wanted) if wanted else {}
        if len(found) < len(wanted):
            if not collection.complete:
                return kept, {}, 0
            raise _unknown(wanted - found.keys(), kept, path, collection.corpus)
        texts.update(found)
        more = [document for document, text in found.items() if not text]
        if not more:
            return kept, {i: text for i, text in texts.items() if i in union}, len(empty)
        empty = empty.union(more)


def _without(ranked: Ranked, banned: frozenset[str]) -> Ranked:
    """The same list where none of its documents is banned, else one without those that are."""
    documents, scores = ranked
    if not banned or banned.isdisjoint(documents):
        return ranked
    rows = [row for row, document in enumerate(documents) if document not in banned]
    return Ranked(tuple(documents[row] for row in rows), tuple(scores[row] for row in rows))


def _first(ranked: Ranked, depth: int) -> Ranked:
    if len(ranked.documents) <= depth:
        return ranked
    return Ranked(ranked.documents[:depth], ranked.scores[:depth])


def _unknown(
    ids: set[str], lists: Mapping[str, Ranked], path: Path, corpus: Corpus
) -> InvalidError:
    order = dict.fromkeys(i for ranked in lists.values() for i in ranked.documents if i in ids)
    return InvalidError(
        f"{path} names {len(ids)} documents that the corpus does not have: {first_ids(list(order))}"
        + (f"; {written}" if (written := alike(order, {i for i, _ in corpus.texts()})) else "")
    )


def _union(lists: Mapping[str, Ranked]) -> set[str]:
    return set().union(*(ranked.documents for ranked in lists.values()))
