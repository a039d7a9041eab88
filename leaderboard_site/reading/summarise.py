"""From a submission as read to the rows that the board keeps of it."""

from __future__ import annotations

import sys

from harness.records.invariance_words import unsteady
from harness.records.open_doors import open_doors
from harness.records.record import Record
from harness.records.white_box import said_of
from leaderboard_site.reading.spread import spread_of
from leaderboard_site.reading.submitted import Submitted, SubmittedRun
from leaderboard_site.reading.summary import (
    Basis,
    BasisLike,
    Gain,
    Metric,
    MetricLike,
    Revision,
    Run,
    Speed,
)
from leaderboard_site.text import clip

LONGEST_REMARK = 300

LARGEST, SHORTEST = 1e6, 1e-9
"""Beyond these no metric and no time in seconds is one."""


def summarise(submitted: Submitted) -> Revision:
    """The rows of a submission, in order of their tasks."""
    runs = [_run(run) for run in submitted.runs]
    runs.sort(key=lambda run: run.work)
    return Revision(submitted.manifest, submitted.standing, tuple(runs))


def _run(run: SubmittedRun) -> Run:
    record = run.record
    task, model, stage = record.task, record.model, record.first_stage
    return Run(
        task=task.id,
        suite=task.suite,
        title=task.title or task.id,
        version=task.version,
        fingerprint=task.fingerprint,
        members=len(task.members or ()),
        limit=task.limit,
        primary=task.primary_metric,
        beside=tuple(task.beside),
        groups=task.groups,
        items=task.items,
        model=model.name,
        adapter=model.adapter,
        model_fingerprint=model.fingerprint,
        capability=model.capability,
        metrics=tuple(map(sane_metric, record.metrics)),
        gain=_gain(record),
        stage=stage.name if stage else "",
        white_box=clip(said_of(model.details), most=LONGEST_REMARK),
        level=record.intervals.level,
        speed=_speed(record),
        untimed=_untimed(record),
        evidence=run.evidence,
        evidence_reason=run.evidence_reason,
        created=record.created,
        record=str(run.source.record),
        tables=str(run.source.tables or ""),
        spread=spread_of(run.side),
        unsteady=unsteady(record.run.invariance) if record.run else "",
        doors=open_doors(model),
    )


def sane_metric(metric: MetricLike) -> Metric:
    """The metric, undefined where no picture could hold it: absurd claims end no build."""
    numbers = [v for v in (metric.value, *(metric.interval or ())) if v is not None]
    if all(abs(number) <= LARGEST for number in numbers):
        return Metric(metric.name, metric.value, metric.interval, metric.n,
                      metric.higher_is_better, metric.reason, metric.unit,
                      _basis(metric.basis))  # fmt: skip
    reason = f"The record claims a value beyond {LARGEST:,.0f}"
    return Metric(metric.name, None, None, metric.n, metric.higher_is_better, reason, metric.unit)


def _gain(record: Record) -> Gain | None:
    found = record.gain
    if found is None:
        return None
    numbers = [v for v in (found.value, *(found.interval or ())) if v is not None]
    if any(abs(number) > LARGEST for number in numbers):
        return None
    return Gain(
        found.name,
        found.value,
        found.interval,
        found.n,
        found.wins,
        found.losses,
        found.ties,
        found.reason,
        _basis(found.basis),
    )


def _basis(basis: BasisLike | None) -> Basis | None:
    if basis is None:
        return None
    # One text for the many rows that say the same.
    method = sys.intern(clip(basis.method))
    return Basis(method, basis.units, sys.intern(clip(basis.rough)) if basis.rough else None)


def _speed(record: Record) -> Speed | None:
    run = record.run
    if run is None:
        return None
    latency = None if run.latency is None else run.latency.median_seconds
    if latency is not None and not SHORTEST <= latency <= LARGEST:
        latency = None
    return Speed(run.items_per_second, latency, run.device, run.device_name)


def _untimed(record: Record) -> str:
    if record.task.members is not None:
        return "A mean over tasks has no run of its own"
    if record.run is None:
        return "Scored from a file of predictions, so there was no run to time"
    if record.run.latency is None:
        return record.run.latency_reason or "no reason was recorded"
    if not SHORTEST <= record.run.latency.median_seconds <= LARGEST:
        return "the record claims a time that no run can have taken"
    return ""
