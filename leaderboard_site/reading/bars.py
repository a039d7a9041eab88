"""What a run's figures are read against, and whether the run is such a thing itself."""

from __future__ import annotations

import math

from harness.compare.sides import Side
from harness.metrics.intervals.base import LEVEL
from harness.records.bars import FIRST_STAGE, Bar, control_of, stage_name
from harness.records.record import FirstStageRef, MetricValue, Record
from harness.records.scored import FIRST_STAGE_PREFIX
from harness.registry import blaming, suite_named
from leaderboard_site.reading.sane import sane_metric
from leaderboard_site.reading.spread import spread_of_values
from leaderboard_site.reading.summary import FIRST_STAGE_CAPABILITY, BarRow, Metric
from leaderboard_site.text import clip


def bar_of(side: Side) -> Bar | None:
    """The bar of a record: its first stage, or what its suite says."""
    record = side.record
    stage, suite = record.first_stage, suite_named(record.task.suite)
    if stage is not None:
        return Bar(
            FIRST_STAGE,
            stage_name(stage.name),
            {m.name: m.value for m in stage.metrics if m.value is not None},
            columns={m.name: m.column or f"{FIRST_STAGE_PREFIX}{m.name}" for m in stage.metrics},
            itself=record.model.capability == FIRST_STAGE_CAPABILITY or _keeps(stage),
        )
    if suite is None or suite.bar is None:
        return None
    with blaming(suite.name, "its bar"):
        found = suite.bar(side)
    return found if isinstance(found, Bar) else None


def _keeps(stage: FirstStageRef) -> bool:
    """Whether a run moves no query by any metric, as a file of the first stage's own lists does."""
    known = [found for found in stage.differences if found.value is not None]
    return bool(known) and not any(found.wins or found.losses for found in known)


def role_of(bar: Bar | None, record: Record) -> str:
    """The kind of bar that a record's model is, ``""`` for a system."""
    return bar.kind if bar is not None and bar.itself else control_of(record.model.details)


def bar_row(bar: Bar, side: Side) -> BarRow:
    """A bar as tables show it, with what its primary metric may be paired by."""
    record = side.record
    primary = record.task.primary_metric
    known = {} if record.first_stage is None else {m.name: m for m in record.first_stage.metrics}
    metrics = [
        sane_metric(known[name]) if name in known else _given(value, record.metric(name), name)
        for name, value in bar.values.items()
    ]
    spread = None
    if primary in bar.columns and record.task.limit is None:
        spread = spread_of_values(side, bar.columns[primary], bar.values.get(primary))
    fixed = tuple(sorted(bar.fixed & bar.values.keys()))
    return BarRow(bar.kind, clip(bar.name), tuple(metrics), fixed, spread)


def learned_from(record: Record) -> str:
    """The split of its own task that a model says it was fitted on; ``""`` for none."""
    told = record.model.details.get("trained_on")
    if not isinstance(told, list) or record.task.id not in told:
        return ""
    split = record.model.details.get("split")
    return clip(split, most=40) if isinstance(split, str) and split else "training"


def _given(value: float, own: MetricValue | None, name: str) -> Metric:
    """A figure of a bar that has no interval of its own."""
    made = Metric(
        name,
        value if math.isfinite(value) else None,
        None,
        0 if own is None else own.n,
        None if own is None else own.higher_is_better,
        f"No {LEVEL:.0%} interval of it is recorded",
        "" if own is None else own.unit,
    )
    return sane_metric(made)
