"""How to read a page's tables: what is explained is what stands in them, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from leaderboard_site.tables.about import About
from leaderboard_site.tables.figures import ROUGH
from leaderboard_site.tables.grid import Cell, Column, Grid
from leaderboard_site.text import DASH

MOST_NAMES = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """What some tables show. ``names`` are their metrics, to be spelt out."""

    names: tuple[About, ...]
    points: bool
    intervals: bool
    rough: bool
    ranks: bool
    reference: bool
    gains: bool
    speed: bool
    shades: bool
    dashes: bool


def reading_of(grids: Sequence[Grid]) -> Reading:
    """What is to be explained below some tables, as far as their rows are on the page."""
    columns = [column for grid in grids for column in grid.columns]
    keys = {column.key for column in columns}
    figures = list(_figures(grids))
    return Reading(
        names=metric_names(columns),
        points=any("points" in grid.caption.casefold() for grid in grids),
        intervals=any(cell.small.startswith(("[", ROUGH)) for cell in figures),
        rough=any(cell.small.startswith(ROUGH) for cell in figures),
        ranks=any(row.cells[0].sort is not None for grid in grids for row in grid.rows
                  if grid.columns[0].key == "rank"),
        reference=any(grid.reference is not None for grid in grids),
        gains="gain" in keys,
        speed="speed" in keys,
        shades=any(cell.shade is not None for cell in figures),
        dashes=any(cell.text == DASH for cell in figures),
    )  # fmt: skip


def metric_names(columns: Iterable[Column]) -> tuple[About, ...]:
    """The metrics of columns that are shown at once, each definition once."""
    found: dict[str, About] = {}
    for column in columns:
        if column.about and not column.optional:
            found.setdefault(column.about.page, column.about)
    return tuple(found.values())[:MOST_NAMES]


def _figures(grids: Iterable[Grid]) -> Iterator[Cell]:
    return (
        cell
        for grid in grids
        for row in grid.rows
        for column, cell in zip(grid.columns, row.cells, strict=True)
        if column.kind == "number"
    )
