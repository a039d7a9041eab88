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


def is_run(names: list[str]) -> bool:
    """Whether columns are those of a run: query, document, and a score or a rank."""
    lower = {name.strip().lower() for name in names}
    return is_header(list(lower)) and bool(lower & {*ROLES["score"], *ROLES["rank"]})


def read_table_run(path: Path) -> Columns:
    """Read a table with a column for the query, one for the document, and a score or a rank.

    A cell may hold a list: all documents of the query, best first. Without scores, those are minus
    the rank; a row without one among others that have one has NaN. Raises :class:`UsageError` for
    missing columns, :class:`InvalidError` for bad cells.
    """
    found = RunBuilder()
    empty: list[tuple[int, str]] = []
    for row in read_table(path):
        columns = find_columns(row, ROLES)
        missing = [role for role in ("query", "document") if role not in columns]
        if not found.documents:
            _refuse_several(row)
        if missing:
            there = ", ".join(map(repr, row.values))
            raise UsageError(
                f"{path} is no run: no column for the {missing[0]} among {there[:300]}"
            )
        if isinstance(row.values.get(columns["document"]), list):
            _add_list(row, columns, found)
        else:
            if _score(row, columns) is None:
                empty.append((len(found.documents), row.where))
            _add_row(row, columns, found)
    if empty and len(empty) < len(found.documents):  # minus the rank compares with no score
        for place, where in empty:
            found.unscore(place, where)
    return found.columns(path)


def _refuse_several(row: Row) -> None:
    """Where ``docno`` stands, its neighbour is a number; else no two may be the id of one thing."""
    lower = {name.strip().lower() for name in row.values}
    for names in (QUERY, () if "docno" in lower else DOCUMENT):
        two = sorted(name for name in lower if name in names)
        if len(two) > 1:
            raise UsageError(
                f"{row.file} is no run: {' and '.join(map(repr, two[:3]))} could each be the id",
                fix="Leave one of them in the table",
            )


def _add_row(row: Row, columns: dict[str, str], found: RunBuilder) -> None:
    score, rank = _score(row, columns), row.values.get(columns.get("rank", ""))
    if score is None and rank is None and "score" not in columns:
        raise InvalidError(f"{row.where}: neither a score nor a rank")
    place = len(found.documents) if rank is None else rank_of(rank, row.where)
    value = float("nan") if rank is None else -float(place)
    if score is not None:
        value = score_of(row.number_in(columns["score"]), row.where)
    query, document = _id(row, columns["query"]), _id(row, columns["document"])
    found.add(query, document, place, value, row.where)


def _score(row: Row, columns: dict[str, str]) -> Any:
    """The cell of the score, ``None`` where it is empty."""
    value = row.values.get(columns.get("score", ""))
    return None if isinstance(value, str) and not value.strip() else value


def _add_list(row: Row, columns: dict[str, str], found: RunBuilder) -> None:
    documents: list[Any] = row.values[columns["document"]]
    scores: Any = row.values.get(columns.get("score", ""))
    if scores is not None and (not isinstance(scores, list) or len(scores) != len(documents)):
        raise InvalidError(f"{row.where}: not one score for each of {len(documents)} documents")
    query = _id(row, columns["query"])
    for rank, document in enumerate(documents, 1):
        score = -float(rank) if scores is None else score_of(scores[rank - 1], row.where)
        found.add(query, document_id(document, row.where), rank, score, row.where)


def _id(row: Row, column: str) -> str:
    found = row.values.get(column)
    # As in lines, where blanks part fields: with and without one is one document.
    return document_id(found.strip(" ") if isinstance(found, str) else found, row.where)
