"""How the runs of a revision were made: what is the same in all of them, and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leaderboard_site.pages.facts import Pairs, system_facts
from leaderboard_site.reading.submitted import SubmittedRun
from leaderboard_site.text import DASH, clip

MOST_FACTS = 10
LONGEST_CELL = 120


@dataclass(frozen=True, slots=True)
class Differing:
    """Facts of one kind that are not the same in every run, a row for each run."""

    title: str
    columns: tuple[str, ...]
    left_out: int
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def run_title(run: SubmittedRun) -> str:
    """The title of a run's task."""
    task = run.record.task
    return clip(task.title or task.id, most=120)


def facts_of_runs(
    runs: Sequence[SubmittedRun],
) -> tuple[tuple[tuple[str, Pairs], ...], tuple[Differing, ...]]:
    """Facts that all runs share, by title; and tables of those that they do not share."""
    told = [{title: dict(rows) for title, rows in system_facts(run.record)} for run in runs]
    shared: list[tuple[str, Pairs]] = []
    differing: list[Differing] = []
    for title in dict.fromkeys(title for blocks in told for title in blocks):
        blocks = [one.get(title, {}) for one in told]
        keys = list(dict.fromkeys(key for block in blocks for key in block))
        same = [key for key in keys if len({block.get(key) for block in blocks}) == 1]
        if same:
            shared.append((title, tuple((clip(key), blocks[0][key]) for key in same)))
        rest = [key for key in keys if key not in same]
        if rest:
            differing.append(_differing(title, rest, runs, blocks))
    return tuple(shared), tuple(differing)


def _differing(
    title: str, keys: Sequence[str], runs: Sequence[SubmittedRun], blocks: Sequence[dict[str, str]]
) -> Differing:
    shown = keys[:MOST_FACTS]
    return Differing(
        title=title,
        columns=tuple(clip(key, most=40) for key in shown),
        left_out=len(keys) - len(shown),
        rows=tuple(
            (run_title(run), tuple(clip(block.get(key, DASH), most=LONGEST_CELL) for key in shown))
            for run, block in zip(runs, blocks, strict=True)
        ),
    )
