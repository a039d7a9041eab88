"""What submissions would add to a board: rows, their ranks, and what changes by an update."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from harness.errors import InvalidError
from harness.runs.folder import RECORD_FILE, slug
from harness.submission.folders.read import Found, read_all, read_forced
from harness.submission.layout import record_file
from harness.submission.manifest.manifest import Manifest
from harness.submission.manifest.status import STATUS_FILE, Standing, read_status
from leaderboard_site.board.board import make_board
from leaderboard_site.board.ranks import RankInterval
from leaderboard_site.board.systems import systems_of
from leaderboard_site.comparing.paired import Paired, Shelf, pair
from leaderboard_site.comparing.plan import shared
from leaderboard_site.reading.records import RunSource
from leaderboard_site.reading.sources import Source, read_source
from leaderboard_site.reading.summarise import summarise
from leaderboard_site.reading.summary import Revision, Run

MOST_REVISIONS = 20
"""New revisions that are looked at; the rest are counted."""


class NewRow(NamedTuple):
    """One run of a new revision, and its rank among so many systems on the same work."""

    run: Run
    rank: RankInterval | None
    among: int


class Change(NamedTuple):
    """One task of an update: both runs, and what comparing them item by item found, if it could."""

    before: Run
    after: Run
    paired: Paired | None


@dataclass(frozen=True, slots=True)
class Update:
    """A new revision beside the one it updates.

    ``other_work`` are tasks that both have, evaluated on other data or another version;
    ``lacking`` are tasks of the predecessor that the new revision has not.
    """

    predecessor: Revision
    changes: tuple[Change, ...]
    other_work: tuple[str, ...]
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewRevision:
    """A new revision: its rows in order of their tasks. ``update`` is ``None`` for a first one."""

    revision: Revision
    rows: tuple[NewRow, ...]
    update: Update | None


@dataclass(frozen=True, slots=True)
class NewRows:
    """All that is new. ``held`` are ids with findings, ``more`` counts those not looked at."""

    revisions: tuple[NewRevision, ...]
    held: tuple[str, ...]
    more: int


def new_rows(
    base: Path,
    incoming: Path,
    *,
    recomputed: Path | None = None,
    faulty: Collection[str] = (),
) -> NewRows:
    """Rows that ``incoming`` has and ``base`` lacks; both are folders of submissions.

    ``recomputed`` holds what ``marginbench validate --recomputed`` wrote of ``incoming``, so that
    updates are compared item by item. Ids in ``faulty`` get no row. Raises :class:`InvalidError`
    when a submission of ``base`` is broken.
    """
    merged = {found.manifest.id: found for found in read_all(base)}
    arrived = {
        found.manifest.id: found
        for found in read_forced(incoming).submissions
        if found.manifest.id not in merged
    }
    fit = [id for id in arrived if id not in faulty]
    standings = read_status(base / STATUS_FILE)
    new, broken = _read_new([arrived[id] for id in fit[:MOST_REVISIONS]], recomputed)
    tasks = {run.task for revision in new for run in revision.runs}
    board = [_read(found, standings.get(id), recomputed, tasks) for id, found in merged.items()]
    return NewRows(
        tuple(_new_revision(revision, board, new) for revision in new),
        tuple(sorted({id for id in arrived if id in faulty} | set(broken))),
        max(0, len(fit) - MOST_REVISIONS),
    )


def _read_new(found: Iterable[Found], recomputed: Path | None) -> tuple[list[Revision], list[str]]:
    """Revisions, and the ids of those that turn out to be broken."""
    new, broken = [], []
    for one in found:
        try:
            new.append(_read(one, None, recomputed, None))
        except InvalidError:
            broken.append(one.manifest.id)
    return new, broken


def _read(
    found: Found, standing: Standing | None, recomputed: Path | None, tasks: Collection[str] | None
) -> Revision:
    """The rows of a submission, of the given tasks alone: reading records is what takes time."""
    manifest = found.manifest
    sources = tuple(
        RunSource(record_file(found.folder, run.task), _tables(manifest, run.task, recomputed))
        for run in manifest.runs
        if tasks is None or run.task in tasks
    )
    return summarise(read_source(Source(manifest, standing, sources)))


def _tables(manifest: Manifest, task: str, recomputed: Path | None) -> Path | None:
    """The folder in which a run was scored again, where it was."""
    if recomputed is None:
        return None
    folder = recomputed / manifest.system / manifest.revision / slug(task)
    return folder if (folder / RECORD_FILE).is_file() else None


def _new_revision(
    new: Revision, board: Sequence[Revision], arrived: Sequence[Revision]
) -> NewRevision:
    every = {revision.manifest.id: revision for revision in (*board, *arrived)}
    before = _predecessor(new, every)
    return NewRevision(
        new,
        _rows(new, _rivals(new, every)),
        None if before is None else _update(before, new),
    )


def _predecessor(new: Revision, every: Mapping[str, Revision]) -> Revision | None:
    """The one that its manifest names, or else the revision before it of the same system."""
    named = every.get(new.manifest.predecessor or "")
    if named is not None and named is not new:
        return named
    own = [r for r in every.values() if r.manifest.system == new.manifest.system]
    revisions = systems_of(own)[0].revisions
    place = revisions.index(new)
    return revisions[place - 1] if place else None


def _rivals(new: Revision, every: Mapping[str, Revision]) -> list[Revision]:
    """All revisions of other systems, but for those that the new one updates under other names.

    Nobody leaves the field by being named as the predecessor of somebody else's system.
    """
    updated = {new.manifest.id}
    before = every.get(new.manifest.predecessor or "")
    while before is not None and before.manifest.id not in updated:
        if before.manifest.org == new.manifest.org:
            updated.add(before.manifest.id)
            before = every.get(before.manifest.predecessor or "")
        else:
            break
    return [
        revision
        for id, revision in every.items()
        if revision.manifest.system != new.manifest.system and id not in updated
    ]


def _rows(new: Revision, rivals: Iterable[Revision]) -> tuple[NewRow, ...]:
    ranks = {}
    for suite in make_board([*rivals, new]).suites:
        for task in suite.tasks:
            for section in task.full:
                if new.manifest.system in section.ranks:
                    ranks[section.run.work] = (section.ranks, len(section.ranks))
    rows = []
    for run in new.runs:
        found, among = ranks.get(run.work, ({}, 0))
        rows.append(NewRow(run, found.get(new.manifest.system), among))
    return tuple(rows)


def _update(old: Revision, new: Revision) -> Update:
    both = [(before, after) for before, after in shared(old, new) if before.limit is None]
    tables = [(before, after) for before, after in both if before.tables and after.tables]
    paired = pair(tables, shelf=Shelf()) if tables else {}
    theirs, same = {run.task for run in new.runs}, {before.task for before, _ in both}
    tasks = sorted(run.task for run in old.manifest.runs)
    return Update(
        old,
        tuple(Change(before, after, paired.get(before.task)) for before, after in both),
        tuple(task for task in tasks if task in theirs and task not in same),
        tuple(task for task in tasks if task not in theirs),
    )
