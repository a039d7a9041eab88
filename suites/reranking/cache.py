"""BM25's lists, kept between runs because they are slow to make.

Entries are keyed by everything they were made from.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from harness.fingerprint import digest
from harness.strict_json import Json
from harness.tasks.cache import cached_file, write
from harness.tasks.parquet import opened, to_parquet
from suites.reranking.bm25 import Ranked
from suites.reranking.corpus import Corpus, corpus_digest

_FORMAT = 1


def key(
    corpus: Corpus,
    queries: Mapping[str, str],
    without: Mapping[str, Collection[str]],
    parameters: Mapping[str, Json],
    *,
    depth: int,
) -> str:
    """sha256 over corpus, queries, forbidden documents, parameters and versions."""
    groups = ([query, text, sorted(without[query])] for query, text in queries.items())
    head = [_FORMAT, corpus_digest(corpus), dict(parameters), depth]
    return digest([head, *groups])


def load(name: str) -> tuple[dict[str, Ranked], int] | None:
    """The lists of that key with the count of empty documents, or ``None``."""
    import pyarrow as pa

    try:
        with opened(cached_file(_lists(name))) as file:
            table = file.read()
        facts = json.loads(table.schema.metadata[b"marginbench"])
        columns = [table.column(i).to_pylist() for i in ("query", "documents", "scores")]
        if facts["key"] != name or facts["queries"] != len(columns[0]):
            return None
        if any(len(d) != len(s) for d, s in zip(columns[1], columns[2], strict=True)):
            return None
        lists = {q: Ranked(tuple(d), tuple(s)) for q, d, s in zip(*columns, strict=True)}
        return lists, int(facts["empty"])
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
        return None


def store(name: str, lists: Mapping[str, Ranked], empty: int) -> None:
    """Keep lists for the next time, if that is possible."""
    import pyarrow as pa

    facts = {"key": name, "queries": len(lists), "empty": empty}
    schema = pa.schema(
        [
            ("query", pa.string()),
            ("documents", pa.list_(pa.string())),
            ("scores", pa.list_(pa.float64())),
        ],
        metadata={"marginbench": json.dumps(facts)},
    )
    columns = [
        list(lists),
        [r.documents for r in lists.values()],
        [r.scores for r in lists.values()],
    ]
    table = pa.Table.from_arrays(
        [pa.array(values, kind.type) for values, kind in zip(columns, schema, strict=True)],
        schema=schema,
    )
    write(_lists(name), to_parquet(table))


def _lists(name: str) -> str:
    return f"bm25-{name[:32]}.parquet"
