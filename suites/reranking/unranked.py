"""Candidates that were not ranked: a run that ends before its list does, a score that is NaN.

They count as not found, as trec_eval counts documents that a run lacks: no rank is theirs. Where
a metric asks how candidates are parted (AUC) they stand below all others, tied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress, pairwise

import numpy as np

from harness.capabilities import Floats
from harness.data import Group
from harness.metrics.base import MetricResult, group_starts
from harness.metrics.intervals import Bootstrap
from harness.metrics.ranking.compute import compute_ranking_metrics
from harness.metrics.ranking.judged import Graded
from harness.metrics.ranking.names import parse_name
from harness.records.scored import Scoring

PARTING = "AUC"


@dataclass(frozen=True, slots=True)
class Lists:
    """What a model ranked: groups without the candidates it left out, flat scores of the rest.

    ``whole`` are the scores of all candidates, those left out below all others.
    """

    groups: Sequence[Group]
    scores: Floats
    whole: Floats

    @classmethod
    def ranked_by(cls, scores: Floats, groups: Sequence[Group]) -> Lists:
        """Part flat canonical scores, NaN standing for what was not ranked."""
        known = ~np.isnan(scores)
        if known.all():
            return cls(groups, scores, scores)
        bounds = pairwise(group_starts(groups).tolist())
        kept = tuple(
            replace(
                group,
                candidates=tuple(compress(group.candidates, known[low:high])),
                first_stage_scores=tuple(compress(group.first_stage_scores, known[low:high])),
            )
            for group, (low, high) in zip(groups, bounds, strict=True)
        )
        least = scores[known].min() if known.any() else scores.dtype.type(0)
        below = np.nextafter(least, scores.dtype.type(-np.inf))
        return cls(kept, scores[known], np.where(known, scores, below))

    def metrics(
        self, names: Sequence[str], graded: Graded, scoring: Scoring, bootstrap: Bootstrap
    ) -> list[MetricResult]:
        """The named metrics, in their order."""
        parting = [name for name in names if parse_name(name).family == PARTING]
        if len(self.scores) == len(self.whole):
            parting = []
        found: dict[str, MetricResult] = {}
        for some, groups, scores in (
            ([name for name in names if name not in parting], self.groups, self.scores),
            (parting, graded.groups, self.whole),
        ):
            if not some:
                continue
            results = compute_ranking_metrics(
                some,
                groups,
                graded,
                scores,
                scores_comparable=scoring.comparable,
                bootstrap=bootstrap,
            )
            found |= {result.name: result for result in results}
        return [found[name] for name in names]
