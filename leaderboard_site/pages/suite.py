"""A page for each suite: its table, its own pictures, and its tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.exhibits import exhibits_of
from leaderboard_site.addresses import Render, task_page, to_root
from leaderboard_site.board.board import Section, SuiteBoard, TaskBoard
from leaderboard_site.board.unknown import not_run
from leaderboard_site.drawing.drawn import chosen, drawn
from leaderboard_site.drawing.fragments import Fragments
from leaderboard_site.exhibits.draw import Drawing, drawing
from leaderboard_site.pages.forests import suite_picture
from leaderboard_site.pages.latency import has_latency, latency_part
from leaderboard_site.pages.lead import lead_part
from leaderboard_site.pages.reading import Reading, reading_of
from leaderboard_site.tables.grid import Grid
from leaderboard_site.tables.suite_table import SuiteTable, suite_table
from leaderboard_site.text import clip, plural, suite_title

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_PICTURED = 2
"""Tasks whose pictures stand on the suite's page; those of all stand on the tasks' pages."""

MOST_OPEN = 60


@dataclass(frozen=True, slots=True)
class Pictured:
    """What the suite shows of one task, as far as it is no table."""

    id: str
    title: str
    page: str
    exhibits: Drawing | None


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One task in the list of a suite's tasks."""

    id: str
    title: str
    page: str
    metric: str
    shown: str
    systems: str
    leaders: str


@dataclass(frozen=True, slots=True)
class SuiteView:
    """Everything a suite's page shows."""

    name: str
    page: str
    question: str
    table: SuiteTable
    grid: Grid
    lead: Markup | str
    reading: Reading
    pictured: tuple[Markup, ...]
    latency: tuple[Markup, ...]
    tasks: tuple[TaskLine, ...]
    open_tasks: tuple[str, ...]
    open_more: int

    @property
    def open_count(self) -> int:
        """Tasks of the catalogue that nobody was run on."""
        return len(self.open_tasks) + self.open_more


def suite_files(suite: SuiteBoard, fragments: Fragments, render: Render) -> dict[str, bytes]:
    """The page of a suite, its picture, and the page with every row where the first is cut."""
    view = suite_view(suite, fragments, render)
    files, picture = suite_picture(suite.page, view.table, fragments)
    files[suite.page] = render(
        "suite.html.j2", root=to_root(suite.page), suite=view, picture=picture
    )
    if view.grid.is_cut:
        files[suite.full_page] = render(
            "rows.html.j2",
            root=to_root(suite.full_page),
            title=suite_title(suite.name),
            back=suite.page,
            within=suite.page,
            tables=[view.table],
        )
    return files


def suite_view(suite: SuiteBoard, fragments: Fragments, render: Render) -> SuiteView:
    """Table, pictures of the tasks that most systems were run on, and all tasks."""
    table = suite_table(suite)
    grid = table.grid.cut()
    open_tasks = not_run(suite)
    sections = sorted(table.means.sections, key=lambda s: (-len(s.ranks), s.id))
    root = to_root(suite.page)
    return SuiteView(
        name=suite.name,
        page=suite.page,
        question=suite.question,
        table=table,
        grid=grid,
        lead=lead_part(sections[0], fragments, render) if table.means.single else "",
        reading=reading_of([grid]),
        pictured=tuple(
            fragments.made(
                "pictures",
                chosen(section),
                [section.id],
                lambda section=section: render(  # type: ignore[misc]
                    "_pictures.html.j2", root=root, item=_pictured(section)
                ),
            )
            for section in sections[:MOST_PICTURED]
        ),
        latency=_latencies(sections[:MOST_PICTURED], fragments, render),
        tasks=tuple(_task_line(task) for task in suite.tasks),
        open_tasks=open_tasks[:MOST_OPEN],
        open_more=max(0, len(open_tasks) - MOST_OPEN),
    )


def _latencies(
    sections: Sequence[Section], fragments: Fragments, render: Render
) -> tuple[Markup, ...]:
    """Pictures of the tasks that have one; each has the task for its title where there are more."""
    having = [section for section in sections if has_latency(section)]
    titles = [clip(section.run.title, most=80) if having[1:] else "" for section in having]
    return tuple(
        latency_part(section, fragments, render, level="h2", title=title)
        for section, title in zip(having, titles, strict=True)
    )


def _pictured(section: Section) -> Pictured:
    task = section.run
    return Pictured(
        id=section.id,
        title=clip(task.title, most=120),
        page=task_page(task.task),
        exhibits=drawing(exhibits_of(drawn(section).runs)),
    )


def _task_line(task: TaskBoard) -> TaskLine:
    main = task.main
    if main is None:
        return TaskLine(clip(task.id), task.title, task.page, "", "", "quick looks only", "")
    ranked = main.ranked
    return TaskLine(
        id=clip(task.id),
        title=task.title,
        page=task.page,
        metric=main.run.primary,
        shown=clip(main.run.primary, most=60),
        systems=plural(len(ranked), "ranked system"),
        leaders=main.headline,
    )
