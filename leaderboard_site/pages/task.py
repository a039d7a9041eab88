"""A page for each task: its table, what lies behind the figures, and where the data came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.compare.sides import Side
from harness.exhibits import Shown, exhibits_of
from harness.records.record import Difference
from harness.records.scored import FIRST_STAGE_PREFIX
from leaderboard_site.addresses import Render, to_root
from leaderboard_site.board.board import Section, TaskBoard
from leaderboard_site.drawing.drawn import chosen, drawn, first_record, is_cut
from leaderboard_site.drawing.fragments import Fragments
from leaderboard_site.exhibits.draw import Drawing, drawing
from leaderboard_site.pages.captions import facts_text
from leaderboard_site.pages.facts import (
    DataCard,
    StageView,
    data_card,
    interval_sentences,
    stage_view,
)
from leaderboard_site.pages.forests import task_picture
from leaderboard_site.pages.latency import latency_part
from leaderboard_site.pages.lead import lead_part
from leaderboard_site.pages.reading import reading_of
from leaderboard_site.reading.summary import FIRST_STAGE_CAPABILITY
from leaderboard_site.tables.charts import Skyline, reach_of, skyline
from leaderboard_site.tables.figures import Notes
from leaderboard_site.tables.grid import Grid
from leaderboard_site.tables.task_table import TaskTable, label_text, task_table
from leaderboard_site.text import count, in_units

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class QueryPicture:
    """Differences of one system to the first stage, query by query."""

    name: str
    wins: str
    losses: str
    ties: str
    skyline: Skyline


@dataclass(frozen=True, slots=True)
class SectionView:
    """One work on a task's page: its table, and the markup of what stands below it."""

    id: str
    label: str
    limit: str
    facts: tuple[tuple[str, str], ...]
    table: TaskTable
    grid: Grid
    lead: Markup
    latency: Markup
    details: Markup


@dataclass(frozen=True, slots=True)
class Details:
    """What the records of the best systems tell of one work."""

    id: str
    suite: str
    primary: str
    scale: str
    queries: tuple[QueryPicture, ...]
    per_bar: int
    card: DataCard
    stage: StageView | None
    stage_notes: tuple[str, ...]
    intervals: tuple[str, ...]
    exhibits: Drawing | None
    is_cut: bool


def task_files(
    task: TaskBoard, fragments: Fragments, render: Render, *, suite_page: str
) -> dict[str, bytes]:
    """The page of a task, its pictures, and the page with every row where the first is cut."""
    full = [section_view(task, section, fragments, render) for section in task.full]
    quick = [section_view(task, section, fragments, render) for section in task.quick]
    files: dict[str, bytes] = {}
    pictures = {}
    for section in task.full:
        made, pictures[section.id] = task_picture(task.page, section, fragments)
        files |= made
    files[task.page] = render(
        "task.html.j2",
        root=to_root(task.page),
        task=task,
        full=full,
        quick=quick,
        suite_page=suite_page,
        pictures=pictures,
        reading=reading_of([view.grid for view in (*full, *quick)]),
    )
    cut = [view.table for view in (*full, *quick) if view.grid.is_cut]
    if cut:
        files[task.full_page] = render(
            "rows.html.j2",
            root=to_root(task.full_page),
            title=task.title,
            back=task.page,
            within=suite_page,
            tables=cut,
        )
    return files


def section_view(
    task: TaskBoard, section: Section, fragments: Fragments, render: Render
) -> SectionView:
    """Everything a task's page says of one work."""
    root = to_root(task.page)
    first = first_record(section)
    stage = first.first_stage
    table = task_table(section, stage, title=task.title, full_page=task.full_page)
    return SectionView(
        id=section.id,
        label=label_text(section),
        limit="" if section.limit is None else count(section.limit),
        facts=facts_text(first, stage),
        table=table,
        grid=table.grid.cut(),
        lead=lead_part(section, fragments, render),
        latency=latency_part(section, fragments, render, level="h3"),
        details=fragments.made(
            "details",
            chosen(section),
            [section.id, str(is_cut(section))],
            lambda: render("_details.html.j2", root=root, view=details(section)),
        ),
    )


def details(section: Section) -> Details:
    """Everything but the table: pictures and items of the drawn systems, data, intervals."""
    notes = Notes()
    shown = drawn(section)
    queries, stage = _queries(section, shown.runs), shown.stage
    return Details(
        id=section.id,
        suite=section.run.suite,
        primary=section.run.primary,
        scale=in_units(section.run.main.unit if section.run.main else ""),
        queries=queries,
        per_bar=max((picture.skyline.per_bar for picture in queries), default=1),
        card=data_card(shown.runs[0].side.record),
        stage=stage_view(stage, notes) if stage else None,
        stage_notes=tuple(notes.reasons),
        intervals=interval_sentences([run.side.record for run in shown.runs]),
        exhibits=drawing(exhibits_of(shown.runs)),
        is_cut=shown.is_cut,
    )


def _queries(section: Section, runs: Sequence[Shown]) -> tuple[QueryPicture, ...]:
    metric = section.run.main
    sign = 1 if metric is None or metric.higher_is_better else -1
    moved = [
        (run, gain, found)
        for run in runs
        if (gain := _gain(run.side)) is not None and (found := _differences(run.side))
    ]
    unit = "" if metric is None else metric.unit
    reach = reach_of([found for _, _, found in moved], unit)
    return tuple(
        QueryPicture(
            name=run.name,
            wins=count(gain.wins),
            losses=count(gain.losses),
            ties=count(gain.ties),
            skyline=skyline(found, reach=reach, sign=sign, unit=unit),
        )
        for run, gain, found in moved
    )


def _differences(side: Side) -> list[float]:
    """Model minus first stage for each query where both are known, in the table's order."""
    name = side.record.task.primary_metric
    ours, theirs = side.column(name), side.column(FIRST_STAGE_PREFIX + name)
    if ours is None or theirs is None:
        return []
    apart = np.asarray(ours, dtype=np.float64) - np.asarray(theirs, dtype=np.float64)
    found: list[float] = apart[np.isfinite(apart)].tolist()
    return found


def _gain(side: Side) -> Difference | None:
    """The paired difference to the first stage, unless the model only keeps its order."""
    record = side.record
    return None if record.model.capability == FIRST_STAGE_CAPABILITY else record.gain
