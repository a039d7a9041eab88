"""Judgements alone: all that scoring a run needs where nobody has the texts."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError
from harness.tasks.trec import read_qrels
from suites.reranking.corpus import Collection, MemoryCorpus
from suites.reranking.folder import split_exclusions


def read_judgements(path: Path) -> Collection:
    """A collection of the judged queries, without a text.

    Queries that a run has beyond them may be queries that nobody judged, and no document is
    strange. Raises as :func:`~harness.tasks.trec.read_qrels` does.
    """
    gold, exclusions = split_exclusions(read_qrels(path))
    return Collection(
        corpus=MemoryCorpus({}),
        queries=dict.fromkeys(gold, ""),
        gold=gold,
        exclusions=exclusions,
        complete=False,
        judgements_alone=True,
    )


def require_lists(path: Path, first_stage: str | None) -> None:
    """Raise :class:`UsageError` when nothing says which documents are candidates."""
    if first_stage is None or first_stage == "bm25":
        raise UsageError(
            f"{path} holds judgements alone, so no candidates can be found",
            fix="Name the run whose lists are ranked: --first-stage RUN. A run is scored on its "
            "own lists when it is both --first-stage and --predictions",
        )
