"""The table of a suite: a row a system, a column a task, ranked by the mean of the core tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leaderboard_site.board.board import Line, Section, SuiteBoard
from leaderboard_site.board.means import SuiteMeans, best_first, suite_means, ties_of
from leaderboard_site.board.systems import System
from leaderboard_site.reading.submitted import weakest
from leaderboard_site.reading.summary import Run
from leaderboard_site.tables.about import about_metric
from leaderboard_site.tables.cells import (
    DATE,
    EVIDENCE,
    LICENCE,
    PARAMETERS,
    RANK,
    SYSTEM,
    declared_cells,
    evidence_cell,
    facets_of,
    figure_cell,
    metric_column,
    row_facets,
    system_cell,
)
from leaderboard_site.tables.charts import Axis, make_axis
from leaderboard_site.tables.figures import (
    Notes,
    Shading,
    best_value,
    dash,
    metric_figure,
    scale_text,
    shading,
)
from leaderboard_site.tables.grid import Cell, Column, Grid, GridRow
from leaderboard_site.text import LONGEST_UNIT, clip, file_stem, plural


@dataclass(frozen=True, slots=True)
class SuiteTable:
    """A suite's table, its ties in words, and the means behind it (best first)."""

    grid: Grid
    ties: str
    means: SuiteMeans
    order: tuple[System, ...]


def suite_table(suite: SuiteBoard) -> SuiteTable:
    """The table of a suite with every row, best first."""
    means = suite_means(suite)
    sections = [task.main for task in suite.tasks if task.main is not None]
    order = best_first(suite, means)
    notes = Notes()
    drawer = _Drawer.of(suite, means, sections, notes)
    rows = tuple(drawer.row(system) for system in order)
    grid = Grid(
        id=f"s-{file_stem(suite.name)}",
        caption=_caption(means, sections),
        columns=drawer.columns(),
        rows=rows,
        total=len(order),
        full_page=suite.full_page,
        facets=facets_of([dict(row.facets) for row in rows]),
        axis=drawer.axis,
        notes=tuple(notes.reasons),
        sorted_by="score",
        descending=all(metric.higher_is_better is not False for metric in means.means.values()),
    ).with_shared_notes()
    return SuiteTable(grid, ties_of(suite, means), means, order)


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


@dataclass(frozen=True, slots=True)
class _Drawer:
    """Turns systems into rows; holds what all rows of the table share."""

    suite: SuiteBoard
    means: SuiteMeans
    sections: tuple[Section, ...]
    lines: tuple[Mapping[str, Line], ...]
    shadings: tuple[Shading | None, ...]
    best: tuple[float | None, ...]
    best_mean: float | None
    axis: Axis | None
    notes: Notes

    @classmethod
    def of(
        cls, suite: SuiteBoard, means: SuiteMeans, sections: list[Section], notes: Notes
    ) -> _Drawer:
        """What rows share, from all systems of the suite."""
        lines = tuple({line.system.id: line for line in s.lines} for s in sections)
        metrics = [[line.run.main for line in s.lines] for s in sections]
        ranked = [means.means[id] for id in means.ranks]
        values = [v for m in ranked for v in (m.value, *(m.interval or ())) if v is not None]
        return cls(
            suite=suite,
            means=means,
            sections=tuple(sections),
            lines=lines,
            shadings=tuple(shading(column) for column in metrics),
            best=tuple(best_value(line.run.main for line in s.ranked) for s in sections),
            best_mean=best_value(ranked),
            axis=make_axis(values, ranked[0].unit if ranked else ""),
            notes=notes,
        )

    def columns(self) -> tuple[Column, ...]:
        """Every column in order."""
        core = {section.id for section in self.means.sections}
        some = next(iter(self.means.means.values()), None)
        name = (
            self.sections[0].run.primary if len(self.sections) == 1 else (some.name if some else "")
        )
        mean = metric_column("score", self.suite.name, name or "Mean", some, priority=1)
        if not self.means.single:
            words = [mean.head, "" if some is None else clip(some.unit, most=LONGEST_UNIT)]
            mean = Column(
                "score", "Mean", " ".join(filter(None, words)), f"Mean {name}", "number",
                mean.about, "sub",
            )  # fmt: skip
        tasks = tuple(
            Column(
                key=f"t{number}",
                head=clip(section.run.title, most=28),
                sub=("· " if section.id in core and len(core) > 1 else "") + _measured(section.run),
                title=f"{section.run.task}: {section.run.primary}",
                about=about_metric(self.suite.name, section.run.primary),
                named="sub",
                kind="number",
                priority=2,
            )
            for number, section in enumerate(self._task_columns())
        )
        whisker = Column("interval", "Interval", kind="whisker", priority=2, sortable=False)
        return (RANK, SYSTEM, mean, whisker, *tasks, EVIDENCE, LICENCE, PARAMETERS, DATE)

    def _task_columns(self) -> tuple[Section, ...]:
        # The only task of a suite is its score: a column of its own would say it twice.
        return self.sections if len(self.sections) > 1 or not self.means.single else ()

    def row(self, system: System) -> GridRow:
        """One row with every cell filled or dashed."""
        runs = [run for run in system.current.runs if run.suite == self.suite.name]
        evidence = weakest(run.evidence for run in runs)
        reason = next(run.evidence_reason for run in runs if run.evidence == evidence)
        metric = self.means.means[system.id]
        best = metric.value is not None and metric.value == self.best_mean
        figure = metric_figure(metric, self.notes, best=best and system.id in self.means.ranks)
        whisker = self.axis.whisker(metric.value, metric.interval) if self.axis else None
        return GridRow(
            id=system.id,
            name=system.name,
            cells=(
                self._rank(system),
                system_cell(
                    system,
                    detail=_detail(system, runs, self.sections),
                    runs=runs,
                    notes=self.notes,
                ),
                figure_cell(figure, metric.value),
                Cell(text="", whisker=whisker),
                *(self._task(number, system) for number in range(len(self._task_columns()))),
                evidence_cell(evidence, reason),
                *declared_cells(system.current),
            ),
            facets=row_facets(system, evidence),
            kind="withdrawn" if system.current.withdrawn else "",
        )  # fmt: skip

    def _rank(self, system: System) -> Cell:
        rank = self.means.ranks.get(system.id)
        if rank is not None:
            return Cell(text=str(rank), sort=rank.best + rank.worst / 1e6)
        if system.current.withdrawn:
            return figure_cell(dash("Withdrawn", self.notes))
        if any(run.is_first_stage for run in system.current.runs):
            return figure_cell(
                dash("The first stage is what systems are measured against", self.notes)
            )
        return figure_cell(dash("Without a mean there is no rank", self.notes))

    def _task(self, number: int, system: System) -> Cell:
        line = self.lines[number].get(system.id)
        if line is None:
            return figure_cell(dash("The system was not run on the task", self.notes))
        metric = line.run.main
        column, best = self.shadings[number], self.best[number]
        figure = metric_figure(
            metric,
            self.notes,
            bare=True,
            shade=column.shade(metric) if column else None,
            best=line.ranked and best is not None and metric is not None and metric.value == best,
        )
        return figure_cell(figure, metric.value if metric else None)


def _measured(run: Run) -> str:
    """The primary metric with its unit."""
    unit = "" if run.main is None else clip(run.main.unit, most=LONGEST_UNIT)
    return f"{clip(run.primary, most=20)} {unit}".rstrip()


def _detail(system: System, runs: Sequence[Run], sections: Sequence[Section]) -> str:
    """What stands behind a name: declared test data, and how many of the tasks were run."""
    seen = sum(run.task in system.current.manifest.trained_on for run in runs)
    said = [f"declares that it saw {plural(seen, 'test set')}"] if seen else []
    if 1 < len(sections) > len(runs):
        said.append(f"{len(runs)} of {plural(len(sections), 'task')}")
    return ", ".join(said)
