"""What the order of tied candidates can make of a metric.

Equal scores tell no order, and every tool has a rule of its own: trec_eval goes by document ids,
this project by the first stage. The range between the worst and the best order is what the scores
themselves say; scores written in half precision make it wide (McSherry and Najork, "Computing
information retrieval performance measures efficiently in the presence of tied scores", ECIR 2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.data import Group
from harness.metrics.base import flat_scores, group_starts
from harness.metrics.intervals import mean_of
from harness.metrics.ranking.judged import Gold, Graded, JudgedRanking, judge, ties
from harness.metrics.ranking.names import parse_name
from harness.metrics.ranking.trec import trec_values


def tie_range(
    name: str, groups: Sequence[Group], gold: Gold | Graded, scores: ArrayLike
) -> tuple[float, float] | None:
    """The lowest and the highest mean of a metric over all orders of tied candidates.

    ``None`` where no two candidates of a query are tied, and for metrics that give ties a value
    of their own (AUC) or are no mean over queries. Of tied candidates the one with the higher
    grade first is never the worse order for nDCG, RR, AP, R and P. Raises as
    :func:`~harness.metrics.ranking.compute.compute_ranking_metrics` does.
    """
    spec = parse_name(name)
    if spec.measure.own is not None or not groups:
        return None
    starts = group_starts(groups)
    tied = np.diff(np.append(0, np.cumsum(ties(starts, flat_scores(groups, scores))))[starts]) > 0
    if not tied.any():
        return None
    judged = judge(groups, gold, scores)
    ends = []
    for sign in (1, -1):
        found = replace(judged, ranked=_ranked(judged, tied, sign))
        value = mean_of(trec_values([spec], found)[name])
        if value is None:
            return None
        ends.append(value)
    return ends[0], ends[1]


def _ranked(judged: JudgedRanking, tied: NDArray[np.bool_], sign: int) -> NDArray[np.int32]:
    """Grades in ranked order, those of some groups with ties by rising (1) or falling (-1) grade.

    Of the other groups the order is what it is.
    """
    group = _group_of(judged)
    own = np.flatnonzero(tied[group])
    grades = judged.grades[own]
    ranked = judged.ranked.copy()
    ranked[own] = grades[np.lexsort((sign * grades, -judged.scores[own], group[own]))]
    return ranked


def _group_of(judged: JudgedRanking) -> NDArray[np.intp]:
    return np.repeat(np.arange(judged.group_count), np.diff(judged.starts))
