"""Ranking metrics of one model on one task; :mod:`harness.metrics.ranking.measures` lists them.

Definitions and rules are in ``docs/metrics.md``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.data import Group
from harness.metrics.base import MetricResult, as_optional
from harness.metrics.intervals import Bootstrap, mean, mean_of
from harness.metrics.ranking.auc import auc_pooled, auc_pooled_interval
from harness.metrics.ranking.judged import Gold, Graded, JudgedRanking, effective_orders, judge
from harness.metrics.ranking.names import Spec, parse_name
from harness.metrics.ranking.trec import trec_values

__all__ = ["compute_ranking_metrics", "effective_orders"]

NO_GROUPS = "the task has no groups"
NO_NONRELEVANT = "gold holds no judged non-relevant document"
ONE_KIND = "no group has both a positive and a negative candidate"
ONE_KIND_POOLED = "the candidates lack positives or negatives"
NOT_COMPARABLE = "scores do not compare across queries"


def compute_ranking_metrics(
    names: Sequence[str],
    groups: Sequence[Group],
    gold: Gold | Graded,
    scores: ArrayLike,
    *,
    scores_comparable: bool,
    bootstrap: Bootstrap,
) -> list[MetricResult]:
    """Compute the named metrics, in the order of ``names``.

    ``scores`` is flat, one per candidate, group after group in first-stage order; higher
    is better. ``gold`` maps group id -> document id -> grade, or was joined with groups before.
    ``bootstrap`` was made with the cluster of each group. Pooled AUC needs ``scores_comparable``.

    Raises :class:`UsageError` for an unknown name, :class:`InvalidError` for scores of the wrong
    count or not finite, and for grades beyond 10,000.
    """
    if len(bootstrap.clusters) != len(groups):
        raise ValueError(f"{len(bootstrap.clusters)} clusters for {len(groups)} groups")
    specs = [parse_name(name) for name in names]
    judged = judge(groups, gold, scores)
    reasons = {s.name: _undefined(s, judged, scores_comparable) for s in specs}
    live = [spec for spec in specs if reasons[spec.name] is None]
    table = _per_group_values([spec for spec in live if not spec.pooled], judged)
    results = []
    for spec in specs:
        if reason := reasons[spec.name]:
            results.append(MetricResult(spec.name, None, None, None, 0, spec.card, reason))
        elif spec.pooled:
            results.append(_pooled(spec, judged, bootstrap))
        else:
            results.append(_meaned(spec, table[spec.name], bootstrap))
    return results


def _undefined(spec: Spec, judged: JudgedRanking, scores_comparable: bool) -> str | None:
    if not judged.group_count:
        return NO_GROUPS
    if spec.pooled and not scores_comparable:
        return NOT_COMPARABLE
    needs_nonrelevant = spec.judged_only or spec.measure.needs_nonrelevant
    return NO_NONRELEVANT if needs_nonrelevant and not judged.has_nonrelevant else None


def _per_group_values(
    specs: Sequence[Spec], judged: JudgedRanking
) -> dict[str, NDArray[np.float64]]:
    table = trec_values([spec for spec in specs if spec.measure.own is None], judged)
    for spec in specs:
        if spec.measure.own is not None:
            table[spec.name] = spec.measure.own(judged, spec)
    return table


def _meaned(spec: Spec, values: NDArray[np.float64], bootstrap: Bootstrap) -> MetricResult:
    value = mean_of(values)
    return MetricResult.of(
        spec.name,
        value,
        mean(values, bootstrap.codes, limits=spec.card.limits),
        int((~np.isnan(values)).sum()),
        spec.card,
        reason=ONE_KIND if value is None else None,
        per_group=as_optional(values),
        column=spec.name,
    )


def _pooled(spec: Spec, judged: JudgedRanking, bootstrap: Bootstrap) -> MetricResult:
    value = auc_pooled(judged, spec.rel)
    if value is None:
        return MetricResult(spec.name, None, None, None, 0, spec.card, ONE_KIND_POOLED)
    n = int((np.diff(judged.starts) > 0).sum())
    sure = auc_pooled_interval(judged, spec.rel, bootstrap, value)
    return MetricResult.of(spec.name, value, sure, n, spec.card)
