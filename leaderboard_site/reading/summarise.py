"""From a submission as read to the rows that the board keeps of it."""

from __future__ import annotations

from harness.records.invariance_words import unsteady
from harness.records.open_doors import open_doors
from harness.records.record import Record
from harness.records.white_box import said_of
from leaderboard_site.reading.bars import bar_of, bar_row, learned_from, role_of
from leaderboard_site.reading.sane import LARGEST, sane_basis, sane_metric
from leaderboard_site.reading.spread import spread_of
from leaderboard_site.reading.submitted import Submitted, SubmittedRun
from leaderboard_site.reading.summary import (
    Effort,
    Gain,
    Revision,
    Run,
    Speed,
)
from leaderboard_site.text import clip

LONGEST_REMARK = 300

SHORTEST = 1e-9
"""No time in seconds is shorter, and none longer than the largest metric."""


def summarise(submitted: Submitted) -> Revision:
    """The rows of a submission, in order of their tasks."""
    runs = [_run(run) for run in submitted.runs]
    runs.sort(key=lambda run: run.work)
    return Revision(submitted.manifest, submitted.standing, tuple(runs))


def _run(run: SubmittedRun) -> Run:
    record = run.record
    task, model, stage = record.task, record.model, record.first_stage
    bar = bar_of(run.side)
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
        bar=None if bar is None else bar_row(bar, run.side),
        role=role_of(bar, record),
        learned=learned_from(record),
        effort=_effort(record),
    )


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
        sane_basis(found.basis),
    )


def _effort(record: Record) -> Effort | None:
    found = None if record.run is None else record.run.effort
    if found is None:
        return None
    tokens = [n for n in (found.prompt_tokens, found.completion_tokens) if n is not None]
    price = None if found.requests is None else found.requests.cost
    return Effort(found.calls, sum(tokens) if tokens else None, price)


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
