"""The table of one task: systems ranked by their intervals, around a first stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.records.bars import stage_name
from harness.records.record import FirstStageRef
from leaderboard_site.board.board import Line, Section
from leaderboard_site.reading.summary import BarRow, Metric, MetricLike
from leaderboard_site.tables.cells import (
    DATE,
    EVIDENCE,
    LICENCE,
    PARAMETERS,
    RANK,
    SYSTEM,
    UNRANKED,
    declared_cells,
    evidence_cell,
    figure_cell,
    floor_text,
    metric_column,
    orgs_differ,
    row_facets,
    system_cell,
    unranked,
    with_facets,
)
from leaderboard_site.tables.charts import Axis, make_axis
from leaderboard_site.tables.effort import effort_cells, effort_columns
from leaderboard_site.tables.figures import (
    Notes,
    Shading,
    best_value,
    dash,
    device_figure,
    difference_cell,
    metric_figure,
    scale_text,
    shading,
    speed_figure,
)
from leaderboard_site.tables.grid import Cell, Column, Grid, GridRow
from leaderboard_site.text import DASH, clip, count, percent, quantity

MOST_COLUMNS = 10
"""Metrics with a column; all of them stand in data/board.json and on the runs' pages."""

FEW_METRICS = 4
"""So many metrics are shown at once; the others can be chosen."""

BASE_LINE = Cell(text="the line to beat")


@dataclass(frozen=True, slots=True)
class TaskTable:
    """A table with what is said of first place, and of how many ranks are certain.

    Quick looks have neither.
    """

    grid: Grid
    ties: str
    certainty: str = ""


def task_table(
    section: Section, stage: FirstStageRef | None, *, title: str, full_page: str
) -> TaskTable:
    """The table of a section with every row; see :func:`cut` for a page that cannot hold them.

    ``stage`` is the first stage of its lists, as a record tells it.
    """
    notes = Notes()
    drawer = _drawer(section, stage, notes)
    rows = [drawer.row(line) for line in section.lines]
    bar = section.bar
    if bar is not None:
        depth = "" if stage is None else f" · top {stage.depth}"
        rows.insert(_place(bar, section.lines, section.run.primary), drawer.bar_row(bar, depth))
    shown, facets = with_facets(rows)
    grid = Grid(
        id=f"t-{section.id}",
        caption=_caption(section, title),
        columns=drawer.columns(),
        rows=shown,
        total=len(rows),
        full_page=full_page,
        facets=facets,
        axis=drawer.axis,
        reference=drawer.reference,
        notes=tuple(notes.reasons),
        sorted_by="score",
        descending=section.run.main is None or section.run.main.higher_is_better is not False,
    ).with_shared_notes()
    return TaskTable(grid, section.headline, section.certainty)


def label_text(section: Section) -> str:
    """``First stage bm25, task 0f06d87e``: what sets tables of one task apart."""
    run = section.run
    stage = f"first stage {clip(stage_name(run.stage))}, " if run.stage else ""
    members = f"mean over {run.members} tasks, " if run.members else ""
    said = f"{members}{stage}task {run.fingerprint[:8]}, version {clip(run.version, most=12)}"
    return said[0].upper() + said[1:]


def _caption(section: Section, title: str) -> str:
    levels = {line.run.level for line in section.lines}
    level = f"{percent(levels.pop())} intervals" if len(levels) == 1 else "intervals"
    main = section.run.main
    scale = scale_text([] if main is None else [main.unit])
    said = f"{title}. {label_text(section)}. {scale}, {level} in brackets, best first."
    if section.limit is None:
        return said
    return (
        f"{said} Quick look at the first {count(section.limit)} groups: not a result, not ranked."
    )


def _place(bar: BarRow, lines: Sequence[Line], primary: str) -> int:
    """Where a bar stands among lines: before its equals."""
    own = bar.metric(primary)
    if own is None or own.value is None:
        return len(lines)
    sign = -1 if own.higher_is_better is False else 1
    for place, line in enumerate(lines):
        metric = line.run.main
        if metric is None or metric.value is None or sign * metric.value <= sign * own.value:
            return place
    return len(lines)


@dataclass(frozen=True, slots=True)
class _Drawer:
    """Turns lines into rows; holds what all rows of a table share."""

    section: Section
    names: tuple[str, ...]
    examples: Mapping[str, MetricLike]
    shadings: Mapping[str, Shading | None]
    best: Mapping[str, float | None]
    axis: Axis | None
    reference: str | None
    staged: bool
    effort: tuple[Column, ...]
    notes: Notes
    org: bool

    def columns(self) -> tuple[Column, ...]:
        """Every column in order."""
        suite, primary = self.section.run.suite, self.section.run.primary
        beside = self.section.shown
        main = metric_column("score", suite, primary, self.examples.get(primary), priority=1)
        gains = (
            Column("gain", "Gain", "over first stage", kind="number", priority=2),
            Column("verdict", "Verdict", "won · lost · equal", priority=2),
        )
        others = tuple(
            metric_column(
                f"m{number}",
                suite,
                name,
                self.examples.get(name),
                optional=number >= FEW_METRICS and name not in beside,
                priority=2 if name in beside else 3,
            )
            for number, name in enumerate(self.names)
        )
        return (
            RANK,
            SYSTEM,
            main,
            Column("interval", "Interval", kind="whisker", priority=2, sortable=False),
            *(gains if self.staged else ()),
            *others,
            EVIDENCE,
            Column("n", "n", "groups", kind="number", optional=True, priority=3),
            Column("speed", "Items/s", "latency", kind="number", priority=3),
            *self.effort,
            Column("device", "Device", optional=True, priority=3),
            LICENCE,
            PARAMETERS,
            DATE,
        )

    def row(self, line: Line) -> GridRow:
        """One row with every cell filled or dashed."""
        run, system = line.run, line.system
        metrics = {metric.name: metric for metric in reversed(run.metrics)}
        metric = metrics.get(run.primary)
        speed = speed_figure(run, self.notes)
        return GridRow(
            id=system.id,
            name=system.name,
            cells=(
                self._rank(line),
                self._system(line),
                self._metric(line, run.primary, metric),
                self._whisker(metric),
                *(self._gain(line) if self.staged else ()),
                *[self._metric(line, name, metrics.get(name)) for name in self.names],
                evidence_cell(run.evidence, run.evidence_reason),
                Cell(text=count(metric.n), sort=metric.n) if metric else Cell(text=DASH),
                figure_cell(speed, run.speed.items_per_second if run.speed else None),
                *effort_cells(run, self.effort),
                figure_cell(
                    device_figure(run, self.notes), run.speed.device if run.speed else None
                ),
                *declared_cells(system.current),
            ),
            facets={} if line.role else row_facets(system, run.evidence, line.fitted),
            kind=_kind(line),
        )

    def _system(self, line: Line) -> Cell:
        return system_cell(
            line.system, org=self.org, detail=_detail(line), runs=[line.run], notes=self.notes
        )

    def bar_row(self, bar: BarRow, detail: str) -> GridRow:
        """What systems are read against, where no system is that itself."""
        primary = self.section.run.primary
        empty = Cell(text="")
        return GridRow(
            id="first-stage",
            name=clip(bar.name),
            cells=(
                _no_rank(unranked(bar.kind), self.notes),
                Cell(clip(bar.name), bar.name.casefold(), f"{bar.kind}{detail}"),
                self._bar_metric(bar, primary),
                self._whisker(bar.metric(primary)),
                *((BASE_LINE, empty) if self.staged else ()),
                *(self._bar_metric(bar, name) for name in self.names),
                *(empty for _ in range(7 + len(self.effort))),
            ),
            kind="first-stage",
        )

    def _rank(self, line: Line) -> Cell:
        rank = self.section.ranks.get(line.system.id)
        if rank is not None:
            return Cell(text=str(rank), sort=rank.best + rank.worst / 1e6)
        if line.role:
            return _no_rank(unranked(line.role), self.notes)
        if line.system.current.withdrawn:
            return _no_rank("Withdrawn", self.notes)
        if line.run.limit is not None:
            return _no_rank("A quick look is never ranked", self.notes)
        if line.below is not None:
            return _no_rank(floor_text(*line.below), self.notes)
        return _no_rank("Without a value there is no rank", self.notes)

    def _metric(self, line: Line, name: str, metric: Metric | None) -> Cell:
        column = self.shadings[name]
        best = self.best[name]
        main = name == self.section.run.primary
        figure = metric_figure(
            metric,
            self.notes,
            bare=not main,
            shade=column.shade(metric) if column and line.below is None else None,
            best=line.ranked and best is not None and metric is not None and metric.value == best,
        )
        return figure_cell(figure, metric.value if metric else None)

    def _bar_metric(self, bar: BarRow, name: str) -> Cell:
        metric = bar.metric(name)
        if metric is None:
            return figure_cell(dash(f"Not known of the {bar.kind}", self.notes))
        column = self.shadings[name]
        shade = column.shade(metric) if column else None
        if name in bar.fixed:
            return Cell(quantity(metric.value or 0.0, metric.unit), metric.value, "by definition")
        figure = metric_figure(metric, self.notes, shade=shade)
        return figure_cell(figure, metric.value, small=name == self.section.run.primary)

    def _whisker(self, metric: MetricLike | None) -> Cell:
        if self.axis is None or metric is None:
            return Cell(text="")
        return Cell(text="", whisker=self.axis.whisker(metric.value, metric.interval))

    def _gain(self, line: Line) -> tuple[Cell, Cell]:
        gain, metric = line.run.gain, line.run.main
        if line.run.is_first_stage:
            return BASE_LINE, Cell(text="")
        if gain is None or metric is None:
            figure = dash("No paired difference in the record", self.notes)
            return figure_cell(figure), Cell(text=DASH)
        cell = difference_cell(gain, metric, self.notes)
        said = cell.verdict or "none"
        counts = f"{cell.wins} · {cell.losses} · {cell.ties}"
        return figure_cell(cell.figure, gain.value), Cell(text=said, sort=said, small=counts)


def _detail(line: Line) -> str:
    """What stands behind a name: above all that the model may know the task."""
    said = [mark.said for mark in line.marks]
    if line.role:
        said.insert(0, line.role if line.role in UNRANKED else f"control: {line.role}")
    return " · ".join(said) or line.run.adapter


def _no_rank(reason: str, notes: Notes) -> Cell:
    return figure_cell(dash(reason, notes))


def _kind(line: Line) -> str:
    kept = "withdrawn" if line.system.current.withdrawn else ""
    return "first-stage" if line.role else kept


def _drawer(section: Section, stage: FirstStageRef | None, notes: Notes) -> _Drawer:
    primary = section.run.primary
    examples: dict[str, MetricLike] = {}
    for line in section.lines:
        for metric in line.run.metrics:
            examples.setdefault(metric.name, metric)
    names = tuple(dict.fromkeys([*(n for n in section.shown if n in examples), *examples]))
    names = tuple(name for name in names if name != primary)[:MOST_COLUMNS]
    own = next((line.run.main for line in section.lines if line.role), None)
    bar = section.bar
    staged = {} if bar is None else {m.name: m for m in bar.metrics if m.name not in bar.fixed}
    shadings: dict[str, Shading | None] = {primary: None}
    ranked = [line.run for line in section.lines if line.ranked]
    above = [line.run for line in section.lines if line.below is None]
    best = {primary: best_value(run.main for run in ranked)}
    for name in names:
        shadings[name] = shading([*(run.metric(name) for run in above), staged.get(name)])
        best[name] = best_value(run.metric(name) for run in ranked)
    unit = section.run.main.unit if section.run.main else ""
    axis = make_axis(_axis_values(section, staged.get(primary)), unit)
    base_value = (own or staged.get(primary) or NOTHING).value
    reference = axis.place(base_value) if axis and base_value is not None else None
    effort = effort_columns(section.lines)
    return _Drawer(
        section, names, examples, shadings, best, axis, reference, stage is not None, effort, notes,
        orgs_differ(line.system for line in section.lines),
    )  # fmt: skip


NOTHING = Metric("", None, None, 0, True, None)


def _axis_values(section: Section, stage: MetricLike | None) -> list[float]:
    metrics: list[MetricLike | None] = [line.run.main for line in section.lines]
    known = [m for m in [*metrics, stage] if m is not None and m.value is not None]
    return [v for m in known for v in (m.value, *(m.interval or ())) if v is not None]
