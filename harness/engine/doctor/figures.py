"""Two answers to one sample as a row of figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.data import ItemData, RankingData
from harness.engine.doctor.doors import CLASSES, LISTS, VECTORS, Said
from harness.engine.doctor.report import Row, Shift
from harness.engine.doctor.sample import Sample
from harness.errors import MarginBenchError
from harness.metrics.agreement import classes_agree, lists_agree, scores_agree, vectors_agree
from harness.metrics.base import MetricResult
from harness.metrics.intervals import Bootstrap, paired_difference
from harness.metrics.ranking.compute import compute_ranking_metrics
from harness.metrics.ranking.names import is_ranking_metric
from harness.records.scored import Scoring

POOLED = "a pooled metric: it has no value per item to pair"


def row_of(what: str, sample: Sample, first: Said, second: Said) -> Row:
    """Compare two answers to the same sample."""
    shift = shift_of(sample, first, second)
    if first.kind == LISTS:
        lists = lists_agree(first.lists, second.lists)
        return Row(
            what,
            lists.difference.value,
            lists.tau.value,
            lists.top_members.value,
            lists.top_order.value,
            shift=shift,
        )
    if first.kind == CLASSES:
        changed = classes_agree(first.classes, second.classes).changed.value
        (one,), (other,) = first.lists, second.lists
        gap = float(np.abs(one - other).max()) if np.isfinite([one, other]).all() else None
        return Row(what, gap, None, moved=changed, shift=shift)
    if first.kind == VECTORS:
        among = lists_agree(first.lists, second.lists)
        moved = among.first.value
        if first.rows.shape == second.rows.shape:
            moved = vectors_agree(first.rows, second.rows).neighbour.value
        return Row(what, among.difference.value, among.tau.value, moved=moved)
    scores = scores_agree(first.lists[0], second.lists[0])
    return Row(
        what, scores.difference.value, scores.tau.value, moved=scores.moved.value, shift=shift
    )


def shift_of(sample: Sample, first: Said, second: Said) -> Shift | None:
    """What the primary metric makes of the difference; ``None`` without gold."""
    name = sample.metric
    if not name or first.kind == VECTORS:
        return None
    bootstrap = Bootstrap(sample.data.group_clusters)
    if first.kind == CLASSES:
        assert isinstance(sample.data, ItemData)
        gold = [sample.data.classes[int(code)] for code in sample.data.gold]
        right = [
            [float(c == g) for c, g in zip(s.classes, gold, strict=True)] for s in (first, second)
        ]
        means = [sum(one) / len(one) for one in right]
        return _paired("accuracy", means, right, bootstrap, (0.0, 1.0))
    try:
        a, b = (_metric(sample, said, bootstrap) for said in (first, second))
    except MarginBenchError as error:
        return Shift(name, None, None, None, None, error.message)
    if a.per_group is None or b.per_group is None:
        known = a.value is not None and b.value is not None
        gap = b.value - a.value if known else None  # type: ignore[operator]
        return Shift(name, a.value, b.value, gap, None, POOLED)
    return _paired(name, [a.value, b.value], [a.per_group, b.per_group], bootstrap, a.card.limits)


def _metric(sample: Sample, said: Said, bootstrap: Bootstrap) -> MetricResult:
    data, task = sample.data, sample.task
    flat = np.concatenate([np.zeros(0), *said.lists])
    if isinstance(data, RankingData) and is_ranking_metric(sample.metric):
        (found,) = compute_ranking_metrics(
            [sample.metric],
            data.groups,
            data.gold,
            flat,
            scores_comparable=False,
            bootstrap=bootstrap,
        )
        return found
    scored = task.score(task, data, flat, Scoring())
    first: MetricResult = scored.metrics[0]
    return first


def _paired(
    name: str,
    means: Sequence[float | None],
    values: Sequence[Sequence[float | None]],
    bootstrap: Bootstrap,
    limits: tuple[float | None, float | None],
) -> Shift:
    found = paired_difference(values[1], values[0], bootstrap.codes, limits=limits)
    return Shift(name, means[0], means[1], found.value, found.sure.interval, found.sure.reason)
