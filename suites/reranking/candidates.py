"""Candidate lists from files: runs of every form, those of rank_llm among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.tasks.trec import read_run, run_stem
from suites.reranking.bm25 import Ranked


@dataclass(frozen=True, slots=True)
class CandidateFile:
    """A run as read: its name, digest, and a lazy mapping query id -> ranked documents.

    ``blanks_possible`` says that some id may stand for one with blanks, see
    :mod:`harness.predictions.trec_ids`.
    """

    path: Path
    name: str
    sha256: str
    lists: Mapping[str, Ranked]
    blanks_possible: bool


def read_candidates(path: Path) -> CandidateFile:
    """Read a TREC run, or a run in any other form that :func:`read_run` knows.

    Raises :class:`UsageError` when it is missing, :class:`InvalidError` when it is malformed.
    """
    run = read_run(path)
    # The file's own name says more than the tags inside, which are often just "rank".
    groups, blanks = _RunLists(run.groups()), any("_" in name for name in run.document_ids().names)
    return CandidateFile(path, run_stem(path), run.sha256, groups, blanks)


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
