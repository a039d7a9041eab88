"""The first rows of a table as one picture with its words in it, for a page of its own or a paper.

The pages of the site draw the same in their tables, at any width, and link to these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from harness.records.bars import FIRST_STAGE
from leaderboard_site.board.board import Section
from leaderboard_site.board.standing import Standing
from leaderboard_site.drawing.fragments import Fragments
from leaderboard_site.drawing.standalone import svg_file
from leaderboard_site.plots.forest import ForestRow, Reference, forest_plot
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.tables.suite_table import SuiteTable
from leaderboard_site.text import clip

MOST_FOREST = 20


class Taken(NamedTuple):
    """A link to a file: what it is, and its path."""

    kind: str
    page: str


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
        reference=_reference(table.means.standing, lower=first.higher_is_better is False),
    )


def forest_of_task(section: Section, *, most: int = MOST_FOREST) -> Svg | None:
    """Values of the best ranked systems of one task; ``None`` for fewer than two."""
    rows = []
    for line in section.ranked[:most]:
        metric = line.run.main
        if metric is not None and metric.value is not None:
            low, high = metric.interval or (None, None)
            rows.append(ForestRow(line.system.name, metric.value, low, high))
    main = section.run.main
    if len(rows) < 2 or main is None:
        return None
    return forest_plot(
        rows,
        metric=main.name,
        higher_is_better=main.higher_is_better,
        unit=main.unit,
        reference=_reference(section.standing, lower=main.higher_is_better is False),
    )


def _reference(standing: Standing, *, lower: bool) -> Reference | None:
    """What systems are read against, where that is a line and not so by definition."""
    if standing.hardest is None:
        return None
    bar = standing.bars[standing.hardest]
    kind = bar.kind if bar.kind == FIRST_STAGE else f"{bar.kind} row"
    name = clip(bar.name, most=40)
    value = bar.mean.value
    return Reference(name if kind in name else f"{kind} {name}", -value if lower else value)


def suite_picture(
    page: str, table: SuiteTable, fragments: Fragments
) -> tuple[dict[str, bytes], tuple[Taken, ...]]:
    """Files of a suite's picture beside its page, where pictures are made, and links to them."""
    if fragments.png is None:
        return {}, ()
    return _files(page, "picture", forest_of(table), fragments.png)


def task_picture(
    page: str, section: Section, fragments: Fragments
) -> tuple[dict[str, bytes], tuple[Taken, ...]]:
    """The same of one work of a task."""
    if fragments.png is None:
        return {}, ()
    number = section.id.rpartition("-")[2]
    return _files(page, f"picture-{number}", forest_of_task(section), fragments.png)


def _files(
    page: str, name: str, plot: Svg | None, png: Callable[[bytes], bytes]
) -> tuple[dict[str, bytes], tuple[Taken, ...]]:
    if plot is None:
        return {}, ()
    svg = svg_file(plot.text, f"{plot.title}. {plot.caption}")
    made = {"SVG": (f"{name}.svg", svg), "PNG": (f"{name}.png", png(svg))}
    stem = page.removesuffix("html")
    files = {f"{stem}{file}": data for file, data in made.values()}
    links = (Taken(kind, f"{stem}{file}") for kind, (file, _) in made.items())
    return files, tuple(links)
