"""Rows of a suite's table: a system with its mean, what stands beside that, and its tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leaderboard_site.board.board import Line, Section, SuiteBoard
from leaderboard_site.board.marks import marks_of
from leaderboard_site.board.means import SuiteMeans, mean_beside, mean_of
from leaderboard_site.board.systems import System
from leaderboard_site.reading.submitted import weakest
from leaderboard_site.reading.summary import BarRow, Metric, MetricLike, Run
from leaderboard_site.tables.about import about_metric
from leaderboard_site.tables.cells import (
    DATE,
    EVIDENCE,
    LICENCE,
    PARAMETERS,
    RANK,
    SYSTEM,
    UNRANKED,
    arrow_words,
    declared_cells,
    evidence_cell,
    figure_cell,
    floor_text,
    metric_column,
    orgs_differ,
    row_facets,
    system_cell,
    unranked,
)
from leaderboard_site.tables.charts import Axis, make_axis
from leaderboard_site.tables.figures import (
    Notes,
    Shading,
    best_value,
    dash,
    metric_figure,
    shading,
)
from leaderboard_site.tables.grid import Cell, Column, GridRow
from leaderboard_site.text import LONGEST_UNIT, clip, metric_name, plural

LONGEST_HEAD = 40
"""Characters of a title at the head of a column, beyond which what follows a colon may go."""

MOST_BESIDE = 2
"""Metrics beside the mean in a brief row; the suite's page has all of them."""


@dataclass(frozen=True, slots=True)
class SuiteDrawer:
    """Turns systems into rows; holds what all rows of the table share."""

    suite: SuiteBoard
    means: SuiteMeans
    sections: tuple[Section, ...]
    lines: tuple[Mapping[str, Line], ...]
    shadings: tuple[Shading | None, ...]
    best: tuple[float | None, ...]
    best_mean: float | None
    beside: tuple[str, ...]
    axis: Axis | None
    reference: str | None
    notes: Notes
    brief: bool
    org: bool

    @classmethod
    def of(
        cls,
        suite: SuiteBoard,
        means: SuiteMeans,
        notes: Notes,
        *,
        drawn: Sequence[MetricLike],
        brief: bool = False,
    ) -> SuiteDrawer:
        """What rows share, from all systems of the suite; ``drawn`` are what the axis is over.

        ``brief`` rows have no columns of single tasks, and say nothing of licence, size and date.
        """
        sections = [task.main for task in suite.tasks if task.main is not None]
        lines = tuple({line.system.id: line for line in s.lines} for s in sections)
        metrics = [[line.run.main for line in s.lines if line.below is None] for s in sections]
        values = [v for m in drawn for v in (m.value, *(m.interval or ())) if v is not None]
        axis = make_axis(values, drawn[0].unit if drawn else "")
        at = bar_value(means)
        return cls(
            suite=suite,
            means=means,
            sections=tuple(sections),
            lines=lines,
            shadings=tuple(shading(column) for column in metrics),
            best=tuple(best_value(line.run.main for line in s.ranked) for s in sections),
            best_mean=best_value(means.means[id] for id in means.ranks),
            beside=beside_of(means)[: MOST_BESIDE if brief else None],
            axis=axis,
            reference=axis.place(at) if axis and at is not None else None,
            notes=notes,
            brief=brief,
            org=orgs_differ(suite.systems),
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
            unit = "" if some is None else clip(some.unit, most=LONGEST_UNIT)
            cut = metric_name(name)
            words = [cut.main, cut.parameters, unit, arrow_words(some)]
            mean = Column(
                "score", "Mean", " ".join(filter(None, words)), f"Mean {name}", "number",
                mean.about, "sub",
            )  # fmt: skip
        heads = short_titles(self._task_columns())
        tasks = tuple(
            Column(
                key=f"t{number}",
                head=heads[section.id],
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
        beside = tuple(
            metric_column(
                f"b{number}", self.suite.name, name, self._example(name), brief=self.brief
            )
            for number, name in enumerate(self.beside)
        )
        shown = (RANK, SYSTEM, mean, whisker, *beside, *tasks, EVIDENCE)
        return shown if self.brief else (*shown, LICENCE, PARAMETERS, DATE)

    def _example(self, name: str) -> MetricLike | None:
        found = (line.run.metric(name) for s in self.means.sections for line in s.lines)
        return next((metric for metric in found if metric is not None), None)

    def _task_columns(self) -> tuple[Section, ...]:
        # The only task of a suite is its score: a column of its own would say it twice.
        if self.brief or (self.means.single and len(self.sections) < 2):
            return ()
        return self.sections

    def row(self, system: System) -> GridRow:
        """One row with every cell filled or dashed."""
        runs = [run for run in system.current.runs if run.suite == self.suite.name]
        evidence = weakest(run.evidence for run in runs)
        reason = next(run.evidence_reason for run in runs if run.evidence == evidence)
        metric, role = self.means.means[system.id], self.means.roles.get(system.id, "")
        fitted = self.means.marks.get(system.id, "")
        best = metric.value is not None and metric.value == self.best_mean
        figure = metric_figure(metric, self.notes, best=best and system.id in self.means.ranks)
        whisker = self.axis.whisker(metric.value, metric.interval) if self.axis else None
        return GridRow(
            id=system.id,
            name=system.name,
            cells=(
                self._rank(system),
                self._system(system, runs, role or system.current.manifest.control or ""),
                figure_cell(figure, metric.value),
                Cell(text="", whisker=whisker),
                *(self._beside(name, system) for name in self.beside),
                *(self._task(number, system) for number in range(len(self._task_columns()))),
                evidence_cell(evidence, reason),
                *(() if self.brief else declared_cells(system.current)),
            ),
            facets={} if role else row_facets(system, evidence, fitted),
            kind="first-stage" if role else "withdrawn" if system.current.withdrawn else "",
        )  # fmt: skip

    def _system(self, system: System, runs: Sequence[Run], role: str) -> Cell:
        detail = _detail(system, runs, self.sections, role)
        cell = system_cell(system, org=self.org, detail=detail, runs=runs, notes=self.notes)
        return cell._replace(small=clip(detail, most=120)) if self.brief else cell

    def bar_row(self, bar: BarRow) -> GridRow:
        """What systems are read against, where no system is that itself."""
        mean, empty = bar.metrics[0], Cell(text="")
        fixed = mean.name in bar.fixed
        score = figure_cell(metric_figure(mean, Notes() if fixed else self.notes), mean.value)
        whisker = self.axis.whisker(mean.value, mean.interval) if self.axis else None
        tasks = [section.told for section in self._task_columns()]
        return GridRow(
            id="first-stage",
            name=bar.name,
            cells=(
                figure_cell(dash(unranked(bar.kind), self.notes)),
                Cell(bar.name, bar.name.casefold(), bar.kind),
                score._replace(small="by definition", note=None) if fixed else score,
                Cell(text="", whisker=whisker),
                *(self._bar_figure(self._bar_beside(name), bar) for name in self.beside),
                *(
                    self._bar_figure(None if own is None else own.metric(section.run.primary), bar)
                    for own, section in zip(tasks, self._task_columns(), strict=True)
                ),
                *(empty for _ in range(1 if self.brief else 4)),
            ),
            kind="first-stage",
        )

    def _bar_beside(self, name: str) -> Metric:
        found = [None if section.told is None else section.told.metric(name)
                 for section in self.means.sections]  # fmt: skip
        return mean_of(found, self.means.sections)

    def _bar_figure(self, metric: Metric | None, bar: BarRow) -> Cell:
        if metric is None or metric.value is None:
            return figure_cell(dash(f"Not known of the {bar.kind}", self.notes))
        return figure_cell(metric_figure(metric, Notes(), bare=True)._replace(note=None),
                           metric.value)  # fmt: skip

    def _beside(self, name: str, system: System) -> Cell:
        core = {section.id for section in self.means.sections}
        lines = [
            by_system.get(system.id)
            for section, by_system in zip(self.sections, self.lines, strict=True)
            if section.id in core
        ]
        metric = mean_beside(lines, self.means.sections, name)
        return figure_cell(metric_figure(metric, self.notes, bare=True), metric.value)

    def _rank(self, system: System) -> Cell:
        rank = self.means.ranks.get(system.id)
        if rank is not None:
            return Cell(text=str(rank), sort=rank.best + rank.worst / 1e6)
        if system.id in self.means.roles:
            return figure_cell(dash(unranked(self.means.roles[system.id]), self.notes))
        if system.current.withdrawn:
            return figure_cell(dash("Withdrawn", self.notes))
        below = (line.below for lines in self.lines if (line := lines.get(system.id)))
        found = next((one for one in below if one is not None), None)
        if found is not None:
            return figure_cell(dash(floor_text(*found), self.notes))
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
            shade=column.shade(metric) if column and line.below is None else None,
            best=line.ranked and best is not None and metric is not None and metric.value == best,
        )
        return figure_cell(figure, metric.value if metric else None)


def _measured(run: Run) -> str:
    """The primary metric with its unit."""
    unit = "" if run.main is None else clip(run.main.unit, most=LONGEST_UNIT)
    cut = metric_name(run.primary)
    return " ".join(filter(None, [cut.main, cut.parameters, unit]))


def short_titles(sections: Sequence[Section]) -> dict[str, str]:
    """What tasks are called at the head of a column: a long title up to its colon, if that tells.

    So no head is cut in the middle of a word, and the page of the task has the whole of it.
    """
    whole = {section.id: clip(section.run.title, most=120) for section in sections}
    firsts = {id: title.split(": ")[0] for id, title in whole.items()}
    alone = Counter([*firsts.values(), *whole.values()])
    return {
        id: firsts[id] if len(title) > LONGEST_HEAD and alone[firsts[id]] == 1 else title
        for id, title in whole.items()
    }


def bar_value(means: SuiteMeans) -> float | None:
    """The mean of the best of what is to be beaten, where that is no definition."""
    standing = means.standing
    if standing.hardest is None:
        return None
    value = standing.bars[standing.hardest].mean.value
    some = next(iter(means.means.values()))
    return -value if some.higher_is_better is False else value


def beside_of(means: SuiteMeans) -> tuple[str, ...]:
    """Metrics that stand next to the mean: those that every core task shows."""
    shown = [section.shown for section in means.sections]
    return tuple(name for name in (shown[0] if shown else ()) if all(name in s for s in shown))


def _detail(
    system: System, runs: Sequence[Run], sections: Sequence[Section], role: str = ""
) -> str:
    """What stands behind a name: that it is no rival, what it knows of its tasks, how many ran."""
    found = [mark for run in runs for mark in marks_of(system.current.manifest, run)]
    words = Counter(mark.word for mark in found)
    partly = 1 < len(sections) > len(runs)
    of = "" if partly else f" of {len(runs)}"
    said = [role if role in UNRANKED else f"control: {role}"] if role else []
    if partly:
        said.append(f"{len(runs)} of {plural(len(sections), 'task')}")
    said += [
        mark.said if len(runs) == 1 else f"{mark.word} on\N{NO-BREAK SPACE}{words[mark.word]}{of}"
        for mark in {mark.word: mark for mark in found}.values()
    ]
    return ", ".join(said)
