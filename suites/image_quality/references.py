"""The order within each reference: telling distortions of one scene apart, not scenes.

Asked for by name; no task has it by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.nouns import MetricCard

if TYPE_CHECKING:
    from harness.metrics.base import MetricResult
    from harness.metrics.opinion.correlation import Reals

FEWEST = 4
"""Images of a reference from which it counts."""

CARD = MetricCard(
    "SRCC[within references]",
    "mean over references of Spearman's coefficient within each",
    "higher",
    -1,
    1,
    undefined="no reference has four images or more with different opinion scores",
    summary="how well the order of the scores is that of opinion, among images of one reference",
    anchor="within-references",
    situation="mean",
)


def within_references(scores: Reals, opinions: Reals, references: Sequence[str]) -> MetricResult:
    """The mean over references of SRCC within each, both lists oriented so that higher is better.

    A reference with fewer than :data:`FEWEST` images, or with one opinion score alone, is left out.
    Where all scores are equal the model tells nothing, and its figure there is 0. ``n`` counts the
    references; the interval is Student's t over them.
    """
    import numpy as np

    from harness.metrics.base import MetricResult
    from harness.metrics.intervals import mean, mean_of
    from harness.metrics.opinion.measures import spearman

    found = []
    names = np.asarray(references)
    for name in np.unique(names):
        x, y = scores[names == name], opinions[names == name]
        if len(x) >= FEWEST and len(np.unique(y)) > 1:
            found.append(spearman(x, y) if len(np.unique(x)) > 1 else 0.0)
    values = np.asarray(found, dtype=np.float64)
    value = mean_of(values)
    if value is None:
        return MetricResult(CARD.name, None, None, None, 0, CARD, CARD.undefined)
    return MetricResult.of(CARD.name, value, mean(values, limits=CARD.limits), len(values), CARD)
