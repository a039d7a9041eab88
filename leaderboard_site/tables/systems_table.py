"""Every system of the board in one table without a gap: where each was run, and how it came out."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from leaderboard_site.addresses import family_page
from leaderboard_site.board.board import Board, Line
from leaderboard_site.board.families import families_of, family_of
from leaderboard_site.board.marks import fitted_word, marks_of
from leaderboard_site.board.means import SuiteMeans, mean_beside
from leaderboard_site.board.systems import System, day
from leaderboard_site.reading.submitted import weakest
from leaderboard_site.tables.cells import (
    DATE,
    EVIDENCE,
    LICENCE,
    PARAMETERS,
    SYSTEM,
    declared_cells,
    evidence_cell,
    orgs_differ,
    row_facets,
    system_cell,
    with_facets,
)
from leaderboard_site.tables.grid import Cell, Column, Grid, GridRow
from leaderboard_site.tables.suite_rows import MOST_BESIDE, beside_of
from leaderboard_site.text import clip, plural, quantity, suite_title

STANDS = Column(
    "stands", "Where it stands", "mean of a suite’s core tasks, and the rank there", sortable=False
)
FAMILY = Column("family", "Family", "by its name", priority=2)

Lines = Sequence[Mapping[str, Line]]


def systems_grid(board: Board, means: Mapping[str, SuiteMeans]) -> Grid:
    """Every system, newest first. The suites ask different questions: there is no overall rank."""
    order = sorted(board.systems, key=lambda s: s.id)
    order.sort(key=lambda s: day(s.current.manifest.date), reverse=True)
    lines: dict[str, Lines] = {
        name: [{line.system.id: line for line in section.lines} for section in found.sections]
        for name, found in means.items()
    }
    families, org = frozenset(families_of(board.systems)), orgs_differ(board.systems)
    rows, facets = with_facets([_row(system, means, lines, families, org=org) for system in order])
    return Grid(
        id="systems",
        caption="Every system, newest first. The suites ask different questions, so there is no "
        "overall rank.",
        columns=(SYSTEM, STANDS, EVIDENCE, FAMILY, LICENCE, PARAMETERS, DATE),
        rows=rows,
        total=len(order),
        facets=facets,
        sorted_by="date",
    )


def _row(
    system: System,
    means: Mapping[str, SuiteMeans],
    lines: Mapping[str, Lines],
    families: Container[str],
    *,
    org: bool,
) -> GridRow:
    current = system.current
    evidence = weakest(run.evidence for run in current.runs)
    reason = next((run.evidence_reason for run in current.runs if run.evidence == evidence), "")
    fitted = fitted_word(mark for run in current.runs for mark in marks_of(current.manifest, run))
    name = family_of(current.manifest.model)
    family = clip(name, most=40)
    return GridRow(
        id=system.id,
        name=system.name,
        cells=(
            system_cell(system, org=org),
            _stands(system, means, lines),
            evidence_cell(evidence, reason),
            Cell(family, family, page=family_page(name) if name in families else ""),
            *declared_cells(current),
        ),
        facets=row_facets(system, evidence, fitted),
        kind="withdrawn" if current.withdrawn else "",
    )


def _stands(system: System, means: Mapping[str, SuiteMeans], lines: Mapping[str, Lines]) -> Cell:
    """``Reranking 41.4, rank 1``, with what must stand beside it in small print."""
    values, small = [], []
    for name, found in means.items():
        metric = found.means.get(system.id)
        if metric is None:
            continue
        words = [suite_title(name)]
        if metric.value is None:
            own = sum(run.suite == name for run in system.current.runs)
            words.append(f"no mean, {plural(own, 'task')}")
        else:
            rank = found.ranks.get(system.id)
            words.append(quantity(metric.value, metric.unit))
            words[-1] += "" if rank is None else f", rank {rank}"
            small.append(found.roles.get(system.id, ""))
            small.append(found.marks.get(system.id, ""))
            small += _beside(system, found, lines[name])
        values.append(" ".join(words))
    return Cell(text="; ".join(values), small=" · ".join(filter(None, small)))


def _beside(system: System, means: SuiteMeans, lines: Lines) -> list[str]:
    """The first metrics without which the mean misleads, each with its value."""
    found = [by_system.get(system.id) for by_system in lines]
    metrics = [mean_beside(found, means.sections, name) for name in beside_of(means)[:MOST_BESIDE]]
    return [
        f"{clip(metric.name, most=40)} {quantity(metric.value, metric.unit)}"
        for metric in metrics
        if metric.value is not None
    ]
