"""Differences of metrics between two records of one task, paired wherever the files allow it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.compare.margins import MARGIN
from harness.compare.pairing import Pair, paired, paired_over_tasks
from harness.compare.sides import Side
from harness.metrics.intervals import Interval, Uncertainty
from harness.metrics.intervals.base import SAME_FILE
from harness.metrics.intervals.margins import apart_p, below_p
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
    two-sided, ``holm`` adjusted for the ``family`` of differences that it is one of (by Holm's rule
    unless the policy has another). ``n`` counts
    the groups behind it.
    Metrics that decide are the primary one and those that a task shows beside it, by either record.
    ``method``, ``units`` and ``rough`` tell what the interval rests on
    (:class:`~harness.metrics.intervals.Uncertainty`).

    A loss up to ``margin`` does not matter. ``loss_p`` is one-sided, that there is no larger one,
    and ``loss_holm`` adjusted as ``holm`` is. ``apart``: there is no paired interval, and the whole
    interval of the candidate lies more than the margin on the losing side of the baseline's, which
    ``loss_p`` is of then.
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
    margin: float = MARGIN
    loss_p: float | None = None
    loss_holm: float | None = None
    apart: bool = False

    @property
    def sign(self) -> int:
        """1 where more is better, else -1."""
        return -1 if self.higher_is_better is False else 1

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


def deltas(
    baseline: Side,
    candidate: Side,
    among: Mapping[str, Both] | None = None,
    margin: Callable[[MetricValue], float] = lambda _: MARGIN,
) -> list[Delta]:
    """Every metric of the baseline that the candidate has too, the primary one first.

    ``among`` are all tasks that are compared, by their ids: a mean over tasks is paired by its
    members. ``margin`` gives the loss of a metric of the baseline that does not matter.
    """
    members = _members(baseline, candidate, among or {})
    return [
        _delta(metric, after, baseline, candidate, members, margin(metric))
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
    before: MetricValue,
    after: MetricValue,
    old: Side,
    new: Side,
    members: list[Both] | None,
    margin: float,
) -> Delta:
    tasks = old.record.task, new.record.task
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
        primary=before.name == tasks[0].primary_metric,
        decides=any(before.name in (task.primary_metric, *task.beside) for task in tasks),
        reason=None,
        margin=margin,
    )
    if before.value is None or after.value is None:
        return replace(made, reason=before.reason or after.reason or "undefined on one side")
    pair = Pair(before, after, old, new)
    made = replace(made, difference=pair.difference)
    if not pair.difference and pair.same_answers:
        return _told(made, pair, Uncertainty((0.0, 0.0), SAME_FILE.name, made.n, p=1.0), UNPAIRED)
    if members is not None:
        return _told(made, pair, _over_members(before.name, pair, members), UNPAIRED_MEMBERS)
    return _told(made, pair, paired(pair), UNPAIRED)


def _told(made: Delta, pair: Pair, sure: Uncertainty | None, otherwise: str) -> Delta:
    level = pair.old.record.intervals.level
    if sure is None or sure.interval is None:
        reason = otherwise if sure is None else sure.reason
        p = None if made.higher_is_better is None else _apart(made, pair, level)
        return replace(made, reason=reason, loss_p=p, apart=p is not None)
    loss_p = None
    if made.higher_is_better is not None:
        loss_p = below_p(sure, pair.difference, -made.margin, sign=made.sign, level=level)
    return replace(
        made,
        interval=sure.interval,
        p=sure.p,
        method=sure.method,
        units=sure.units,
        rough=sure.rough,
        loss_p=loss_p,
    )


def _apart(made: Delta, pair: Pair, level: float) -> float | None:
    """p of a loss by the two sides' own intervals, where these lie more than the margin apart."""
    turned = []
    for metric in (pair.before, pair.after):
        if metric.value is None or metric.interval is None:
            return None
        low, high = sorted(made.sign * end for end in metric.interval)
        turned.append((made.sign * metric.value, (low, high)))
    return apart_p(turned[0], turned[1], made.margin, level=level)


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
