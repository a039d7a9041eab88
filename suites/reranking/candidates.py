"""Candidate lists from files: TREC runs, and the JSON form of rank_llm."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import InvalidError, UsageError, first_ids
from harness.files import sha256_file
from harness.tasks.trec import read_run
from suites.reranking.bm25 import Ranked


@dataclass(frozen=True, slots=True)
class CandidateFile:
    """A run as read: its name, digest, and a lazy mapping query id -> ranked documents."""

    path: Path
    name: str
    sha256: str
    lists: Mapping[str, Ranked]


def read_candidates(path: Path) -> CandidateFile:
    """Read a ``.json`` candidates file, or else a TREC run.

    Raises :class:`UsageError` when it is missing, :class:`InvalidError` when it is malformed.
    """
    if path.suffix == ".json":
        lists = {query: _ranked(hits, path, query) for query, _, hits in read_hits(path)}
        return CandidateFile(path, _name(path), sha256_file(path), lists)
    run = read_run(path)
    return CandidateFile(path, _name(path), run.sha256, _RunLists(run.groups()))


def _name(path: Path) -> str:
    # The file's own name says more than the tags inside, which are often just "rank".
    return Path(path.stem).stem if path.suffix == ".gz" else path.stem


class _RunLists(Mapping[str, Ranked]):
    def __init__(self, groups: Mapping[str, Any]) -> None:
        self._groups = groups

    def __getitem__(self, query: str) -> Ranked:
        documents, scores = self._groups[query]
        return Ranked(tuple(documents), tuple(scores.tolist()))

    def __iter__(self) -> Iterator[str]:
        return iter(self._groups)

    def __len__(self) -> int:
        return len(self._groups)


def read_hits(path: Path) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Yield (query id, query text, hits) of a rank_llm candidates file.

    The file is a list of ``{"query", "hits": [{"qid", "docid", "score", "rank", "content"}]}``;
    ``content`` may be missing. Queries without hits have no id there and are skipped.
    """
    if not path.is_file():
        raise UsageError(f"candidates file {path} does not exist")
    try:
        entries = json.loads(path.read_bytes())
    except ValueError as error:
        raise InvalidError(f"{path}: not valid JSON ({error})") from None
    seen: set[str] = set()
    try:
        for entry in entries:
            if not entry["hits"]:
                continue
            query = str(entry["hits"][0]["qid"])
            if query in seen or any(str(hit["qid"]) != query for hit in entry["hits"]):
                raise InvalidError(f"{path}: hits of query {query!r} stand in several entries")
            seen.add(query)
            yield query, str(entry["query"]), entry["hits"]
    except (KeyError, TypeError) as error:
        raise InvalidError(f"{path}: not a candidates file, missing {error}") from None


def _ranked(hits: list[dict[str, Any]], path: Path, query: str) -> Ranked:
    try:
        rows = [(-float(hit["score"]), int(hit["rank"]), str(hit["docid"])) for hit in hits]
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidError(f"{path}: bad hit of query {query!r}: {error!r}") from None
    if not all(math.isfinite(row[0]) for row in rows):
        raise InvalidError(f"{path}: query {query!r} has a score that is not finite")
    documents = [row[2] for row in rows]
    if len(set(documents)) < len(documents):
        twice = sorted({i for i in documents if documents.count(i) > 1})
        raise InvalidError(f"{path}: query {query!r} repeats documents {first_ids(twice)}")
    rows.sort(key=lambda row: row[:2])
    return Ranked(tuple(row[2] for row in rows), tuple(-row[0] for row in rows))
