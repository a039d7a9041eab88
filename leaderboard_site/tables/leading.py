"""The first rows of a suite, as the first page shows them: a picture that is a table.

Each row is a name, its interval drawn over the width that there is, and its value. The rows of what
is to be beaten stand in their place, and a line through all rows marks the best of them.
"""

from __future__ import annotations

from dataclasses import replace

from leaderboard_site.board.board import SuiteBoard
from leaderboard_site.board.means import SuiteMeans, best_first
from leaderboard_site.reading.summary import BarRow, MetricLike
from leaderboard_site.tables.figures import Notes
from leaderboard_site.tables.grid import Grid, GridRow
from leaderboard_site.tables.suite_rows import SuiteDrawer
from leaderboard_site.tables.suite_table import place_of_bar
from leaderboard_site.text import file_stem, suite_title

MOST_LEADING = 8
"""Systems of a suite on the first page."""

MOST_BARS = 2
"""Rows beside them that systems are read against: the best ones, wherever they stand."""


def leading_grid(suite: SuiteBoard, means: SuiteMeans) -> Grid | None:
    """The best of a suite by rank, with what they are read against; ``None`` without any."""
    order = [s for s in best_first(suite, means) if means.stands(s.id)]
    if not order:
        return None
    entries: list[str | BarRow] = [system.id for system in order]
    if means.bar is not None:
        entries.insert(place_of_bar(means, order), means.bar)
    bars = [entry for entry in entries if _is_bar(entry, means)][:MOST_BARS]
    ranked = [entry for entry in entries if not _is_bar(entry, means)][:MOST_LEADING]
    shown = [entry for entry in entries if entry in bars or entry in ranked]
    drawn: list[MetricLike] = [
        means.means[entry] if isinstance(entry, str) else entry.metrics[0] for entry in shown
    ]
    drawer = SuiteDrawer.of(suite, means, Notes(), drawn=drawn, brief=True)
    known = {system.id: system for system in order}
    rows = [
        _bare(drawer.row(known[entry]) if isinstance(entry, str) else drawer.bar_row(entry))
        for entry in shown
    ]
    return Grid(
        id=f"lead-{file_stem(suite.name)}",
        caption=f"{suite_title(suite.name)}: the first of {len(entries)} rows, best first",
        columns=drawer.columns(),
        rows=tuple(rows),
        total=len(entries),
        full_page=suite.page,
        axis=drawer.axis,
        reference=drawer.reference,
        sorted_by="score",
        descending=all(metric.higher_is_better is not False for metric in drawn),
    )


def _bare(row: GridRow) -> GridRow:
    """The row with its reasons as tooltips: the suite's page has them in full."""
    return replace(row, cells=tuple(cell._replace(note=None) for cell in row.cells))


def _is_bar(entry: str | BarRow, means: SuiteMeans) -> bool:
    return not isinstance(entry, str) or entry in means.roles
