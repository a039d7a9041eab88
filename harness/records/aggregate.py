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
from harness.metrics.intervals.means import Spread, mean_over_tasks, spread_of
from harness.metrics.intervals.smooth import deviation, jackknife_error
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
from harness.records.score import JACKKNIFE, REPLICATES, as_array, basis_of, read_table
from harness.records.scored import FIRST_STAGE_PREFIX
from harness.registry import card_of
from harness.runs.folder import RunFolder, slug


@dataclass(frozen=True, slots=True)
class Member:
    """One task's record with the tables beside it: per-group columns, values drawn or left out."""

    record: Record
    columns: Mapping[str, list[Any]]
    replicates: Mapping[str, list[Any]]
    jackknife: Mapping[str, list[Any]]


def read_member(folder: RunFolder, record: Record) -> Member:
    """A record with the per-group values and replicates that lie beside it."""
    beside = [folder.path / f"{name}.parquet" for name in (REPLICATES, JACKKNIFE)]
    drawn, without = (read_table(path) if path.exists() else {} for path in beside)
    return Member(record, read_table(folder.groups), drawn, without)


def write_aggregate(aggregate: Aggregate, members: Sequence[Member], folder: RunFolder) -> Record:
    """Make the record of a mean over tasks and write it; ``members`` in the aggregate's order.

    Each metric is the arithmetic mean of the members' values; its interval is that of a sum of
    independent figures. A metric that is undefined for a member is undefined for the mean.
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
    """Mean of the members' own values; tasks are independent of each other."""
    name = metric.name
    values = [_value(member, prefix, name) for member in members]
    defined = [value for value in values if value is not None]
    if len(defined) < len(members):
        return _undefined(metric, "undefined in a member")
    spreads = [_spread(member, prefix, name) for member in members]
    card = card_of(members[0].record.task.suite, name)
    sure = mean_over_tasks(spreads, limits=card.limits if card else (None, None))
    return MetricValue(
        name=name,
        value=math.fsum(defined) / len(defined),
        unit=metric.unit,
        interval=sure.interval,
        n=sum(_n(member, prefix, name) for member in members),
        higher_is_better=metric.higher_is_better,
        reason=None if sure.interval else "a member has no values to take its standard error from",
        basis=basis_of(sure),
        column=None,
    )


def _spread(member: Member, prefix: str, name: str) -> Spread | None:
    """A member's value with its standard error, from whichever table has it; ``None`` from none."""
    found = _metric(member, prefix, name)
    if found is None or found.value is None:
        return None
    column = found.column or prefix + name
    if column in member.columns:
        return spread_of(as_array(member.columns[column]), _codes(member))
    units = found.basis.units if found.basis else member.record.intervals.clusters
    for table, error_of in ((member.jackknife, jackknife_error), (member.replicates, deviation)):
        if name in table and units > 1 and not prefix:
            values = as_array(table[name])
            return Spread(found.value, error_of(values[~np.isnan(values)]), units, None)
    return None


def _codes(member: Member) -> NDArray[np.int64]:
    return np.unique(member.columns["cluster"], return_inverse=True)[1].astype(np.int64)


def _n(member: Member, prefix: str, name: str) -> int:
    found = _metric(member, prefix, name)
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
        basis=None,
        column=None,
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
    parts = [_member_difference(m, name) for m in members]
    spreads = [_paired_spread(member, name) for member in members]
    known = [spread for spread in spreads if spread is not None]
    sure = mean_over_tasks(spreads, limits=(-1.0, 1.0))
    whole = len(known) == len(members)
    return Difference(
        name=name,
        value=math.fsum(s.value for s in known) / len(known) if whole and known else None,
        interval=sure.interval,
        n=sum(part.n for part in parts),
        wins=sum(part.wins for part in parts),
        losses=sum(part.losses for part in parts),
        ties=sum(part.ties for part in parts),
        reason=None if sure.interval is not None else "undefined in a member",
        basis=basis_of(sure),
        p=sure.p,
    )


def _paired_spread(member: Member, name: str) -> Spread | None:
    ours, theirs = name, FIRST_STAGE_PREFIX + name
    if not {ours, theirs} <= member.columns.keys():
        return None
    differences = as_array(member.columns[ours]) - as_array(member.columns[theirs])
    return spread_of(differences, _codes(member))


def _member_difference(member: Member, name: str) -> Difference:
    return member.record.difference(name) or Difference(
        name=name, value=None, interval=None, n=0, wins=0, losses=0, ties=0, reason="absent",
        basis=None, p=None,
    )  # fmt: skip


def _value(member: Member, prefix: str, name: str) -> float | None:
    found = _metric(member, prefix, name)
    return None if found is None else found.value


def _metric(member: Member, prefix: str, name: str) -> MetricValue | None:
    stage = member.record.first_stage
    metrics = member.record.metrics if not prefix else (stage.metrics if stage else [])
    return next((metric for metric in metrics if metric.name == name), None)


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
        revision="those of its members",
        licence="; ".join(dict.fromkeys(task.licence for task in tasks)),
        citation="; ".join(dict.fromkeys(task.citation for task in tasks)),
        caveats=[],
        notes={},
        origin={},
        members=members,
    )
