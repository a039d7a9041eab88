"""The table of a suite: a row a system, a column a task, ranked by the mean of the core tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leaderboard_site.board.board import Section, SuiteBoard
from leaderboard_site.board.contenders import contender
from leaderboard_site.board.headline import certainty
from leaderboard_site.board.means import SuiteMeans, best_first, headline_of, suite_means
from leaderboard_site.board.systems import System
from leaderboard_site.reading.summary import MetricLike
from leaderboard_site.tables.cells import with_facets
from leaderboard_site.tables.figures import Notes, scale_text
from leaderboard_site.tables.grid import Grid
from leaderboard_site.tables.suite_rows import SuiteDrawer
from leaderboard_site.text import file_stem, plural


@dataclass(frozen=True, slots=True)
class SuiteTable:
    """A suite's table, what is said of first place, and the means behind it (best first)."""

    grid: Grid
    ties: str
    certainty: str
    means: SuiteMeans
    order: tuple[System, ...]


def suite_table(suite: SuiteBoard) -> SuiteTable:
    """The table of a suite with every row, best first."""
    means = suite_means(suite)
    order = best_first(suite, means)
    notes = Notes()
    ranked: list[MetricLike] = [means.means[id] for id in means.ranks]
    drawn = ranked if means.bar is None else [*ranked, means.bar.metrics[0]]
    drawer = SuiteDrawer.of(suite, means, notes, drawn=drawn)
    rows = [drawer.row(system) for system in order]
    if means.bar is not None:
        rows.insert(place_of_bar(means, order), drawer.bar_row(means.bar))
    shown, facets = with_facets(rows)
    grid = Grid(
        id=f"s-{file_stem(suite.name)}",
        caption=_caption(means, drawer.sections),
        columns=drawer.columns(),
        rows=shown,
        total=len(rows),
        full_page=suite.full_page,
        facets=facets,
        axis=drawer.axis,
        reference=drawer.reference,
        notes=tuple(notes.reasons),
        sorted_by="score",
        descending=all(metric.higher_is_better is not False for metric in means.means.values()),
    ).with_shared_notes()
    said = headline_of(suite, means)
    return SuiteTable(grid, said, certainty(means.standing), means, order)


def place_of_bar(means: SuiteMeans, order: Sequence[System]) -> int:
    """Where the bar stands among systems in their order: before its equals."""
    assert means.bar is not None
    own = contender(means.bar.metrics[0]).value
    for place, system in enumerate(order):
        metric = means.means[system.id]
        stands = means.stands(system.id)
        if not stands or metric.value is None or contender(metric).value <= own:
            return place
    return len(order)


def _caption(means: SuiteMeans, sections: Sequence[Section]) -> str:
    scale = scale_text(section.run.main.unit for section in sections if section.run.main)
    if not means.sections:
        return f"{scale}, intervals in brackets. No task was run by half of the systems."
    if means.single:
        return f"{scale}, intervals in brackets, best first. Ranked by the one task they share."
    return (
        f"{scale}, intervals in brackets, best first. Ranked by the mean over "
        f"{plural(len(means.sections), 'core task')}, marked with a dot."
    )
