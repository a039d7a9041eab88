"""The first page: of each suite a picture, who leads against what, and what is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leaderboard_site.addresses import Render, run_page
from leaderboard_site.board.board import Board, SuiteBoard
from leaderboard_site.board.means import SuiteMeans, headline_of
from leaderboard_site.board.systems import System, day
from leaderboard_site.board.unknown import not_known, tasks_text
from leaderboard_site.pages.reading import metric_names
from leaderboard_site.reading.summary import Revision
from leaderboard_site.tables.about import About
from leaderboard_site.tables.grid import Grid
from leaderboard_site.tables.leading import leading_grid
from leaderboard_site.tables.suite_table import over_text
from leaderboard_site.tables.systems_table import systems_grid
from leaderboard_site.text import plural

MOST_CHANGES = 6


@dataclass(frozen=True, slots=True)
class SuiteCard:
    """What the first page says of a suite; ``grid`` is ``None`` where nobody has a place."""

    name: str
    page: str
    question: str
    size: str
    ties: str
    unknown: str
    changed: str
    grid: Grid | None
    names: tuple[About, ...]
    over: str


@dataclass(frozen=True, slots=True)
class Change:
    """A revision that was submitted lately."""

    date: str
    name: str
    revision: str
    page: str
    said: str


def overview_files(
    board: Board, means: Mapping[str, SuiteMeans], render: Render
) -> dict[str, bytes]:
    """``index.html``, and ``all.html`` with every system; ``means`` by suite name."""
    cards = tuple(_card(suite, means[suite.name]) for suite in board.suites)
    files = {
        "index.html": render(
            "index.html.j2",
            root="",
            board=board,
            cards=[card for card in cards if card.size],
            empty=[card for card in cards if not card.size],
            changes=_changes(board.systems),
        )
    }
    if board.systems:
        grid = systems_grid(board, means)
        files["all.html"] = render("systems.html.j2", root="", grid=grid)
    return files


def _card(suite: SuiteBoard, means: SuiteMeans) -> SuiteCard:
    many, grid = len(suite.systems), leading_grid(suite, means)
    return SuiteCard(
        name=suite.name,
        page=suite.page,
        question=suite.question,
        size=f"{plural(many, 'system')} on {tasks_text(suite)}" if many else "",
        ties=headline_of(suite, means),
        unknown=not_known(suite, means),
        changed=suite.changed,
        grid=grid,
        names=metric_names(grid.columns) if grid else (),
        over=over_text(means) if grid and len(suite.tasks) > 1 else "",
    )


def _changes(systems: Sequence[System]) -> tuple[Change, ...]:
    revisions = [(system, revision) for system in systems for revision in system.revisions]
    revisions.sort(key=lambda pair: pair[1].manifest.id)
    revisions.sort(key=lambda pair: day(pair[1].manifest.date), reverse=True)
    return tuple(
        Change(
            date=revision.manifest.date,
            name=system.name,
            revision=revision.manifest.revision,
            page=run_page(revision.manifest),
            said=_said(revision),
        )
        for system, revision in revisions[:MOST_CHANGES]
    )  # fmt: skip


def _said(revision: Revision) -> str:
    if revision.standing is not None:
        return revision.standing.state
    before = revision.manifest.predecessor
    return f"an update of {before}" if before else "new"
