"""Judgements: TREC's four columns, three columns, tables with a header, JSON and Parquet.

A grade is a whole number, also where it is written as a float (``1.0``). A line that stands twice
says the same twice and counts once; two grades of one document are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import InvalidError, first_ids
from harness.tasks.reading import numerals
from harness.tasks.reading.content import head_of, marked_encoding, say, text_lines
from harness.tasks.reading.json_text import read_document
from harness.tasks.reading.run_json import document_id
from harness.tasks.reading.run_lines import count_of, fields_of, split
from harness.tasks.reading.run_tables import DOCUMENT, QUERY
from harness.tasks.tables import find_columns, read_table

Qrels = dict[str, dict[str, int]]
_GRADE = ("score", "relevance", "rel", "grade", "label", "relevance_grade", "rating")
_NOTHING = ("q0", "iter", "iteration", "0", "unused", "subtopic")
_FORM = "expected 'query 0 document grade', or three fields"
ROLES = {
    "query": (*QUERY, "topic", "query"),
    "document": (*DOCUMENT, "doc", "document"),
    "grade": _GRADE,
}
Judgement = tuple[str, str, str, int]
"""Where it stands, query, document and grade."""


def read_judgements(path: Path) -> Qrels:
    """Query id -> document id -> grade, in file order.

    Raises :class:`InvalidError` for malformed lines (file and line), documents with two grades,
    and a file without judgements.
    """
    qrels: Qrels = {}
    repeated: list[str] = []
    again = 0
    for _, query, document, grade in _judgements(path):
        judged = qrels.setdefault(query, {})
        if document not in judged:
            judged[document] = grade
        elif judged[document] == grade:
            again += 1
        else:
            repeated.append(f"{query} {document}")
    if repeated:
        raise InvalidError(
            f"{path}: {len(repeated)} repeated (query, document) pairs with another grade: "
            f"{first_ids(repeated)}"
        )
    if not qrels:
        raise InvalidError(f"{path} holds no judgements")
    if again:
        say(f"{path}: {again} judgements stand there twice, and count once")
    return qrels


def _judgements(path: Path) -> Iterator[Judgement]:
    head = head_of(path, 4096)
    if head.startswith((b"PAR1", b"PK\x03\x04")):
        return _of_table(path)
    text = head.decode(marked_encoding(path), "ignore").lstrip()
    if text.startswith("{") and _is_object(path):
        return _of_object(path)
    if text[:1] in ("[", "{"):
        return _of_table(path)
    first = text.partition("\n")[0]
    header = _header(split(first) if "\t" not in first else first.split("\t"))
    if header or not _header(re.split("[,;|]", first)):
        return _of_lines(path, header)
    return _of_table(path)


def _header(cells: Sequence[str]) -> dict[str, int]:
    """Where each role stands, if the cells of a first line are names; a damaged grade is none."""
    words = [cell.strip(" \"'\r\n").lower() for cell in cells]
    known = {*ROLES["query"], *ROLES["document"], *_GRADE, *_NOTHING}
    if len(words) < 3 or any(word not in known for word in words):
        return {}
    places = {
        role: next((words.index(name) for name in names if name in words), -1)
        for role, names in ROLES.items()
    }
    return places if -1 not in places.values() else {}


def _of_lines(path: Path, header: Mapping[str, int]) -> Iterator[Judgement]:
    count = 0
    places = header
    for number, line in text_lines(path):
        where = f"{path}:{number}"
        if not count:
            count = count_of(line, (4, 3))
            places = header or {"query": 0, "document": count - 2, "grade": count - 1}
            if header:
                continue
        fields = fields_of(line, count)
        if len(fields) not in (3, 4):
            raise InvalidError(f"{where}: {_FORM}")
        grade = grade_of(fields[places["grade"] if len(fields) == count else -1], where)
        if len(fields) != count:
            raise InvalidError(f"{where}: {len(fields)} fields, where lines before have {count}")
        yield where, fields[places["query"]], fields[places["document"]], grade


def _of_table(path: Path) -> Iterator[Judgement]:
    for row in read_table(path):
        where = f"{path}:{row.number}" if ".json" in path.name else f"{path}, row {row.number}"
        columns = find_columns(row, ROLES)
        for role, names in ROLES.items():
            if role not in columns:
                name = {"query": "query-id", "document": "corpus-id"}.get(role, names[0])
                raise InvalidError(f"{where}: field {name!r} is missing")
        cells: dict[str, Any] = {role: row.values[column] for role, column in columns.items()}
        query, document = (document_id(cells[role], where) for role in ("query", "document"))
        yield where, query, document, grade_of(cells["grade"], where, columns["grade"])


def _is_object(path: Path) -> bool:
    """Whether a file is ``{query: {document: grade}}`` (ranx)."""
    try:
        found = read_document(path)
    except InvalidError:
        return False
    return isinstance(found, dict) and all(isinstance(value, dict) for value in found.values())


def _of_object(path: Path) -> Iterator[Judgement]:
    for query, grades in read_document(path).items():
        for document, grade in grades.items():
            where = f"{path}: query {query[:40]!r}"
            yield where, query, document, grade_of(grade, where)


def grade_of(value: Any, where: str, name: str = "grade") -> int:
    """A grade. Raises :class:`InvalidError` in one line for what is no whole number."""
    try:
        return numerals.whole(value)
    except (ValueError, OverflowError):
        shown = repr(value[:40]) if isinstance(value, str) else str(value)[:40]
        raise InvalidError(f"{where}: {name} {shown} is not an integer") from None
