"""Who led each suite at the end of each month, as today's records tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from leaderboard_site.addresses import run_page
from leaderboard_site.board.board import Board, Line, Section, SuiteBoard
from leaderboard_site.board.contenders import Contender, ranks_of
from leaderboard_site.board.means import SuiteMeans, core_sections, suite_means
from leaderboard_site.board.systems import System, day
from leaderboard_site.reading.summary import Revision
from leaderboard_site.text import clip

MOST_MONTHS = 24
MOST_NAMES = 4

LEADERS_RULE = (
    "For each month’s end: the systems of each suite that could not be told apart at the top, "
    "among all revisions dated up to then, by the mean of the suite’s core tasks of today. "
    "Figures are those of today’s records, and what was withdrawn since is left out, so a page of "
    "that month may have looked different. No baseline is among them: one may be better still."
)


@dataclass(frozen=True, slots=True)
class Leader:
    """A system that led, with the page of the revision that did."""

    name: str
    page: str


@dataclass(frozen=True, slots=True)
class Leaders:
    """The top tie class of one suite at a month's end, best value first.

    ``more`` counts those beyond :data:`MOST_NAMES`. ``changed`` tells whether the month before
    had others.
    """

    names: tuple[Leader, ...]
    more: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Month:
    """A month such as ``2031-05`` with the leaders of each suite, in the order of the suites."""

    month: str
    leaders: tuple[Leaders, ...]


@dataclass(frozen=True, slots=True)
class _Dated:
    """A revision with its mean on one suite, as it is ranked."""

    revision: Revision
    mean: Contender


def leading_suites(board: Board) -> tuple[SuiteBoard, ...]:
    """Suites that have core tasks, so that they can have leaders."""
    return tuple(suite for suite in board.suites if core_sections(suite))


def months_of(board: Board, today: Mapping[str, SuiteMeans]) -> tuple[Month, ...]:
    """Months in which a revision came, newest first, at most :data:`MOST_MONTHS`.

    ``today`` are the means of current revisions by suite: all there are, where none was updated.
    """
    suites = leading_suites(board)
    updated = any(len(system.revisions) > 1 for system in board.systems)
    means = [
        _all_means(suite, board.systems) if updated else _of_revisions(board, today[suite.name])
        for suite in suites
    ]
    months = sorted({d[:7] for s in board.systems for r in s.revisions if (d := _day(r))})
    found: list[Month] = []
    for month in months:
        before = found[-1].leaders if found else None
        leaders = tuple(
            _leaders(board.systems, means[place], month, before[place] if before else None)
            for place in range(len(suites))
        )
        found.append(Month(month, leaders))
    return tuple(reversed(found[-MOST_MONTHS:]))


def _day(revision: Revision) -> str:
    return "" if revision.withdrawn else day(revision.manifest.date)


def _of_revisions(board: Board, means: SuiteMeans) -> Mapping[str, Contender]:
    """Means by the ids of current revisions."""
    ranked = ((s.current.manifest.id, means.ranked.get(s.id)) for s in board.systems)
    return {id: mean for id, mean in ranked if mean is not None}


def _all_means(suite: SuiteBoard, systems: Sequence[System]) -> Mapping[str, Contender]:
    """Means of all revisions that can be ranked, not of current ones alone."""
    alone = tuple(System(r.manifest.id, (r,)) for system in systems for r in system.revisions)
    sections = {section.fingerprint: section for section in core_sections(suite)}
    lines: dict[str, list[Line]] = {key: [] for key in sections}
    for system in alone:
        for run in system.current.runs:
            section = sections.get(run.fingerprint)
            if section is not None and run.work == section.run.work:
                lines[run.fingerprint].append(Line(system, run))
    tasks = [
        replace(task, full=(_with_lines(section, lines[section.fingerprint]),), quick=())
        for task in suite.tasks
        if (section := task.main) is not None and sections.get(section.fingerprint) is section
    ]
    return suite_means(replace(suite, tasks=tuple(tasks), systems=alone)).ranked


def _with_lines(section: Section, lines: Sequence[Line]) -> Section:
    return replace(section, lines=tuple(lines))


def _leaders(
    systems: Sequence[System], means: Mapping[str, Contender], month: str, before: Leaders | None
) -> Leaders:
    there = [dated for system in systems if (dated := _as_of(system, means, month)) is not None]
    ranks = ranks_of([dated.mean for dated in there])
    first = [dated for dated, rank in zip(there, ranks, strict=True) if rank.best == 1]
    first.sort(key=lambda dated: (-dated.mean.value, dated.revision.manifest.id))
    names = tuple(
        Leader(clip(dated.revision.manifest.name, most=40), run_page(dated.revision.manifest))
        for dated in first[:MOST_NAMES]
    )
    more = len(first) - len(names)
    same = before is not None and (before.names, before.more) == (names, more)
    return Leaders(names, more, changed=not same)


def _as_of(system: System, means: Mapping[str, Contender], month: str) -> _Dated | None:
    dated = [revision for revision in system.revisions if "" < _day(revision)[:7] <= month]
    if not dated:
        return None
    mean = means.get(dated[-1].manifest.id)
    return None if mean is None else _Dated(dated[-1], mean)
