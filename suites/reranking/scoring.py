"""Scores of a reranking task -> metrics of the model and of the first stage it started from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.data import FirstStage, RankingData
from harness.metrics.base import MetricResult
from harness.metrics.intervals import Bootstrap, paired_difference
from harness.metrics.ranking.checks import groups_without_relevant, score_checks
from harness.metrics.ranking.compute import compute_ranking_metrics
from harness.metrics.ranking.judged import Graded
from harness.metrics.ranking.ties import tie_range
from harness.nouns import Task
from harness.predictions.table import refuse_constant
from harness.records.record import Difference, FirstStageRef, IntervalMethod
from harness.records.score import basis_of, metric_value
from harness.records.scored import FIRST_STAGE_PREFIX, Scored, Scoring
from suites.reranking.record import RerankingPart, TieRange
from suites.reranking.unranked import Lists


def score(task: Task, data: RankingData, scores: Floats, scoring: Scoring) -> Scored:
    """Compute a reranking task's metrics for flat canonical ``scores`` and for the first stage.

    Where there is no first stage there is nothing to differ from, and no ceiling. A candidate
    whose score is NaN was not ranked: see :mod:`suites.reranking.unranked`.

    Raises :class:`~harness.errors.InvalidError` when all scores are one and the same number.
    """
    refuse_constant(scores)
    if scoring.direction == "lower":
        scores = -scores
    bootstrap = scoring.bootstrap(data.group_clusters)
    model = Lists.ranked_by(scores, data.groups)
    graded = Graded.of(data.groups, data.gold)
    metrics = model.metrics(task.metrics, graded, scoring, bootstrap)
    stage, first = data.first_stage, list[MetricResult]()
    if stage is not None:
        first = compute_ranking_metrics(
            _with_ceiling(task, stage.depth),
            data.groups,
            graded,
            first_stage_scores(data),
            scores_comparable=False,
            bootstrap=bootstrap,
        )
    part = RerankingPart(
        **asdict(score_checks(model.groups, model.scores)),
        groups_without_relevant=groups_without_relevant(data.groups, data.gold),
        unranked_items=data.item_count - len(model.scores),
        tie_range=_tie_range(task.primary_metric, graded, model),
    )
    return Scored(
        metrics=tuple(metrics),
        intervals=IntervalMethod(**bootstrap.describe()),
        part=part,
        first_stage=None if stage is None else _stage(stage, metrics, first, bootstrap),
        columns=_columns(metrics, first),
    )


def _tie_range(name: str, graded: Graded, model: Lists) -> TieRange | None:
    found = tie_range(name, model.groups, graded, model.scores)
    return None if found is None else TieRange(metric=name, low=found[0], high=found[1])


def ceiling_name(task: Task, depth: int) -> str:
    """Name of the recall that no reranker of ``depth`` candidates can exceed."""
    recall = next(
        (
            name
            for name in task.metrics
            if name.startswith("R") and "@" in name and not name.startswith("RR")
        ),
        "R@10",
    )
    return f"{recall.partition('@')[0]}@{depth}"


def _with_ceiling(task: Task, depth: int) -> list[str]:
    """The task's metrics and the ceiling, which stands last even where it is one of them."""
    ceiling = ceiling_name(task, depth)
    return [*(name for name in task.metrics if name != ceiling), ceiling]


def first_stage_scores(data: RankingData) -> NDArray[np.float64]:
    """The first stage's own scores, flat in canonical order."""
    scores = chain.from_iterable(group.first_stage_scores for group in data.groups)
    return np.array(list(scores), dtype=np.float64)


def _stage(
    stage: FirstStage,
    metrics: Sequence[MetricResult],
    first: Sequence[MetricResult],
    bootstrap: Bootstrap,
) -> FirstStageRef:
    theirs = {result.name: result for result in first}
    return FirstStageRef(
        name=stage.name,
        depth=stage.depth,
        parameters=dict(stage.parameters),
        metrics=[
            metric_value(replace(result, column=result.column and prefixed(result.column)))
            for result in first
        ],
        differences=[
            _difference(ours, theirs[ours.name], bootstrap)
            for ours in metrics
            if ours.per_group is not None and theirs[ours.name].per_group is not None
        ],
    )


def _difference(ours: MetricResult, theirs: MetricResult, bootstrap: Bootstrap) -> Difference:
    assert ours.per_group is not None
    assert theirs.per_group is not None
    paired = paired_difference(
        ours.per_group,
        theirs.per_group,
        bootstrap.codes,
        higher_is_better=ours.card.better != "lower",
        limits=ours.card.limits,
    )
    return Difference(
        name=ours.name,
        value=paired.value,
        interval=paired.sure.interval,
        n=paired.n,
        wins=paired.wins,
        losses=paired.losses,
        ties=paired.ties,
        reason=paired.sure.reason,
        basis=basis_of(paired.sure),
        p=paired.sure.p,
    )


def _columns(
    metrics: Sequence[MetricResult], first: Sequence[MetricResult]
) -> dict[str, Sequence[float | None]]:
    own = {result.name: result.per_group for result in metrics if result.per_group is not None}
    theirs = {
        prefixed(result.name): result.per_group for result in first if result.per_group is not None
    }
    return {**own, **theirs}


def prefixed(name: str) -> str:
    """The first stage's column of a metric."""
    return FIRST_STAGE_PREFIX + name
