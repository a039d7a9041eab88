"""Folders in BEIR layout: ``corpus.jsonl``, ``queries.jsonl``, ``qrels/<split>.tsv``.

Each file may be gzipped. Corpus lines are ``{"_id", "title", "text"}``, query lines ``{"_id",
"text"}`` with an optional ``excluded_ids`` list as in BRIGHT. Judgements may also be one
``qrels.jsonl`` (``query-id``, ``corpus-id``, ``score``), the form of LIMIT.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import InvalidError, UsageError, first_ids
from harness.tasks.trec import read_qrels
from suites.reranking.corpus import Collection, document_text

EXCLUDED_GRADE = -100
"""Grade by which ir_datasets marks documents that must not be ranked for a query (BRIGHT)."""

_LAYOUT = "A BEIR folder has corpus.jsonl, queries.jsonl and qrels/test.tsv (each may end in .gz)"


@dataclass(frozen=True, slots=True)
class JsonlCorpus:
    """A corpus file that is read again for each need, so that only ids are held."""

    path: Path
    ids: frozenset[str]

    def __len__(self) -> int:
        return len(self.ids)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every (id, text), in file order."""
        for _, entry in _entries(self.path):
            yield str(entry["_id"]), document_text(entry.get("title") or "", entry["text"])

    def lookup(self, ids: Iterable[str]) -> dict[str, str]:
        """Texts of those ids that the corpus has; one pass over the file."""
        wanted = self.ids.intersection(ids)
        return {i: text for i, text in self.texts() if i in wanted} if wanted else {}

    def present(self, ids: Iterable[str]) -> set[str]:
        """Those ids that the corpus has."""
        return set(self.ids.intersection(ids))


def is_beir_folder(folder: Path) -> bool:
    """Whether the folder holds a corpus file in BEIR layout."""
    return _find(folder / "corpus.jsonl") is not None


def read_folder(folder: Path, *, split: str | None = None) -> Collection:
    """Read a BEIR folder.

    ``split`` names the judgements; without it ``test`` is taken, or the only split there is.
    Raises :class:`UsageError` for a missing file or an unclear split and :class:`InvalidError`,
    with file and line, for what cannot be read.
    """
    corpus = _required(folder / "corpus.jsonl")
    queries_path = _required(folder / "queries.jsonl")
    judged = _read_judgements(folder, split)
    gold, exclusions = split_exclusions(judged)
    queries = {}
    for query, entry in _unique_entries(queries_path):
        queries[query] = _text(queries_path, query, entry, "text")
        excluded = [str(i) for i in entry.get("excluded_ids") or () if i != "N/A"]
        if excluded:
            exclusions[query] = exclusions.get(query, frozenset()).union(excluded)
    return Collection(
        corpus=JsonlCorpus(corpus, _document_ids(corpus)),
        queries=queries,
        gold=gold,
        exclusions=exclusions,
    )


def split_exclusions(
    judged: Mapping[str, Mapping[str, int]],
) -> tuple[dict[str, dict[str, int]], dict[str, frozenset[str]]]:
    """Part judgements into gold and excluded documents (grade -100)."""
    gold = {
        query: {i: grade for i, grade in grades.items() if grade != EXCLUDED_GRADE}
        for query, grades in judged.items()
    }
    exclusions = {
        query: frozenset(i for i, grade in grades.items() if grade == EXCLUDED_GRADE)
        for query, grades in judged.items()
    }
    return (
        {query: grades for query, grades in gold.items() if grades},
        {query: ids for query, ids in exclusions.items() if ids},
    )


def _read_judgements(folder: Path, split: str | None) -> dict[str, dict[str, int]]:
    lines = _find(folder / "qrels.jsonl")
    if lines is not None and not (folder / "qrels").is_dir():
        return _read_jsonl_qrels(lines)
    return read_qrels(_qrels_file(folder, split))


def _qrels_file(folder: Path, split: str | None) -> Path:
    found = {}
    for path in sorted((folder / "qrels").glob("*.tsv*")):
        name, _, ending = path.name.partition(".tsv")
        if ending in ("", ".gz"):
            found[name] = path
    if not found:
        raise UsageError(f"{folder / 'qrels'} holds no <split>.tsv", fix=_LAYOUT)
    wanted = split or ("test" if "test" in found or len(found) > 1 else next(iter(found)))
    if wanted not in found:
        raise UsageError(
            f"{folder / 'qrels'} has no split {wanted!r}, only {first_ids(list(found))}",
            fix=f"Name the judgements to use {wanted}.tsv",
        )
    return found[wanted]


def _read_jsonl_qrels(path: Path) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    for number, entry in _entries(path):
        try:
            query, document = str(entry["query-id"]), str(entry["corpus-id"])
            grade = entry["score"]
        except KeyError as error:
            raise InvalidError(f"{path}:{number}: field {error} is missing") from None
        if type(grade) is not int:
            raise InvalidError(f"{path}:{number}: score {grade!r} is not an integer")
        if document in qrels.setdefault(query, {}):
            raise InvalidError(f"{path}:{number}: {query!r}, {document!r} is judged twice")
        qrels[query][document] = grade
    if not qrels:
        raise InvalidError(f"{path} holds no judgements")
    return qrels


def _document_ids(path: Path) -> frozenset[str]:
    ids = []
    for document, entry in _unique_entries(path):
        _text(path, document, entry, "text")
        if not isinstance(entry.get("title") or "", str):
            raise InvalidError(f"{path}: the title of {document!r} is not a string")
        ids.append(document)
    if not ids:
        raise InvalidError(f"{path} holds no documents")
    return frozenset(ids)


def _unique_entries(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    seen: dict[str, int] = {}
    for number, entry in _entries(path):
        if "_id" not in entry:
            raise InvalidError(f"{path}:{number}: field '_id' is missing")
        if "text" not in entry:
            raise InvalidError(f"{path}:{number}: field 'text' is missing")
        name = str(entry["_id"])
        if name in seen:
            raise InvalidError(
                f"{path}:{number}: id {name!r} was already used in line {seen[name]}"
            )
        seen[name] = number
        yield name, entry


def _text(path: Path, name: str, entry: dict[str, Any], field: str) -> str:
    value = entry[field]
    if not isinstance(value, str):
        raise InvalidError(f"{path}: the {field} of {name!r} is not a string")
    return value


def _entries(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        try:
            for number, line in enumerate(file, 1):
                if line.strip():
                    entry = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
                    if not isinstance(entry, dict):
                        raise InvalidError(f"{path}:{number}: not a JSON object")
                    yield number, entry
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise InvalidError(f"{path}:{number}: not valid JSON ({error})") from None
        except (EOFError, gzip.BadGzipFile) as error:
            raise InvalidError(f"{path} is not a whole gzip file ({error})") from None


def _required(path: Path) -> Path:
    found = _find(path)
    if found is None:
        raise UsageError(f"{path} is missing", fix=_LAYOUT)
    return found


def _find(path: Path) -> Path | None:
    zipped = path.with_name(path.name + ".gz")
    return next((candidate for candidate in (path, zipped) if candidate.is_file()), None)
