"""Runs in JSON: the lists of rank_llm, and objects of ``{query: {document: score}}`` (ranx, BEIR).

rank_llm writes ``{"query": text, "hits": [{"qid", "docid", "score", "rank", "content"}]}`` in one
list, or of late ``{"query": {"qid", "text"}, "candidates": [{"docid", "score", "doc"}]}``, in one
list or one to a line. What stands in a list is ranked in its order where it has no rank.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from math import isnan
from pathlib import Path
from typing import Any, NamedTuple

from harness.errors import InvalidError
from harness.tasks.reading.content import text_lines
from harness.tasks.reading.json_text import objects, parse, read_document
from harness.tasks.reading.run_columns import Columns
from harness.tasks.reading.run_lines import RunBuilder, rank_of, score_of

_TEXTS = ("content", "contents", "text", "segment", "body", "passage")
_IDS = ("docid", "doc_id", "pid", "id")


class Hit(NamedTuple):
    """One document of a list; ``text`` is ``None`` when the file does not hold it."""

    document: str
    rank: int
    score: float
    text: str | None
    title: str


class Entry(NamedTuple):
    """One query with its list."""

    query: str
    text: str
    hits: list[Hit]


def read_entries(path: Path) -> Iterator[Entry]:
    """The lists of a rank_llm file. Queries without hits that bear no id are skipped.

    Raises :class:`InvalidError` for anything else.
    """
    for entry in _entries(_values(path), path):
        unscored = next((hit.document for hit in entry.hits if isnan(hit.score)), None)
        if unscored is not None:
            raise InvalidError(
                f"{path}: query {entry.query!r}: score 'nan' of {unscored!r} is not finite"
            )
        yield entry


def read_json_run(path: Path) -> Columns | None:
    """The run in a JSON file of either kind, ``None`` when it is a table of rows.

    Raises :class:`InvalidError` in one line for what is no run.
    """
    values = _values(path)
    first = next(values, None)
    found = RunBuilder()
    if isinstance(first, dict) and not {"hits", "candidates", "query"} & set(first):
        if not first or not all(isinstance(value, dict | list) for value in first.values()):
            return None
        _add_object(first, found, path)
        return found.columns(path)
    if isinstance(first, dict) and {"score", "rank"} & set(first):
        return None
    for entry in _entries(chain([] if first is None else [first], values), path):
        for hit in entry.hits:
            where = f"{path}: query {entry.query!r}"
            found.add(entry.query, hit.document, hit.rank, hit.score, where)
    return found.columns(path)


def _entries(values: Iterable[Any], path: Path) -> Iterator[Entry]:
    seen: set[str] = set()
    for number, entry in enumerate(values, 1):
        found = _entry(entry, f"{path}, entry {number}", path)
        if found is None:
            continue
        if found.query in seen:
            raise InvalidError(f"{path}: hits of query {found.query!r} stand in several entries")
        seen.add(found.query)
        yield found


def _values(path: Path) -> Iterator[Any]:
    """Entries of the list that the file is, or those of its lines, or the one value it holds."""
    lines = text_lines(path)
    line = next(lines, (0, ""))[1]
    try:
        first = parse(line)
    except ValueError:
        first = read_document(path)  # one value that takes several lines, or a broken one
    else:
        if next(lines, None) is not None:
            yield from (entry for _, entry in objects(path))
            return
    yield from first if isinstance(first, list) else [first]


def _entry(entry: Any, where: str, path: Path) -> Entry | None:
    if not isinstance(entry, dict):
        raise InvalidError(f"{path}: not a candidates file, {where} is no object")
    listed = "candidates" if "candidates" in entry else "hits"
    for name in ("query", listed):
        if name not in entry:
            raise InvalidError(f"{path}: not a candidates file, missing {name!r}")
    hits, query = entry[listed], entry["query"]
    if not isinstance(hits, list) or not all(isinstance(hit, dict) for hit in hits):
        raise InvalidError(f"{where}: {listed} is no list of objects")
    told = query.get("qid") if isinstance(query, dict) else entry.get("qid")
    names = {str(hit["qid"]) for hit in hits if "qid" in hit} | ({str(told)} - {"None"})
    if not names and not hits:
        return None
    if len(names) != 1:
        raise InvalidError(f"{where}: not a candidates file, {len(names)} query ids in one list")
    text = query.get("text", "") if isinstance(query, dict) else query
    name = names.pop()
    return Entry(
        name, str(text), [_hit(hit, n, f"{path}: query {name!r}") for n, hit in enumerate(hits, 1)]
    )


def _hit(hit: dict[str, Any], place: int, where: str) -> Hit:
    name = next((key for key in _IDS if key in hit), "docid")
    missing = [key for key in (name, "score") if key not in hit]
    if missing:
        raise InvalidError(f"{where}: not a candidates file, a hit is missing {missing[0]!r}")
    text, title = _text(hit)
    rank = rank_of(hit["rank"], where) if "rank" in hit else place
    return Hit(document_id(hit[name], where), rank, score_of(hit["score"], where), text, title)


def _text(hit: Mapping[str, Any]) -> tuple[str | None, str]:
    """Text and title of a hit, wherever they stand."""
    held = hit.get("doc", hit)
    if isinstance(held, str):
        return held, ""
    if not isinstance(held, dict):
        return None, ""
    title = held.get("title")
    texts = (held[key] for key in _TEXTS if isinstance(held.get(key), str))
    return next(texts, None), title if isinstance(title, str) else ""


def document_id(value: Any, where: str) -> str:
    """An id of a document. Raises :class:`InvalidError` for anything but a text or an integer."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise InvalidError(f"{where}: {str(value)[:40]!r} is not an id")
    return str(value)


def _add_object(lists: Any, found: RunBuilder, path: Path) -> None:
    for query, documents in lists.items():
        where = f"{path}: query {query[:40]!r}"
        if isinstance(documents, dict):
            for rank, (document, score) in enumerate(documents.items(), 1):
                found.add(query, document, rank, score_of(score, where), where)
        elif isinstance(documents, list):
            for rank, document in enumerate(documents, 1):
                found.add(query, document_id(document, where), rank, -float(rank))
        else:
            raise InvalidError(f"{where}: neither scores by document nor a list of documents")
