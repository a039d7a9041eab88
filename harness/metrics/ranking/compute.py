"""Ranking metrics of one model on one task: nDCG, RR, AP, R, P, Judged and AUC.

Definitions and rules are in ``docs/metrics.md``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.data import Group
from harness.metrics.base import Metric, MetricResult, as_optional
from harness.metrics.intervals import Bootstrap, mean_of
from harness.metrics.ranking.auc import auc_per_group, auc_pooled, auc_pooled_interval
from harness.metrics.ranking.judged import Gold, JudgedRanking, effective_orders, judge
from harness.metrics.ranking.names import Spec, parse_name
from harness.metrics.ranking.trec import trec_values

__all__ = ["compute_ranking_metrics", "describe_metrics", "effective_orders"]

NO_GROUPS = "the task has no groups"
NO_NONRELEVANT = "gold holds no judged non-relevant document"
ONE_KIND = "no group has both a positive and a negative candidate"
ONE_KIND_POOLED = "the candidates lack positives or negatives"
NOT_COMPARABLE = "scores do not compare across queries"


def compute_ranking_metrics(
    names: Sequence[str],
    groups: Sequence[Group],
    gold: Gold,
    scores: ArrayLike,
    *,
    scores_comparable: bool,
    bootstrap: Bootstrap,
) -> list[MetricResult]:
    """Compute the named metrics, in the order of ``names``.

    ``scores`` is flat float32, one per candidate, group after group in first-stage order; higher
    is better. ``gold`` maps group id -> document id -> grade. ``bootstrap`` was made with the
    cluster of each group. Pooled AUC needs ``scores_comparable``.

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
    rows = np.stack(list(table.values())) if table else np.empty((0, len(groups)))
    intervals = dict(zip(table, bootstrap.mean_intervals(rows), strict=True))
    results = []
    for spec in specs:
        if reason := reasons[spec.name]:
            results.append(MetricResult(spec.name, None, None, None, 0, True, reason))
        elif spec.pooled:
            results.append(_pooled(spec, judged, bootstrap))
        else:
            values = table[spec.name]
            results.append(_meaned(spec, values, intervals[spec.name], bootstrap))
    return results


def _undefined(spec: Spec, judged: JudgedRanking, scores_comparable: bool) -> str | None:
    if not judged.group_count:
        return NO_GROUPS
    if spec.pooled and not scores_comparable:
        return NOT_COMPARABLE
    needs_nonrelevant = spec.judged_only or spec.family == "Judged"
    return NO_NONRELEVANT if needs_nonrelevant and not judged.has_nonrelevant else None


def _per_group_values(
    specs: Sequence[Spec], judged: JudgedRanking
) -> dict[str, NDArray[np.float64]]:
    table = trec_values([s for s in specs if s.family not in {"AUC", "Judged"}], judged)
    for spec in specs:
        if spec.family == "AUC":
            table[spec.name] = auc_per_group(judged, spec.rel)
        elif spec.family == "Judged":
            table[spec.name] = _judged_at(judged, spec.cutoff)
    return table


def _judged_at(judged: JudgedRanking, cutoff: int | None) -> NDArray[np.float64]:
    # As in ir_measures: a list shorter than the cutoff is divided by its own length.
    before = np.concatenate([[0], np.cumsum(judged.ranked >= 0)])
    starts, stops = judged.starts[:-1], judged.starts[1:]
    ends = stops if cutoff is None else np.minimum(starts + cutoff, stops)
    share: NDArray[np.float64] = (before[ends] - before[starts]) / np.maximum(ends - starts, 1)
    return share


def _meaned(
    spec: Spec,
    values: NDArray[np.float64],
    interval: tuple[float, float] | None,
    bootstrap: Bootstrap,
) -> MetricResult:
    value = mean_of(values)
    reason = ONE_KIND if value is None else bootstrap.why_none(values)
    n = int((~np.isnan(values)).sum())
    return MetricResult(spec.name, value, as_optional(values), interval, n, True, reason)


def _pooled(spec: Spec, judged: JudgedRanking, bootstrap: Bootstrap) -> MetricResult:
    value = auc_pooled(judged, spec.rel)
    if value is None:
        return MetricResult(spec.name, None, None, None, 0, True, ONE_KIND_POOLED)
    interval, reason = auc_pooled_interval(judged, spec.rel, bootstrap, value)
    n = int((np.diff(judged.starts) > 0).sum())
    return MetricResult(spec.name, value, None, interval, n, True, reason)


def describe_metrics() -> list[Metric]:
    """The ranking metrics as rows for ``marginbench list metrics``; imports no provider."""
    rows = [
        ("nDCG@k", "Discounted gain of the first k, relative to the best order", "ndcg"),
        ("nDCG(judged_only=True)@k", "nDCG@k after dropping unjudged documents", "condensed-ndcg"),
        ("RR@k", "1 / rank of the first relevant document, 0 beyond k", "rr"),
        ("AP", "Mean of the precision at each relevant document", "ap"),
        ("R@k", "Share of the relevant documents within the first k", "recall"),
        ("P@k", "Share of relevant documents among the first k", "precision"),
        ("Judged@k", "Share of judged documents among the first k", "judged"),
        ("AUC", "Chance that a positive outscores a negative of its query", "auc"),
        ("AUC(pooled)", "Chance that a positive outscores a negative of any query", "pooled-auc"),
    ]
    return [
        Metric(name, True, (0.0, 1.0), summary, anchor, compute_ranking_metrics)
        for name, summary, anchor in rows
    ]
