"""The first rows of a suite as one picture with its words in it, for a page of its own or a paper.

The pages of the site draw the same in their tables, at any width.
"""

from __future__ import annotations

from harness.records.bars import FIRST_STAGE
from leaderboard_site.plots.forest import ForestRow, Reference, forest_plot
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.tables.suite_rows import bar_value
from leaderboard_site.tables.suite_table import SuiteTable
from leaderboard_site.text import clip

MOST_FOREST = 20


def forest_of(table: SuiteTable, *, most: int = MOST_FOREST) -> Svg | None:
    """Means of the best ranked systems with their intervals; ``None`` for fewer than two."""
    ranked = [system for system in table.order if system.id in table.means.ranks][:most]
    rows = []
    for system in ranked:
        mean = table.means.means[system.id]
        if mean.value is None:
            continue
        low, high = mean.interval or (None, None)
        rows.append(ForestRow(system.name, mean.value, low, high))
    if len(rows) < 2:
        return None
    first = table.means.means[ranked[0].id]
    name = first.name if table.means.single else f"mean {first.name}"
    return forest_plot(
        rows,
        metric=name,
        higher_is_better=first.higher_is_better,
        unit=first.unit,
        reference=_bar(table),
    )


def _bar(table: SuiteTable) -> Reference | None:
    """What systems are read against, where that is a line and not so by definition."""
    standing = table.means.standing
    if standing.hardest is None:
        return None
    bar, value = standing.bars[standing.hardest], bar_value(table.means)
    assert value is not None
    kind = bar.kind if bar.kind == FIRST_STAGE else f"{bar.kind} row"
    return Reference(f"{kind} {clip(bar.name, most=24)}", value)
