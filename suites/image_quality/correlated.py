"""Two models' correlations with the same opinions, for tests of dependent correlations."""

from __future__ import annotations

from collections.abc import Sequence

from harness.compare.correlations import Correlated
from harness.compare.sides import Side
from harness.metrics.opinion import measures
from harness.metrics.opinion.correlation import Reals, middle_ranks, pearson, why_undefined
from suites.image_quality.record import OpinionPart

UNIT = "images"


def correlated(old: Side, new: Side) -> Sequence[Correlated]:
    """SRCC and PLCC of both sides where all of them are defined."""
    opinion, before, after = old.reals("opinion"), old.reals("score"), new.reals("score")
    part = old.record.part
    if opinion is None or before is None or after is None or not isinstance(part, OpinionPart):
        return []
    opinions = opinion * (-1.0 if part.opinion == "lower" else 1.0)
    if why_undefined(before, opinions) or why_undefined(after, opinions):
        return []
    plain = (opinions, before, after)
    return [
        _one(measures.SRCC.card.name, *map(middle_ranks, plain)),
        _one(measures.PLCC.card.name, *plain),
    ]


def _one(metric: str, opinions: Reals, before: Reals, after: Reals) -> Correlated:
    return Correlated(
        metric=metric,
        baseline=pearson(before, opinions),
        candidate=pearson(after, opinions),
        between=pearson(before, after),
        n=len(opinions),
        unit=UNIT,
    )
