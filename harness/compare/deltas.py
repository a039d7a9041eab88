"""Differences of metrics between two records of one task, paired wherever the files allow it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.compare.pairing import Pair, paired, paired_over_tasks
from harness.compare.sides import Side
from harness.metrics.intervals import Interval, Uncertainty
from harness.metrics.intervals.base import SAME_FILE
from harness.records.record import MetricValue

UNPAIRED = (
    "no paired interval: neither per-item values nor replicates of it lie beside both records"
)
UNPAIRED_MEMBERS = (
    "no paired interval: it is a mean over tasks, and not all of them are compared item by item"
)


@dataclass(frozen=True, slots=True)
class Delta:
    """One metric of both sides, in its unit. ``difference`` is candidate minus baseline.

    ``gain`` is the same turned so that more is better, ``None`` where neither end is. ``p`` is
    two-sided, ``holm`` adjusted for the ``family`` of differences that it is one of. ``n`` counts
    the groups behind it.
    Metrics that decide are the primary one and those that a task shows beside it. ``method``,
    ``units`` and ``rough`` tell what the interval rests on
    (:class:`~harness.metrics.intervals.Uncertainty`).
    """

    name: str
    baseline: float | None
    candidate: float | None
    difference: float | None
    interval: Interval | None
    p: float | None
    holm: float | None
    n: int
    higher_is_better: bool | None
    unit: str
    primary: bool
    decides: bool
    reason: str | None
    method: str | None = None
    units: int = 0
    rough: str | None = None
    family: int = 1

    @property
    def gain(self) -> float | None:
        """The difference, positive when the candidate is better."""
        if self.difference is None or self.higher_is_better is None:
            return None
        return self.difference if self.higher_is_better else -self.difference

    @property
    def gain_interval(self) -> Interval | None:
        """The interval of :attr:`gain`."""
        if self.interval is None or self.higher_is_better is None:
            return None
        low, high = self.interval
        return (low, high) if self.higher_is_better else (-high, -low)


Both = tuple[Side, Side]
"""Baseline and candidate on one task."""


def deltas(baseline: Side, candidate: Side, among: Mapping[str, Both] | None = None) -> list[Delta]:
    """Every metric of the baseline that the candidate has too, the primary one first.

    ``among`` are all tasks that are compared, by their ids: a mean over tasks is paired by its
    members.
    """
    members = _members(baseline, candidate, among or {})
    return [
        _delta(metric, after, baseline, candidate, members)
        for metric in baseline.record.metrics
        if (after := candidate.record.metric(metric.name)) is not None
    ]


def _members(old: Side, new: Side, among: Mapping[str, Both]) -> list[Both] | None:
    """The sides of each member of a mean over tasks, as far as they are those that it is of."""
    found = []
    members = [side.record.task.members for side in (old, new)]
    if members[0] is None or members[0] != members[1]:
        return None
    for task, fingerprint in members[0].items():
        sides = among.get(task)
        if sides is None or any(side.record.task.fingerprint != fingerprint for side in sides):
            return []
        found.append(sides)
    return found


def _delta(
    before: MetricValue, after: MetricValue, old: Side, new: Side, members: list[Both] | None
) -> Delta:
    task = old.record.task
    primary = before.name == task.primary_metric
    made = Delta(
        name=before.name,
        baseline=before.value,
        candidate=after.value,
        difference=None,
        interval=None,
        p=None,
        holm=None,
        n=min(before.n, after.n),
        higher_is_better=before.higher_is_better,
        unit=before.unit,
        primary=primary,
        decides=primary or before.name in task.beside,
        reason=None,
    )
    if before.value is None or after.value is None:
        return replace(made, reason=before.reason or after.reason or "undefined on one side")
    pair = Pair(before, after, old, new)
    made = replace(made, difference=pair.difference)
    if not pair.difference and pair.same_answers:
        sure = Uncertainty((0.0, 0.0), SAME_FILE.name, made.n, p=1.0)
        return _told(made, sure, UNPAIRED)
    if members is not None:
        return _told(made, _over_members(before.name, pair, members), UNPAIRED_MEMBERS)
    return _told(made, paired(pair), UNPAIRED)


def _told(made: Delta, sure: Uncertainty | None, otherwise: str) -> Delta:
    if sure is None or sure.interval is None:
        return replace(made, reason=otherwise if sure is None else sure.reason)
    return replace(
        made,
        interval=sure.interval,
        p=sure.p,
        method=sure.method,
        units=sure.units,
        rough=sure.rough,
    )


def _over_members(name: str, whole: Pair, members: Sequence[Both]) -> Uncertainty | None:
    pairs = []
    for old, new in members:
        before, after = old.record.metric(name), new.record.metric(name)
        if before is None or after is None or before.value is None or after.value is None:
            return None
        pairs.append(Pair(before, after, old, new))
    gap = math.fsum(pair.difference for pair in pairs) / len(pairs) if pairs else math.inf
    # The members that lie there may be later runs than those that the mean is of.
    return paired_over_tasks(pairs) if math.isclose(gap, whole.difference, abs_tol=1e-9) else None
