"""Counts that make a result trustworthy or not: ties, constant groups, empty gold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from harness.data import Group
from harness.metrics.base import flat_scores, group_starts
from harness.metrics.ranking.judged import Gold, ties


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
    flat, starts = flat_scores(groups, scores), group_starts(groups)
    same = ties(starts, flat)
    pairs = np.diff(np.append(0, np.cumsum(same))[starts])
    sizes = np.diff(starts)
    return ScoreChecks(
        distinct_scores=len(np.unique(flat)),
        tied_items=int(np.count_nonzero(same[1:] | same[:-1])) + int(same[:1].sum()),
        constant_groups=int(np.count_nonzero((sizes > 1) & (pairs == sizes - 1))),
        groups_without_candidates=int(np.count_nonzero(sizes == 0)),
    )


def groups_without_relevant(groups: Sequence[Group], gold: Gold, rel: int = 1) -> int:
    """Number of groups with no document graded ``rel`` or more; they count 0 in every mean."""
    return sum(
        not any(grade >= rel for grade in gold.get(group.id, {}).values()) for group in groups
    )
