"""From records to what the pages show: pure functions into frozen rows, no HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from leaderboard_site.class_items import (
    ConsistencyView,
    FlipsView,
    consistency_view,
    flips_view,
)
from leaderboard_site.details import (
    DataCard,
    StageView,
    SystemDetail,
    data_card,
    interval_sentences,
    stage_view,
    system_detail,
)
from leaderboard_site.figures import Notes
from leaderboard_site.items import DetectionView, OpinionView, detection_view, opinion_view
from leaderboard_site.reading import LoadedRecord
from leaderboard_site.tables import Entry, Table, make_table
from leaderboard_site.text import clip, file_stem

SUITE_QUESTIONS = {
    "reranking": "Given a query and the candidates of a first stage, "
    "which system puts the relevant ones on top?",
    "detection": "How many machine-written texts does a detector catch while it accuses at most "
    "a fixed share of human writers?",
    "consistency": "Does one threshold serve all classes alike?",
    "flips": "What was right before the update and is wrong after it?",
    "image-quality": "Does a model's score of a picture agree with what people say of it?",
}
"""What a suite asks, for suites known when this page was written."""


@dataclass(frozen=True, slots=True)
class Section:
    """What belongs to one task fingerprint on a task's page."""

    table: Table
    card: DataCard
    stage: StageView | None
    intervals: tuple[str, ...]
    systems: tuple[SystemDetail, ...]
    detection: DetectionView | None
    opinion: OpinionView | None
    consistency: ConsistencyView | None
    flips: FlipsView | None
    stage_notes: tuple[str, ...]
    system_notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task: ``full`` sections hold results, ``quick`` ones looks at the first groups only."""

    id: str
    title: str
    suite: str
    anchor: str
    page: str
    full: tuple[Section, ...]
    quick: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class SuiteView:
    """One suite and its tasks in order of their ids."""

    name: str
    anchor: str
    question: str
    page: str
    tasks: tuple[TaskView, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """The whole board."""

    suites: tuple[SuiteView, ...]
    records: int
    systems: int
    tasks: int


def make_board(loaded: Sequence[LoadedRecord]) -> Board:
    """Group records into suites, tasks and tables.

    Records share a table only with equal task id, task fingerprint, limit and primary metric.
    """
    by_task: dict[str, list[LoadedRecord]] = {}
    for item in loaded:
        by_task.setdefault(item.record.task.id, []).append(item)
    tasks = [_task_view(task_id, by_task[task_id]) for task_id in sorted(by_task)]
    suites = sorted({task.suite for task in tasks})
    return Board(
        suites=tuple(_suite_view(name, tasks) for name in suites),
        records=len(loaded),
        systems=len({item.record.model.fingerprint for item in loaded}),
        tasks=len(tasks),
    )


def _suite_view(name: str, tasks: Iterable[TaskView]) -> SuiteView:
    return SuiteView(
        name=clip(name),
        anchor=f"suite-{file_stem(name)}",
        question=SUITE_QUESTIONS.get(name, ""),
        page=f"suites/{file_stem(name)}.html",
        tasks=tuple(task for task in tasks if task.suite == name),
    )


def _task_view(task_id: str, loaded: Sequence[LoadedRecord]) -> TaskView:
    stem = file_stem(task_id)
    sections = _sections(loaded, stem)
    task = loaded[0].record.task
    return TaskView(
        id=task_id,
        title=clip(task.title or task_id, most=120),
        suite=task.suite,
        anchor=f"task-{stem}",
        page=f"tasks/{stem}.html",
        full=tuple(section for section in sections if section.table.limit is None),
        quick=tuple(section for section in sections if section.table.limit is not None),
    )


def _sections(loaded: Sequence[LoadedRecord], stem: str) -> list[Section]:
    groups: dict[tuple[str, int | None, str], list[Entry]] = {}
    for entry in _entries(loaded):
        task = entry.record.task
        key = (task.fingerprint, task.limit, task.primary_metric)
        groups.setdefault(key, []).append(entry)
    # The table with most systems first: it is the one a reader came for.
    ordered = sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0][0], str(pair[0])))
    return [_section(entries, f"{stem}-{n}") for n, (_, entries) in enumerate(ordered, 1)]


def _section(entries: Sequence[Entry], id: str) -> Section:
    records = [entry.record for entry in entries]
    stage = next((record.first_stage for record in records if record.first_stage), None)
    stage_notes, system_notes = Notes(), Notes()
    table = make_table(entries, id=id)
    places = {row.anchor: place for place, row in enumerate(table.rows)}
    return Section(
        table=table,
        card=data_card(records[0]),
        stage=stage_view(stage, stage_notes) if stage else None,
        intervals=interval_sentences(records),
        systems=tuple(
            system_detail(entry, system_notes)
            for entry in sorted(entries, key=lambda e: places[e.anchor])
        ),
        detection=detection_view(entries),
        opinion=opinion_view(entries),
        consistency=consistency_view(entries),
        flips=flips_view(entries),
        stage_notes=tuple(stage_notes.reasons),
        system_notes=tuple(system_notes.reasons),
    )


def _entries(loaded: Sequence[LoadedRecord]) -> list[Entry]:
    entries, taken = [], set[str]()
    for item in loaded:
        short = re.sub(r"[^0-9a-f]", "", item.record.model.fingerprint.lower())[:8] or "model"
        anchor = next(name for name in _names(f"system-{short}") if name not in taken)
        taken.add(anchor)
        entries.append(Entry(item, anchor))
    return entries


def _names(stem: str) -> Iterable[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1
