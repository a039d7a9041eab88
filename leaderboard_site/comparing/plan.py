"""Which revisions are compared item by item, and which by their intervals alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from leaderboard_site.board.systems import System, day
from leaderboard_site.comparing.paired import Memory, Paired, Shelf, pair_all
from leaderboard_site.reading.summary import Revision, Run

MOST_PAIRED = 12
"""Up to so many systems on the same work are all paired with each other."""

BEST_PAIRED = 3
"""Of more than that, the best so many are."""

Work = tuple[str, str, int, str]
Verdicts = Mapping[str, Mapping[str, Mapping[Work, Paired]]]
"""Baseline's id -> candidate's id -> work -> what was found."""


@dataclass(frozen=True, slots=True)
class Update:
    """A revision with the one it replaces, and the runs of both on the same work.

    ``declared`` tells a predecessor that the submitter named from the revision before.
    """

    old: Revision
    new: Revision
    declared: bool
    runs: tuple[tuple[Run, Run], ...]


def updates(systems: Sequence[System]) -> tuple[Update, ...]:
    """Every revision that has a predecessor on the board, newest first.

    That is the one its manifest names, or else the revision before it of the same system.
    """
    by_id = {r.manifest.id: r for system in systems for r in system.revisions}
    found = []
    for system in systems:
        for place, new in enumerate(system.revisions):
            named = by_id.get(new.manifest.predecessor or "")
            before = system.revisions[place - 1] if place else None
            old = named if named is not None and named is not new else before
            if old is not None:
                found.append(Update(old, new, old is named, shared(old, new)))
    found.sort(key=lambda update: update.new.manifest.id)
    return tuple(sorted(found, key=lambda u: day(u.new.manifest.date), reverse=True))


def shared(old: Revision, new: Revision) -> tuple[tuple[Run, Run], ...]:
    """Runs of two revisions on the same work, whole tasks before quick looks at them."""
    theirs = {run.work: run for run in new.runs}
    both = [(run, theirs[run.work]) for run in old.runs if run.work in theirs]
    return tuple(sorted(both, key=lambda runs: (runs[0].limit is not None, runs[0].work)))


def find_verdicts(
    systems: Sequence[System],
    changes: Sequence[Update],
    *,
    kin: Iterable[tuple[Revision, Revision]] = (),
    kept: Memory | None = None,
) -> Verdicts:
    """Compare item by item, both ways: each update, and the systems that share a task.

    ``kin`` are further pairs, compared on all that they share. Only runs with tables
    are. Raises :class:`InvalidError` when a table is not the one that its record was made with.
    """
    plan = _contests(systems)
    whole = [*kin, *((update.old, update.new) for update in changes)]
    for old, new in whole:
        ids, both = (old.manifest.id, new.manifest.id), list(shared(old, new))
        plan[ids] = both
        plan[ids[::-1]] = [(theirs, ours) for ours, theirs in both]
    chosen = [(ids, runs) for ids in sorted(plan) if (runs := _one_per_task(plan[ids]))]
    paired = pair_all([runs for _, runs in chosen], shelf=Shelf(), kept=kept)
    found: dict[str, dict[str, dict[Work, Paired]]] = {}
    for ((first, second), runs), tasks in zip(chosen, paired, strict=True):
        works = {old.work: tasks[old.task] for old, _ in runs if old.task in tasks}
        found.setdefault(first, {})[second] = works
    return found


def verdict_of(verdicts: Verdicts, old: str, new: str, work: Work) -> Paired | None:
    """What was found of two revisions on one work, or ``None`` when they were not paired."""
    return verdicts.get(old, {}).get(new, {}).get(work)


def _one_per_task(runs: Sequence[tuple[Run, Run]]) -> list[tuple[Run, Run]]:
    kept: dict[str, tuple[Run, Run]] = {}
    for old, new in runs:
        if old.tables and new.tables and old.limit is None:
            kept.setdefault(old.task, (old, new))
    return [kept[task] for task in sorted(kept)]


def _contests(systems: Sequence[System]) -> dict[tuple[str, str], list[tuple[Run, Run]]]:
    by_work: dict[Work, list[tuple[str, Run]]] = {}
    for system in systems:
        if system.current.withdrawn:
            continue
        for run in system.current.runs:
            if run.tables and run.limit is None:
                by_work.setdefault(run.work, []).append((system.current.manifest.id, run))
    found: dict[tuple[str, str], list[tuple[Run, Run]]] = {}
    for work in sorted(by_work):
        lines = by_work[work]
        best = BEST_PAIRED if len(lines) > MOST_PAIRED else MOST_PAIRED
        chosen = sorted(lines, key=_best_first)[:best]
        for first, old in chosen:
            for second, new in chosen:
                if first != second:
                    found.setdefault((first, second), []).append((old, new))
    return found


def _best_first(line: tuple[str, Run]) -> tuple[bool, float, str]:
    id, run = line
    metric = run.main
    if metric is None or metric.value is None:
        return (True, 0.0, id)
    return (False, -metric.value if metric.higher_is_better else metric.value, id)
