"""The embedded task for slow models: twenty queries of the networkx task, short functions alone.

A language model on two cores reads a few hundred tokens a second, which makes hours of the whole
task. Documents are its functions of at most :data:`LONGEST_DOCUMENT` characters, as they are;
queries are those of twenty of them, chosen by the sha256 of their ids and by nothing that a model
or a first stage thinks of them.
"""

from __future__ import annotations

import hashlib

from suites.reranking.corpus import Collection, MemoryCorpus
from suites.reranking.networkx_code import check_content, read_pinned
from suites.reranking.pins import Pin, pins

LONGEST_DOCUMENT = 250
QUERIES = 20
DEPTH = 5
"""Candidates kept per query, unless the person asks for another number."""


def read_short(expected: str) -> Collection:
    """The part whose content has the sha256 ``expected``; raises as :func:`read_pinned` does."""
    found = part(read_pinned(_whole().content_sha256))
    check_content(found, expected)
    return found


def part(whole: Collection) -> Collection:
    """The short functions of a collection, and twenty of their queries in its order."""
    short = {i: text for i, text in whole.corpus.texts() if len(text) <= LONGEST_DOCUMENT}
    asked = [query for query, grades in whole.gold.items() if grades.keys() <= short.keys()]
    chosen = set(sorted(asked, key=_mixed)[:QUERIES])
    queries = {query: text for query, text in whole.queries.items() if query in chosen}
    return Collection(
        corpus=MemoryCorpus(short),
        queries=queries,
        gold={query: whole.gold[query] for query in queries},
        clusters={query: whole.clusters[query] for query in queries},
    )


def _mixed(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()


def _whole() -> Pin:
    return next(pin for pin in pins() if pin.kind == "networkx")
