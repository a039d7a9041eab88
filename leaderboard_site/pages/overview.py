"""The first page: what each suite knows, every system, and what changed last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leaderboard_site.addresses import Render, run_page
from leaderboard_site.board.board import Board, Line, SuiteBoard
from leaderboard_site.board.marks import fitted_word, marks_of
from leaderboard_site.board.means import SuiteMeans, headline_of, mean_beside
from leaderboard_site.board.systems import System, arrow, day
from leaderboard_site.reading.submitted import weakest
from leaderboard_site.reading.summary import Revision
from leaderboard_site.tables.cells import (
    DATE,
    EVIDENCE,
    LICENCE,
    PARAMETERS,
    SYSTEM,
    declared_cells,
    evidence_cell,
    facets_of,
    figure_cell,
    row_facets,
    system_cell,
)
from leaderboard_site.tables.figures import Notes, dash, metric_figure, shading
from leaderboard_site.tables.grid import Cell, Column, Grid, GridRow
from leaderboard_site.tables.suite_table import beside_of
from leaderboard_site.text import LONGEST_UNIT, clip, plural, quantity, suite_title

MOST_CHANGES = 6
MOST_BESIDE = 2
"""Metrics beside the one that ranks; the suite's page has all of them."""


@dataclass(frozen=True, slots=True)
class SuiteCard:
    """What the first page says of a suite."""

    name: str
    page: str
    question: str
    size: str
    ties: str
    changed: str
    filled: bool


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
    """``index.html``, and ``all.html`` where its table is cut; ``means`` by suite name."""
    cards = tuple(_card(suite, means[suite.name]) for suite in board.suites)
    full = systems_grid(board, means)
    grid = full.cut()
    files = {
        "index.html": render(
            "index.html.j2",
            root="",
            board=board,
            cards=cards,
            grid=grid,
            changes=_changes(board.systems),
        )
    }
    if grid.is_cut:
        files["all.html"] = render(
            "rows.html.j2",
            root="",
            title="All systems",
            back="index.html",
            within="index.html",
            tables=[_Bare(full)],
        )
    return files


@dataclass(frozen=True, slots=True)
class _Bare:
    """A table that no sentence on ties stands above."""

    grid: Grid
    ties: str = ""
    certainty: str = ""


def _card(suite: SuiteBoard, means: SuiteMeans) -> SuiteCard:
    return SuiteCard(
        name=suite.name,
        page=suite.page,
        question=suite.question,
        size=f"{plural(len(suite.systems), 'system')}, {plural(len(suite.tasks), 'task')}",
        ties=headline_of(suite, means),
        changed=suite.changed,
        filled=bool(suite.systems),
    )


def systems_grid(board: Board, means: Mapping[str, SuiteMeans]) -> Grid:
    """Every system with its mean and rank in each suite, newest first. There is no overall rank."""
    notes = Notes()
    order = sorted(board.systems, key=lambda s: s.id)
    order.sort(key=lambda s: day(s.current.manifest.date), reverse=True)
    shades = {name: shading(found.means.values()) for name, found in means.items()}
    suites = tuple(
        Column(
            key=f"suite-{number}",
            head=suite_title(suite.name),
            sub=_metric_of(means[suite.name]),
            title=f"{suite.name}: mean of the core tasks, with the rank there",
            kind="number",
        )
        for number, suite in enumerate(board.suites)
    )

    lines = {name: [{line.system.id: line for line in section.lines}
                    for section in found.sections] for name, found in means.items()}  # fmt: skip

    def cell(suite: SuiteBoard, system: System) -> Cell:
        found = means[suite.name]
        metric = found.means.get(system.id)
        if metric is None:
            return figure_cell(dash("The system was not run on the suite", notes))
        shade = shades.get(suite.name)
        rank = found.ranks.get(system.id)
        own = notes if metric.value is None else Notes()
        figure = metric_figure(metric, own, shade=shade.shade(metric) if shade and rank else None)
        shown = figure_cell(figure, metric.value, small=False)
        if metric.value is not None:  # what its interval lacks stands on the suite's page
            shown = shown._replace(note=None, reason="")
        return shown._replace(small=" · ".join(filter(None, [
            "" if rank is None else f"rank {rank}",
            found.roles.get(system.id, ""),
            found.marks.get(system.id, ""),
            *_beside(system, found, lines[suite.name]),
        ])))  # fmt: skip

    rows = tuple(_row(system, [cell(suite, system) for suite in board.suites])
                 for system in order)  # fmt: skip
    return Grid(
        id="systems",
        caption="Every system, newest first: mean of each suite’s core tasks, with the "
        "range of ranks there. The suites ask different questions, so there is no overall rank.",
        columns=(SYSTEM, *suites, EVIDENCE, LICENCE, PARAMETERS, DATE),
        rows=rows,
        total=len(order),
        full_page="all.html",
        facets=facets_of([dict(row.facets) for row in rows]),
        notes=tuple(notes.reasons),
        sorted_by="date",
    )


def _beside(system: System, means: SuiteMeans, lines: Sequence[Mapping[str, Line]]) -> list[str]:
    """The first metrics without which the mean misleads, each with its value."""
    found = [by_system.get(system.id) for by_system in lines]
    metrics = [mean_beside(found, means.sections, name) for name in beside_of(means)[:MOST_BESIDE]]
    return [
        f"{clip(metric.name, most=20)} {quantity(metric.value, metric.unit)}"
        for metric in metrics
        if metric.value is not None
    ]


def _metric_of(means: SuiteMeans) -> str:
    some = next(iter(means.means.values()), None)
    if some is None or not some.name:
        return ""
    unit = clip(some.unit, most=LONGEST_UNIT)
    return " ".join(filter(None, [clip(some.name, most=20), unit, arrow(some)]))


def _row(system: System, cells: Sequence[Cell]) -> GridRow:
    runs = system.current.runs
    evidence = weakest(run.evidence for run in runs)
    fitted = fitted_word(mark for run in runs for mark in marks_of(system.current.manifest, run))
    reason = next((run.evidence_reason for run in runs if run.evidence == evidence), "")
    return GridRow(
        id=system.id,
        name=system.name,
        cells=(
            system_cell(system),
            *cells,
            evidence_cell(evidence, reason),
            *declared_cells(system.current),
        ),
        facets=row_facets(system, evidence, fitted),
        kind="withdrawn" if system.current.withdrawn else "",
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
