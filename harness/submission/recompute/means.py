"""Means over several tasks, made again of the runs that were scored again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from harness.nouns import Aggregate
from harness.records.aggregate import aggregate_record, read_member
from harness.records.record import Record, read_record
from harness.runs.folder import RunFolder
from harness.submission.recompute.differences import TOLERANCE


def mean_of(aggregate: Aggregate, folders: Mapping[str, RunFolder]) -> Record:
    """The record of a mean from the run folders of its members."""
    members = [folders[name] for name in aggregate.members]
    return aggregate_record(
        aggregate, [read_member(folder, read_record(folder.record)) for folder in members]
    )


def mean_faults(claimed: Record, members: Mapping[str, Record]) -> Iterator[str]:
    """Values that are not the means of what the members claim, whoever computed those."""
    for metric in claimed.metrics:
        if metric.value is None:
            continue
        found = [record.metric(metric.name) for record in members.values()]
        values = [one.value for one in found if one is not None and one.value is not None]
        if len(values) < len(members):
            yield f"{metric.name}: a value is claimed that not all members have"
        elif abs(math.fsum(values) / len(values) - metric.value) > TOLERANCE:
            yield f"{metric.name}: {metric.value!r} is claimed, the members' mean is another"
