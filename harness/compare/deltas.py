"""Differences of metrics between two records of one task, paired wherever the files allow it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.compare.sides import Side
from harness.metrics.intervals import Bootstrap, Interval
from harness.records.record import MetricValue

Reals = NDArray[np.float64]

UNPAIRED = (
    "no paired interval: neither per-item values nor replicates of it lie beside both records"
)


@dataclass(frozen=True, slots=True)
class Delta:
    """One metric of both sides, in its unit. ``difference`` is candidate minus baseline.

    ``gain`` is the same turned so that more is better, ``None`` where neither end is. ``p`` is
    two-sided, ``holm`` adjusted for the other tasks compared. ``n`` counts the groups behind it.
    Metrics that decide are the primary one and those that a task shows beside it.
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


def deltas(baseline: Side, candidate: Side) -> list[Delta]:
    """Every metric of the baseline that the candidate has too, the primary one first."""
    return [
        _delta(metric, after, baseline, candidate)
        for metric in baseline.record.metrics
        if (after := candidate.record.metric(metric.name)) is not None
    ]


def _delta(before: MetricValue, after: MetricValue, old: Side, new: Side) -> Delta:
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
    difference = after.value - before.value
    if difference == 0 and _same_answers(old, new):
        return replace(made, difference=0.0, interval=(0.0, 0.0), p=1.0)
    drawn = _paired(before.name, old, new)
    if drawn is None:
        return replace(made, difference=difference, reason=UNPAIRED)
    kept = drawn[~np.isnan(drawn)]
    if not len(kept):
        return replace(made, difference=difference, reason="undefined in every replicate")
    tail = (1 - old.record.intervals.level) / 2
    low, high = (float(q) for q in np.quantile(kept, [tail, 1 - tail]))
    return replace(made, difference=difference, interval=(low, high), p=_p(kept, difference))


def _same_answers(old: Side, new: Side) -> bool:
    """Whether both predictions are one file to the byte, so that nothing can differ."""
    files = [side.record.predictions for side in (old, new)]
    return files[0] is not None and files[0] == files[1]


def _p(drawn: Reals, difference: float) -> float:
    """Two-sided p by inverting the percentile interval; 1 when both sides are the same."""
    if difference == 0 and not np.any(drawn):
        return 1.0
    fewer = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    return min(1.0, 2 * (fewer + 1) / (len(drawn) + 1))


def _paired(name: str, old: Side, new: Side) -> Reals | None:
    """Replicates of the difference: draws depend on seed and clusters alone, so they pair."""
    methods = [side.record.intervals for side in (old, new)]
    if methods[0] != methods[1]:
        return None
    before, after = old.replicates.get(name), new.replicates.get(name)
    if before is not None and after is not None and len(before) == len(after):
        return np.asarray(after - before)
    return _from_groups(name, old, new)


def _from_groups(name: str, old: Side, new: Side) -> Reals | None:
    before, after = old.column(name), new.column(name)
    clusters = old.clusters
    if before is None or after is None or clusters is None or len(before) != len(after):
        return None
    difference = after.astype(np.float64) - before.astype(np.float64)
    method = old.record.intervals
    bootstrap = Bootstrap(
        clusters.tolist(), replicates=method.replicates, level=method.level, seed=method.seed
    )
    if bootstrap.why_none(difference) is not None:
        return None
    return np.asarray(bootstrap.replicate_means(difference[None, :])[0])


def groups_needed(delta: Delta, resolution: float) -> int | None:
    """Groups that would make the interval tell a difference of ``resolution`` from none.

    The half width shrinks with the root of the number of groups.
    """
    if delta.interval is None or not delta.n or resolution <= 0:
        return None
    half = (delta.interval[1] - delta.interval[0]) / 2
    return max(delta.n + 1, math.ceil(delta.n * (half / resolution) ** 2))
