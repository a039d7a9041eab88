"""One table: the systems of one task fingerprint, ranked by intervals, around a first stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.records import Difference, FirstStageRef, MetricValue, Record
from leaderboard_site.captions import direction_text, facts_text, label_text, level_text
from leaderboard_site.charts import Axis, Skyline, Whisker, make_axis, reach_of, skyline
from leaderboard_site.figures import (
    DifferenceCell,
    Figure,
    Notes,
    Shading,
    best_value,
    dash,
    device_figure,
    difference_cell,
    metric_figure,
    shading,
    speed_figure,
    unshaded,
)
from leaderboard_site.ranks import RankInterval, oriented, rank_intervals, ties_in_words
from leaderboard_site.reading import LoadedRecord
from leaderboard_site.text import DASH, MetricName, clip, count, metric_name

FIRST_STAGE_CAPABILITY = "keep_first_stage"


@dataclass(frozen=True, slots=True)
class Entry:
    """A record on its way into a table, with the anchor of its details."""

    loaded: LoadedRecord
    anchor: str

    @property
    def record(self) -> Record:
        """The record itself."""
        return self.loaded.record


@dataclass(frozen=True, slots=True)
class Row:
    """A row: a ranked system, or the first stage (``is_first_stage``, never ranked)."""

    anchor: str | None
    name: str
    detail: str
    is_first_stage: bool
    rank: Figure
    primary: Figure
    whisker: Whisker | None
    difference: DifferenceCell | None
    skyline: Skyline | None
    metrics: tuple[Figure, ...]
    n: str
    speed: Figure
    device: Figure


@dataclass(frozen=True, slots=True)
class Table:
    """A table of rows that may be compared: same task fingerprint, same limit."""

    id: str
    label: str
    limit: str | None
    level: str
    primary: MetricName
    direction: str
    columns: tuple[MetricName, ...]
    rows: tuple[Row, ...]
    axis: Axis | None
    reference: str | None
    facts: tuple[tuple[str, str], ...]
    ties: str
    notes: tuple[str, ...]
    has_first_stage: bool


@dataclass(frozen=True, slots=True)
class _Line:
    """Values of a row before they are drawn; ``entry`` is null for a bare first stage."""

    entry: Entry | None
    name: str
    detail: str
    is_first_stage: bool
    metrics: dict[str, MetricValue]
    differences: dict[str, Difference]

    def sort_key(self, primary: str) -> tuple[bool, float, bool, str, str]:
        """Best first; the first stage before its equals; undefined last."""
        metric = self.metrics.get(primary)
        if metric is None or metric.value is None:
            return (True, 0.0, not self.is_first_stage, self.name, self.detail)
        value = -metric.value if metric.higher_is_better else metric.value
        return (False, value, not self.is_first_stage, self.name, self.detail)


def make_table(entries: Sequence[Entry], *, id: str) -> Table:
    """The table of records that share task fingerprint, limit and primary metric."""
    records = [entry.record for entry in entries]
    task = records[0].task
    stage = next((record.first_stage for record in records if record.first_stage), None)
    lines = _lines(entries, stage)
    lines.sort(key=lambda line: line.sort_key(task.primary_metric))
    notes = Notes()
    axis = make_axis(_axis_values(lines, task.primary_metric))
    names = _column_names(entries)
    ranked = [line for line in lines if _is_ranked(line, task.primary_metric)]
    ranks = _ranks(ranked, task.primary_metric)
    reference = next((line.metrics.get(task.primary_metric) for line in lines
                      if line.is_first_stage), None)  # fmt: skip
    drawer = _drawer(task.primary_metric, names, lines, ranked, axis, notes)
    rows = tuple(drawer.row(line, _rank_figure(line, ranks, task.limit, notes)) for line in lines)
    return Table(
        id=id,
        label=label_text(records[0], stage),
        limit=None if task.limit is None else count(task.limit),
        level=level_text(records),
        primary=metric_name(task.primary_metric),
        direction=direction_text(records),
        columns=tuple(metric_name(name) for name in names),
        rows=rows,
        axis=axis,
        reference=axis.place(reference.value) if axis and reference and reference.value is not None
        else None,
        facts=facts_text(records[0], stage),
        ties="" if task.limit is not None
        else ties_in_words([line.name for line in ranked], list(ranks.values())),
        notes=tuple(notes.reasons),
        has_first_stage=stage is not None,
    )  # fmt: skip


def _lines(entries: Sequence[Entry], stage: FirstStageRef | None) -> list[_Line]:
    names = Counter(_shown_name(entry) for entry in entries)
    lines = [_system_line(entry, twins=names[_shown_name(entry)] > 1) for entry in entries]
    if stage is not None and not any(line.is_first_stage for line in lines):
        metrics = {metric.name: metric for metric in reversed(stage.metrics)}
        lines.append(_Line(None, clip(stage.name), f"top {stage.depth}", True, metrics, {}))
    return lines


def _shown_name(entry: Entry) -> tuple[str, str]:
    return (entry.record.model.name, entry.record.model.adapter)


def _system_line(entry: Entry, *, twins: bool) -> _Line:
    record = entry.record
    stage = record.first_stage
    return _Line(
        entry=entry,
        name=clip(record.model.name),
        detail=clip(record.model.adapter) + (f" {record.model.fingerprint[:8]}" if twins else ""),
        is_first_stage=stage is not None and record.model.capability == FIRST_STAGE_CAPABILITY,
        metrics={metric.name: metric for metric in reversed(record.metrics)},
        differences={d.name: d for d in reversed(stage.differences)} if stage else {},
    )


def _is_ranked(line: _Line, primary: str) -> bool:
    metric = line.metrics.get(primary)
    return not line.is_first_stage and metric is not None and metric.value is not None


def _ranks(ranked: Sequence[_Line], primary: str) -> dict[int, RankInterval]:
    intervals = rank_intervals([oriented(line.metrics[primary]) for line in ranked])
    return {id(line): rank for line, rank in zip(ranked, intervals, strict=True)}


def _rank_figure(
    line: _Line, ranks: dict[int, RankInterval], limit: int | None, notes: Notes
) -> Figure:
    if line.is_first_stage:
        return dash("The first stage is what systems are measured against; it has no rank", notes)
    if limit is not None:
        return dash("A quick look is never ranked", notes)
    if id(line) not in ranks:
        return dash("Without a value there is no rank", notes)
    return Figure(text=str(ranks[id(line)]))


@dataclass(frozen=True, slots=True)
class _Drawer:
    """Turns lines into rows; holds what all rows of a table share."""

    primary: str
    names: Sequence[str]
    shadings: Mapping[str, Shading | None]
    best: Mapping[str, float | None]
    reach: float
    axis: Axis | None
    notes: Notes

    def row(self, line: _Line, rank: Figure) -> Row:
        """One row with every cell filled or dashed."""
        record = line.entry.record if line.entry else None
        primary = line.metrics.get(self.primary)
        return Row(
            anchor=line.entry.anchor if line.entry else None,
            name=line.name,
            detail=line.detail,
            is_first_stage=line.is_first_stage,
            rank=rank,
            primary=self._figure(line, self.primary),
            whisker=self.axis.whisker(primary.value, primary.interval)
            if self.axis and primary else None,
            difference=self._difference(line),
            skyline=self._skyline(line),
            metrics=tuple(self._figure(line, name) for name in self.names),
            n=count(primary.n) if primary else DASH,
            speed=speed_figure(record, self.notes),
            device=device_figure(record, self.notes),
        )  # fmt: skip

    def _figure(self, line: _Line, name: str) -> Figure:
        column = self.shadings[name]
        metric = line.metrics.get(name)
        best = self.best[name]
        return metric_figure(
            metric,
            self.notes,
            shade=column.shade(metric) if column else None,
            best=not line.is_first_stage and metric is not None and metric.value == best
            and best is not None,
        )  # fmt: skip

    def _difference(self, line: _Line) -> DifferenceCell | None:
        difference = line.differences.get(self.primary)
        metric = line.metrics.get(self.primary)
        if line.is_first_stage or difference is None or metric is None:
            return None
        return difference_cell(difference, self.notes, higher_is_better=metric.higher_is_better)

    def _skyline(self, line: _Line) -> Skyline | None:
        values = _known_differences(line)
        if not values:
            return None
        metric = line.metrics[self.primary]
        return skyline(values, reach=self.reach, sign=1 if metric.higher_is_better else -1)


def _drawer(
    primary: str,
    names: Sequence[str],
    lines: Sequence[_Line],
    ranked: Sequence[_Line],
    axis: Axis | None,
    notes: Notes,
) -> _Drawer:
    shadings: dict[str, Shading | None] = {primary: None}
    best = {primary: best_value(line.metrics.get(primary) for line in ranked)}
    for name in names:
        shadings[name] = shading(line.metrics.get(name) for line in lines)
        best[name] = None if unshaded(name) else best_value(r.metrics.get(name) for r in ranked)
    reach = reach_of([_known_differences(line) for line in lines])
    return _Drawer(primary, names, shadings, best, reach, axis, notes)


def _known_differences(line: _Line) -> tuple[float, ...]:
    if line.entry is None or line.is_first_stage:
        return ()
    return line.entry.loaded.differences or ()


def _axis_values(lines: Sequence[_Line], primary: str) -> list[float]:
    metrics = [line.metrics.get(primary) for line in lines]
    known = [m for m in metrics if m is not None and m.value is not None]
    return [v for m in known for v in (m.value, *(m.interval or ())) if v is not None]


def _column_names(entries: Sequence[Entry]) -> tuple[str, ...]:
    names = dict.fromkeys(m.name for e in entries for m in e.record.metrics)
    names.pop(entries[0].record.task.primary_metric, None)
    return tuple(names)
