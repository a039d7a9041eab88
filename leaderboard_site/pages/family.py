"""A page for each family of models: its systems suite by suite, and how far they are apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from leaderboard_site.addresses import Render, family_page, to_root
from leaderboard_site.board.board import Board, SuiteBoard
from leaderboard_site.board.families import families_of
from leaderboard_site.board.means import SuiteMeans, best_first
from leaderboard_site.board.systems import System
from leaderboard_site.comparing.plan import Verdicts, shared
from leaderboard_site.pages.compare import Row, pair_row
from leaderboard_site.reading.summary import MetricLike, Revision
from leaderboard_site.tables.cells import with_facets
from leaderboard_site.tables.figures import Notes, scale_text
from leaderboard_site.tables.grid import Column, Grid, GridRow
from leaderboard_site.tables.suite_rows import SuiteDrawer
from leaderboard_site.tables.suite_table import place_of_bar
from leaderboard_site.text import clip, file_stem, suite_title

MOST_OTHERS = 5
"""The first of a family in a suite is compared with so many of those behind it."""

MOST_ROWS, MOST_CELLS, FEWEST_ROWS = 60, 1500, 4
"""Rows and cells of all tables of systems on a page, and rows of all tables of differences.

So the page stays below 250 KB and 200 rows; each suite may have the fewest.
"""


@dataclass(frozen=True, slots=True)
class FamilySuite:
    """A family in one suite; ``more`` counts comparisons that there is no room for."""

    name: str
    page: str
    grid: Grid
    rows: tuple[Row, ...]
    more: int


@dataclass(frozen=True, slots=True)
class FamilyView:
    """All that the page of a family shows."""

    name: str
    many: int
    suites: tuple[FamilySuite, ...]


@dataclass(frozen=True, slots=True)
class Ordered:
    """A suite with its systems best first, and what draws their rows."""

    suite: SuiteBoard
    means: SuiteMeans
    order: tuple[System, ...]
    drawer: SuiteDrawer

    @classmethod
    def of(cls, suite: SuiteBoard, means: SuiteMeans) -> Ordered:
        """A suite of any number of systems."""
        ranked: list[MetricLike] = [means.means[id] for id in means.ranks]
        drawn = ranked if means.bar is None else [*ranked, means.bar.metrics[0]]
        drawer = SuiteDrawer.of(suite, means, Notes(), drawn=drawn)
        return cls(suite, means, best_first(suite, means), drawer)

    def members(self, family: Sequence[System]) -> tuple[System, ...]:
        """The systems of a family that were run in the suite, best first."""
        ids = {system.id for system in family}
        return tuple(system for system in self.order if system.id in ids)


def family_files(
    board: Board, means: Mapping[str, SuiteMeans], verdicts: Verdicts, render: Render
) -> dict[str, bytes]:
    """The pages of all families; ``means`` are by suite name."""
    families = families_of(board.systems)
    suites = [Ordered.of(suite, means[suite.name]) for suite in board.suites] if families else []
    files = {}
    for name, systems in families.items():
        page = family_page(name)
        view = _view(name, systems, suites, verdicts)
        files[page] = render("family.html.j2", root=to_root(page), family=view)
    return files


def kin_of(board: Board, means: Mapping[str, SuiteMeans]) -> Iterator[tuple[Revision, Revision]]:
    """Pairs whose difference stands on a family's page: another system, and the first."""
    families = families_of(board.systems)
    for suite in board.suites if families else ():
        order = best_first(suite, means[suite.name])
        place = {system.id: number for number, system in enumerate(order)}
        for systems in families.values():
            own = [s for s in systems if s.id in place]
            rivals = _rivals(sorted(own, key=lambda s: place[s.id]))
            yield from ((other.current, rivals[0].current) for other in rivals[1:])


def _rivals(members: Sequence[System]) -> list[System]:
    """The first of a family, and those that it is compared with."""
    return [system for system in members if not system.current.withdrawn][: 1 + MOST_OTHERS]


def _view(
    name: str, systems: Sequence[System], suites: Sequence[Ordered], verdicts: Verdicts
) -> FamilyView:
    found = [(one, members) for one in suites if (members := one.members(systems))]
    widest = max((len(one.drawer.columns()) for one, _ in found), default=1)
    most = max(FEWEST_ROWS, min(MOST_ROWS, MOST_CELLS // widest) // max(1, len(found)))
    return FamilyView(
        name=clip(name),
        many=len(systems),
        suites=tuple(_suite(name, one, members, verdicts, most) for one, members in found),
    )


def _suite(
    name: str, one: Ordered, members: Sequence[System], verdicts: Verdicts, most: int
) -> FamilySuite:
    rows = list(_apart(one.suite.name, _rivals(members), verdicts))
    return FamilySuite(
        name=one.suite.name,
        page=one.suite.page,
        grid=_grid(name, one, members, most),
        rows=tuple(rows[:most]),
        more=max(0, len(rows) - most),
    )


def _grid(name: str, one: Ordered, members: Sequence[System], most: int) -> Grid:
    """The rows that the systems have in the suite's table, around what is to be beaten there."""
    notes, means = Notes(), one.means
    drawer = replace(one.drawer, notes=notes)
    rows = [drawer.row(system) for system in members[:most]]
    total = len(members)
    if means.bar is not None:
        rows.insert(place_of_bar(means, members[:most]), drawer.bar_row(means.bar))
        total += 1
    columns, kept = _filled(drawer.columns(), rows)
    shown, facets = with_facets(kept)
    scale = scale_text(section.run.main.unit for section in drawer.sections if section.run.main)
    title = f"{clip(name)} in {suite_title(one.suite.name)}"
    return Grid(
        id=f"f-{file_stem(one.suite.name)}",
        caption=f"{title}. {scale}, intervals in brackets, best first.",
        columns=columns,
        rows=shown,
        total=total,
        full_page=one.suite.page,
        facets=facets,
        axis=drawer.axis,
        reference=drawer.reference,
        notes=tuple(notes.reasons),
        sorted_by="score",
        descending=all(metric.higher_is_better is not False for metric in means.means.values()),
    ).with_shared_notes()


def _filled(
    columns: Sequence[Column], rows: Sequence[GridRow]
) -> tuple[tuple[Column, ...], tuple[GridRow, ...]]:
    """A table without the columns of tasks that nobody of the family was run on."""
    own = [row for row in rows if row.kind != "first-stage"] or rows
    keep = [
        place
        for place, column in enumerate(columns)
        if not re.fullmatch(r"t\d+", column.key)
        or any(row.cells[place].sort is not None for row in own)
    ]
    kept = (replace(row, cells=tuple(row.cells[place] for place in keep)) for row in rows)
    return tuple(columns[place] for place in keep), tuple(kept)


def _apart(suite: str, rivals: Sequence[System], verdicts: Verdicts) -> Iterator[Row]:
    """The first against each of the others, on every task of a suite that both did."""
    if not rivals:
        return
    first, *others = rivals
    for other in others:
        revisions = (other.current, first.current)
        ids = [revision.manifest.id for revision in revisions]
        names = (clip(other.name, most=40), clip(first.name, most=40))
        for old, new in shared(*revisions):
            if old.suite == suite and old.limit is None:
                yield pair_row(old, new, ids, names, verdicts)
