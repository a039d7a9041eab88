"""TREC runs: what the model ranked, for trec_eval, ir_measures, ranx and everything like them."""

from __future__ import annotations

from collections.abc import Sequence

from harness.compare.boards.board import named
from harness.exchange.base import File, Format, Run, Told, Written
from harness.exchange.evidence import ranked, side_of
from harness.registry import Lazy
from harness.runs.folder import slug
from harness.tasks.trec import run_bytes

FORMAT = Format(title="runs in TREC's form", write=Lazy("harness.exchange.trec:write"))


def write(runs: Sequence[Run], told: Told) -> Written:
    """A run for each ranking: higher scores first, ties in the order in which they count here.

    trec_eval breaks ties by ids instead; in how many queries that may matter is said.
    """
    files, left, notes = [], [], []
    for run in runs:
        lists = list(ranked(side_of(run)))
        if not lists:
            left.append(run.record.task.id)
            continue
        model, task = run.record.model, run.record.task
        work = f"{slug(task.id)}-{task.fingerprint[:8]}"
        place = f"{work}/{slug(model.name)}-{model.fingerprint[:8]}.trec"
        files.append(File(place, run_bytes(lists, name=model.name)))
        tied = sum(len(set(scores)) < len(scores) for _, _, scores in lists)
        if tied:
            notes.append(f"{place}: {tied:,} of {len(lists):,} queries have tied scores")
    if left:
        notes.append(f"left out {named(left)}: no ranking lies beside the record")
    return Written(files, notes)
