"""Runs as tables with named columns: ranx's Parquet, PyTerrier's CSV, the hub's ``top_ranked``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.errors import InvalidError, UsageError
from harness.tasks.reading.run_columns import Columns
from harness.tasks.reading.run_json import document_id
from harness.tasks.reading.run_lines import RunBuilder, rank_of, score_of
from harness.tasks.tables import Row, find_columns, read_table

QUERY = ("qid", "query_id", "query-id", "q_id", "queryid", "topic_id", "group")
DOCUMENT = (
    *("docno", "docid", "doc_id", "corpus-id", "corpus_id", "did", "pid", "document_id", "item"),
    *("corpus-ids", "dids", "docids"),
)
"""PyTerrier's ``docid`` is a number of its own beside ``docno``, the id."""

ROLES = {
    "query": QUERY,
    "document": DOCUMENT,
    "score": ("score", "scores", "sim", "similarity"),
    "rank": ("rank",),
}


def is_header(words: list[str]) -> bool:
    """Whether words are names of a run's columns rather than a line of one."""
    lower = {word.lower() for word in words}
    return bool(lower & set(QUERY)) and bool(lower & set(DOCUMENT))


def read_table_run(path: Path) -> Columns:
    """Read a table with a column for the query, one for the document, and a score or a rank.

    A cell may hold a list: all documents of the query, best first. Without scores, those are minus
    the rank. Raises :class:`UsageError` for missing columns, :class:`InvalidError` for bad cells.
    """
    found = RunBuilder()
    for row in read_table(path):
        columns = find_columns(row, ROLES)
        missing = [role for role in ("query", "document") if role not in columns]
        if missing:
            there = ", ".join(map(repr, row.values))
            raise UsageError(
                f"{path} is no run: no column for the {missing[0]} among {there[:300]}"
            )
        if isinstance(row.values.get(columns["document"]), list):
            _add_list(row, columns, found)
        else:
            _add_row(row, columns, found)
    return found.columns(path)


def _add_row(row: Row, columns: dict[str, str], found: RunBuilder) -> None:
    score, rank = (row.values.get(columns.get(role, "")) for role in ("score", "rank"))
    if score is None and rank is None:
        raise InvalidError(f"{row.where}: neither a score nor a rank")
    place = len(found.documents) if rank is None else rank_of(rank, row.where)
    number = -place if score is None else row.number_in(columns["score"])
    value = score_of(number, row.where)
    found.add(_id(row, columns["query"]), _id(row, columns["document"]), place, value)


def _add_list(row: Row, columns: dict[str, str], found: RunBuilder) -> None:
    documents: list[Any] = row.values[columns["document"]]
    scores: Any = row.values.get(columns.get("score", ""))
    if scores is not None and (not isinstance(scores, list) or len(scores) != len(documents)):
        raise InvalidError(f"{row.where}: not one score for each of {len(documents)} documents")
    query = _id(row, columns["query"])
    for rank, document in enumerate(documents, 1):
        score = -float(rank) if scores is None else score_of(scores[rank - 1], row.where)
        found.add(query, document_id(document, row.where), rank, score)


def _id(row: Row, column: str) -> str:
    return document_id(row.values.get(column), row.where)
