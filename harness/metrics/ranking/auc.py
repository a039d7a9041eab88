"""AUC over candidates: per group, and pooled over all groups with a cluster bootstrap.

Source: the ranking and the global-threshold reading of the Mann-Whitney statistic in
arXiv 2510.00137. All counts are integers, so values do not depend on summation order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import FEW_CLUSTERS, Bootstrap, Uncertainty
from harness.metrics.intervals.base import none
from harness.metrics.intervals.smooth import LOGIT, drawn
from harness.metrics.ranking.judged import JudgedRanking, ties
from harness.metrics.ranking.names import Spec

MAX_POOLED_ITEMS = 2_000_000


def labels(judged: JudgedRanking, rel: int, *, ranked: bool = False) -> NDArray[np.int8]:
    """Per candidate, flat: 1 positive (grade >= rel), 0 negative, -1 left out.

    Negatives are the candidates judged below ``rel``. Where the gold holds no judged
    non-relevant document at all, they are all other candidates, as nothing else can be.
    Candidates stand in their own order, or in effective order when ``ranked``.
    """
    grades = judged.ranked if ranked else judged.grades
    label = (grades >= rel).astype(np.int8)
    if judged.has_nonrelevant:
        label[grades < 0] = -1
    return label


def auc_per_group(judged: JudgedRanking, spec: Spec) -> NDArray[np.float64]:
    """U / (n+ n-) of each group, ties 1/2; NaN where positives or negatives lack.

    Down each group's effective order, a positive is above the negatives that follow its tie, and
    above or beside those that follow where the tie begins.
    """
    label, starts = labels(judged, spec.rel, ranked=True), judged.starts
    tied = np.roll(ties(starts, judged.scores), 1)
    begins = np.maximum.accumulate(np.where(tied, 0, np.arange(len(tied))))
    ends = np.append(np.flatnonzero(~tied), len(tied))[np.cumsum(~tied)]
    before = np.append(0, np.cumsum(label == 0))
    of_group = np.repeat(before[starts[1:]], np.diff(starts))
    passed = 2 * of_group - before[ends] - before[begins]
    counts = np.append(0, np.cumsum(np.where(label == 1, passed, 0)))
    pairs = np.diff(before[starts]) * np.diff(np.append(0, np.cumsum(label == 1))[starts])
    with np.errstate(invalid="ignore"):
        return np.where(pairs > 0, np.diff(counts[starts]) / (2 * pairs), np.nan)


def auc_pooled(judged: JudgedRanking, rel: int) -> float | None:
    """U / (n+ n-) over the candidates of all groups together; ``None`` if one kind lacks."""
    label = labels(judged, rel)
    return _auc(judged.scores[label == 1], judged.scores[label == 0])


def _auc(positive: NDArray[Any], negative: NDArray[Any]) -> float | None:
    if not len(positive) or not len(negative):
        return None
    ordered = np.sort(negative)
    below = int(np.searchsorted(ordered, positive, side="left").sum())
    up_to = int(np.searchsorted(ordered, positive, side="right").sum())
    return (below + up_to) / (2 * len(positive) * len(negative))


def auc_pooled_replicates(
    judged: JudgedRanking, rel: int, bootstrap: Bootstrap
) -> NDArray[np.float64]:
    """Pooled AUC under every bootstrap weighting of the groups, shape (replicates,).

    A pair of a positive and a negative counts with the product of its groups' weights, as when
    groups were really repeated. NaN where a replicate lacks positives or negatives. One sort,
    then O(replicates x items) time and O(items) memory.
    """
    label = labels(judged, rel)
    kept = np.flatnonzero(label >= 0)
    scores = judged.scores[kept]
    order = np.argsort(scores, kind="stable")
    owner = np.searchsorted(judged.starts, kept[order], side="right") - 1
    is_positive = label[kept[order]] == 1
    negatives, positives = owner[~is_positive], owner[is_positive]
    ordered, wanted = scores[order][~is_positive], scores[order][is_positive]
    below = np.searchsorted(ordered, wanted, side="left")
    up_to = np.searchsorted(ordered, wanted, side="right")
    found = np.full(bootstrap.replicates, np.nan)
    passed = np.zeros(len(negatives) + 1, np.int64)
    weights = (row for block in bootstrap.weights() for row in block)
    for replicate, weight in enumerate(weights):
        np.cumsum(weight[negatives], out=passed[1:])
        own = weight[positives]
        pairs = int(own.sum()) * int(passed[-1])
        if pairs:
            found[replicate] = int((own * (passed[below] + passed[up_to])).sum()) / (2 * pairs)
    return found


def auc_pooled_interval(
    judged: JudgedRanking, rel: int, bootstrap: Bootstrap, value: float
) -> Uncertainty:
    """The interval of the pooled AUC over groups that have candidates."""
    own = bootstrap.codes[np.diff(judged.starts) > 0]
    units = len(np.unique(own))
    if len(judged.scores) > MAX_POOLED_ITEMS:
        return none(units, f"no interval beyond {MAX_POOLED_ITEMS} items")
    if units < 2:
        return none(units, FEW_CLUSTERS)
    replicates = auc_pooled_replicates(judged, rel, bootstrap)
    return drawn(value, replicates, units, scale=LOGIT, limits=(0.0, 1.0), what="clusters")
