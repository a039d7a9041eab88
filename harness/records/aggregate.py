"""Means over several tasks of one model, such as CQADupStack over its twelve forums."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.files import make_folder, write_atomic
from harness.fingerprint import digest
from harness.metrics.intervals import SEED, Bootstrap, stratified_mean_interval
from harness.nouns import Aggregate
from harness.records.migrations import SCHEMA_VERSION
from harness.records.record import (
    Difference,
    FirstStageRef,
    IntervalMethod,
    MetricValue,
    Record,
    TaskRef,
    to_json,
)
from harness.records.score import FIRST_STAGE_PREFIX, REPLICATES, as_array, read_table
from harness.runs.folder import RunFolder, slug


@dataclass(frozen=True, slots=True)
class Member:
    """One task's record with its per-group columns and bootstrap replicates, where it has them."""

    record: Record
    columns: Mapping[str, list[Any]]
    replicates: Mapping[str, list[Any]]


def read_member(folder: RunFolder, record: Record) -> Member:
    """A record with the per-group values and replicates that lie beside it."""
    replicates = folder.path / f"{REPLICATES}.parquet"
    found = read_table(replicates) if replicates.exists() else {}
    return Member(record, read_table(folder.groups), found)


def write_aggregate(aggregate: Aggregate, members: Sequence[Member], folder: RunFolder) -> Record:
    """Make the record of a mean over tasks and write it; ``members`` in the aggregate's order.

    Each metric is the arithmetic mean of the members' values; its interval resamples groups
    within each member. A metric that is undefined for a member is undefined for the mean.
    """
    record = aggregate_record(aggregate, members)
    make_folder(folder.path)
    write_atomic(folder.record, to_json(record).encode())
    return record


def aggregate_folder(member: RunFolder, aggregate: Aggregate) -> RunFolder:
    """Where an aggregate lies: beside its members' folders."""
    return RunFolder(member.path.parent / slug(aggregate.id))


def aggregate_record(aggregate: Aggregate, members: Sequence[Member]) -> Record:
    """See :func:`write_aggregate`."""
    first = members[0].record
    methods = [member.record.intervals for member in members]
    return Record(
        schema_version=SCHEMA_VERSION,
        task=_task_ref(aggregate, [member.record for member in members]),
        model=first.model,
        metrics=[_mean(metric, "", members) for metric in first.metrics],
        first_stage=_first_stage(members),
        intervals=IntervalMethod(
            method=f"{methods[0].method}, within each member",
            level=methods[0].level,
            replicates=methods[0].replicates,
            seed=methods[0].seed,
            clusters=sum(method.clusters for method in methods),
        ),
        part=None,
        files=[],
        predictions=None,
        groups=None,
        run=None,
        environment=first.environment,
        created=max(member.record.created for member in members),
    )


def _mean(metric: MetricValue, prefix: str, members: Sequence[Member]) -> MetricValue:
    name = metric.name
    if not prefix and all(name in member.replicates for member in members):
        return _mean_of_tasks(metric, members)
    values = _columns(prefix + name, members)
    undefined = values is None or any(_value(m, prefix, name) is None for m in members)
    if values is None or undefined:
        return _undefined(metric, f"not a mean of per-query values in all {len(members)} members")
    value, interval = stratified_mean_interval(values)
    return MetricValue(
        name=name,
        value=value,
        unit=metric.unit,
        interval=interval,
        n=sum(_count(column) for column, _ in values),
        higher_is_better=metric.higher_is_better,
        reason=None if interval is not None else "a member has fewer than two clusters",
    )


def _mean_of_tasks(metric: MetricValue, members: Sequence[Member]) -> MetricValue:
    """Mean of the members' own values; replicates of one member are independent of another's."""
    name = metric.name
    values = [_value(member, "", name) for member in members]
    defined = [value for value in values if value is not None]
    if len(defined) < len(members):
        return _undefined(metric, "undefined in a member")
    value = math.fsum(defined) / len(defined)
    bootstrap = Bootstrap(())
    mixed = [shuffled(as_array(m.replicates[name]), stream) for stream, m in enumerate(members)]
    interval = bootstrap.percentiles(np.mean(mixed, axis=0), value)
    return MetricValue(
        name=name,
        value=value,
        unit=metric.unit,
        interval=interval,
        n=sum(_n(member, name) for member in members),
        higher_is_better=metric.higher_is_better,
        reason=None if interval is not None else "a member has no replicates",
    )


def shuffled(replicates: NDArray[np.float64], stream: int) -> NDArray[np.float64]:
    """Replicates in a fixed order of their own.

    All tasks draw from the same seed, so those with equally many clusters share their draws;
    an order per member makes members independent, as they are.
    """
    keys = np.random.PCG64(np.random.SeedSequence([SEED, stream])).random_raw(len(replicates))
    return replicates[np.argsort(keys, kind="stable")]


def _n(member: Member, name: str) -> int:
    found = member.record.metric(name)
    return 0 if found is None else found.n


def _undefined(metric: MetricValue, reason: str) -> MetricValue:
    return MetricValue(
        name=metric.name,
        value=None,
        unit=metric.unit,
        interval=None,
        n=0,
        higher_is_better=metric.higher_is_better,
        reason=reason,
    )


def _first_stage(members: Sequence[Member]) -> FirstStageRef | None:
    stages = [m.record.first_stage for m in members]
    if any(stage is None for stage in stages):
        return None
    found = [stage for stage in stages if stage is not None]
    names = list(dict.fromkeys(stage.name for stage in found))
    return FirstStageRef(
        name=", ".join(names),
        depth=max(stage.depth for stage in found),
        parameters={"members": [stage.name for stage in found]},
        metrics=[_mean(metric, FIRST_STAGE_PREFIX, members) for metric in found[0].metrics],
        differences=[_difference(d, members) for d in found[0].differences],
    )


def _difference(difference: Difference, members: Sequence[Member]) -> Difference:
    name = difference.name
    ours = _columns(name, members)
    theirs = _columns(FIRST_STAGE_PREFIX + name, members)
    parts = [_member_difference(m, name) for m in members]
    if ours is None or theirs is None:
        value, interval = None, None
    else:
        pairs = zip(ours, theirs, strict=True)
        value, interval = stratified_mean_interval([(a[0] - b[0], a[1]) for a, b in pairs])
    return Difference(
        name=name,
        value=value,
        interval=interval,
        n=sum(part.n for part in parts),
        wins=sum(part.wins for part in parts),
        losses=sum(part.losses for part in parts),
        ties=sum(part.ties for part in parts),
        reason=None if interval is not None else "undefined in a member",
    )


def _member_difference(member: Member, name: str) -> Difference:
    stage = member.record.first_stage
    differences = stage.differences if stage is not None else []
    found = next((d for d in differences if d.name == name), None)
    return found or Difference(
        name=name, value=None, interval=None, n=0, wins=0, losses=0, ties=0, reason="absent"
    )


def _columns(name: str, members: Sequence[Member]) -> list[tuple[Any, list[str]]] | None:
    if any(name not in member.columns for member in members):
        return None
    return [(as_array(member.columns[name]), member.columns["cluster"]) for member in members]


def _count(column: Any) -> int:
    return int((column == column).sum())  # NaN differs from itself


def _value(member: Member, prefix: str, name: str) -> float | None:
    stage = member.record.first_stage
    metrics = member.record.metrics if not prefix else (stage.metrics if stage else [])
    return next((metric.value for metric in metrics if metric.name == name), None)


def _task_ref(aggregate: Aggregate, records: Sequence[Record]) -> TaskRef:
    tasks = [record.task for record in records]
    members = {task.id: task.fingerprint for task in tasks}
    limits = {task.limit for task in tasks}
    return TaskRef(
        id=aggregate.id,
        suite=tasks[0].suite,
        version=tasks[0].version,
        fingerprint=digest([["aggregate", aggregate.id, members]]),
        groups=sum(task.groups for task in tasks),
        items=sum(task.items for task in tasks),
        limit=min((limit for limit in limits if limit is not None), default=None),
        on_error=tasks[0].on_error,
        primary_metric=tasks[0].primary_metric,
        beside=tasks[0].beside,
        title=aggregate.title,
        description=f"The mean of each metric over {len(tasks)} tasks.",
        source=f"mean over {len(tasks)} tasks",
        revision=tasks[0].revision,
        licence="; ".join(dict.fromkeys(task.licence for task in tasks)),
        citation="; ".join(dict.fromkeys(task.citation for task in tasks)),
        caveats=[],
        notes={},
        members=members,
    )
