"""A page for each task: its table, what lies behind the figures, and where the data came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leaderboard_site.addresses import Render, to_root
from leaderboard_site.board.board import Section, TaskBoard
from leaderboard_site.drawing.drawn import chosen, drawn, first_record, is_cut
from leaderboard_site.drawing.fragments import Fragments
from leaderboard_site.exhibits.class_items import (
    ConsistencyView,
    FlipsView,
    consistency_view,
    flips_view,
)
from leaderboard_site.exhibits.draw import DetectionView, OpinionView, detection_view, opinion_view
from leaderboard_site.pages.captions import facts_text
from leaderboard_site.pages.facts import (
    DataCard,
    StageView,
    data_card,
    interval_sentences,
    stage_view,
)
from leaderboard_site.pages.latency import latency_part
from leaderboard_site.reading.records import Entry
from leaderboard_site.reading.summary import Gain
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
    detection: DetectionView | None
    opinion: OpinionView | None
    consistency: ConsistencyView | None
    flips: FlipsView | None
    is_cut: bool


def task_files(
    task: TaskBoard, fragments: Fragments, render: Render, *, suite_page: str
) -> dict[str, bytes]:
    """The page of a task, and the page with every row where the first is cut."""
    full = [section_view(task, section, fragments, render) for section in task.full]
    quick = [section_view(task, section, fragments, render) for section in task.quick]
    files = {
        task.page: render(
            "task.html.j2",
            root=to_root(task.page),
            task=task,
            full=full,
            quick=quick,
            suite_page=suite_page,
        )
    }
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
    entries, stage = shown.entries, shown.stage
    queries = _queries(section, entries)
    return Details(
        id=section.id,
        suite=section.run.suite,
        primary=section.run.primary,
        scale=in_units(section.run.main.unit if section.run.main else ""),
        queries=queries,
        per_bar=max((picture.skyline.per_bar for picture in queries), default=1),
        card=data_card(entries[0].record),
        stage=stage_view(stage, notes) if stage else None,
        stage_notes=tuple(notes.reasons),
        intervals=interval_sentences([entry.record for entry in entries]),
        detection=detection_view(entries),
        opinion=opinion_view(entries),
        consistency=consistency_view(entries),
        flips=flips_view(entries),
        is_cut=shown.is_cut,
    )


def _queries(section: Section, entries: tuple[Entry, ...]) -> tuple[QueryPicture, ...]:
    metric = section.run.main
    sign = 1 if metric is None or metric.higher_is_better else -1
    shown = [e for e in entries if e.loaded.differences and _gain(e) is not None]
    shown = [e for e in shown if e.record.model.capability != "keep_first_stage"]
    unit = "" if metric is None else metric.unit
    reach = reach_of([entry.loaded.differences or () for entry in shown], unit)
    found = []
    for entry in shown:
        gain = _gain(entry)
        assert gain is not None
        assert entry.loaded.differences
        drawing = skyline(entry.loaded.differences, reach=reach, sign=sign, unit=unit)
        counts = (count(gain.wins), count(gain.losses), count(gain.ties))
        found.append(QueryPicture(entry.name, *counts, drawing))
    return tuple(found)


def _gain(entry: Entry) -> Gain | None:
    stage = entry.record.first_stage
    differences = stage.differences if stage else []
    name = entry.record.task.primary_metric
    found = next((d for d in differences if d.name == name), None)
    if found is None:
        return None
    return Gain(name, found.value, found.interval, found.n, found.wins, found.losses, found.ties,
                found.reason)  # fmt: skip
