"""Counts that make a result trustworthy or not: ties, constant groups, empty gold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from harness.data import Group
from harness.metrics.base import flat_scores, group_starts
from harness.metrics.ranking.judged import Gold


@dataclass(frozen=True, slots=True)
class ScoreChecks:
    """Counts over a model's scores.

    ``distinct_scores`` over the whole task; ``tied_items`` share their score with another item of
    their group; ``constant_groups`` have two or more candidates and a single score.
    """

    distinct_scores: int
    tied_items: int
    constant_groups: int
    groups_without_candidates: int


def score_checks(groups: Sequence[Group], scores: ArrayLike) -> ScoreChecks:
    """Count ties and constant groups in flat scores in canonical order.

    Raises :class:`InvalidError` for scores of the wrong count or not finite.
    """
    flat = flat_scores(groups, scores)
    bounds = group_starts(groups).tolist()
    tied = constant = 0
    for start, stop in pairwise(bounds):
        same = np.diff(np.sort(flat[start:stop])) == 0
        if same.any():
            padded = np.concatenate([[False], same, [False]])
            tied += int((padded[1:] | padded[:-1]).sum())
            constant += bool(same.all())
    return ScoreChecks(
        distinct_scores=len(np.unique(flat)),
        tied_items=tied,
        constant_groups=constant,
        groups_without_candidates=sum(not group.candidates for group in groups),
    )


def groups_without_relevant(groups: Sequence[Group], gold: Gold, rel: int = 1) -> int:
    """Number of groups with no document graded ``rel`` or more; they count 0 in every mean."""
    return sum(
        not any(grade >= rel for grade in gold.get(group.id, {}).values()) for group in groups
    )
