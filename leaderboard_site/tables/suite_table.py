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
from leaderboard_site.tables.suite_rows import SuiteDrawer, short_titles
from leaderboard_site.text import file_stem, listing, plural

MOST_NAMED = 6
"""Core tasks that are named where the mean over them is shown."""


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
        name = _names(means)
        return f"{scale}, intervals in brackets, best first. Ranked by one task alone: {name}."
    return (
        f"{scale}, intervals in brackets, best first. Ranked by the mean over "
        f"{plural(len(means.sections), 'core task')}, marked with a dot: {_names(means)}."
    )


def over_text(means: SuiteMeans) -> str:
    """What the ranks of a suite rest on: ``Mean over 2 core tasks: A and B.``; ``""`` for none."""
    if not means.sections:
        return ""
    if means.single:
        return f"One task ranks: {_names(means)}."
    return f"Mean over {plural(len(means.sections), 'core task')}: {_names(means)}."


def _names(means: SuiteMeans) -> str:
    titles = short_titles(means.sections)
    return listing([titles[section.id] for section in means.sections], most=MOST_NAMED)
