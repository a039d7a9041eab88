"""How sure a figure of scores held against opinion is, from its bootstrap replicates.

Correlations go by Fisher's z, errors by their logarithm, shares by the logit: where a replicate
lies at the end of its scale, the slope of the scale carries the error over.
"""

from __future__ import annotations

import math
from dataclasses import replace

from harness.metrics.intervals import Bootstrap, Uncertainty, base
from harness.metrics.intervals.means import FRACTIONS
from harness.metrics.intervals.smooth import FISHER_Z, LOG, LOGIT, PLAIN, Scale, drawn
from harness.metrics.opinion.correlation import Reals
from harness.metrics.opinion.measures import OpinionMeasure
from harness.nouns import MetricCard


def sure_of(card: MetricCard, value: float, replicates: Reals, bootstrap: Bootstrap) -> Uncertainty:
    """The interval of one figure; units are references, or images where none are shared."""
    method, scale = _way(card)
    units = bootstrap.clusters_count
    what = "references" if units < len(bootstrap.clusters) else "images"
    return drawn(
        value, replicates, units, method=method, scale=scale, limits=card.limits, what=what
    )


def sure_of_residual(
    measure: OpinionMeasure,
    value: float,
    replicates: Reals,
    bootstrap: Bootstrap,
    parameters: int,
) -> Uncertainty:
    """The interval of the best map's error on all images, from one that was fitted on these.

    The fit took its parameters off the degrees of freedom, so the interval lies around
    value x sqrt(n / (n - parameters)); it reaches down to the value itself at least.
    """
    n = len(bootstrap.clusters)
    if n <= parameters:
        return base.none(bootstrap.clusters_count, "no more images than the map has parameters")
    unbiased = value * math.sqrt(n / (n - parameters))
    found = sure_of(measure.card, unbiased, replicates, bootstrap)
    if found.interval is None:
        return found
    low, high = found.interval
    return replace(found, interval=(min(low, value), high))


def _way(card: MetricCard) -> tuple[base.Method, Scale]:
    if card.situation == "correlation":
        return base.FISHER, FISHER_Z
    if card.limits == FRACTIONS:
        return base.BOOTSTRAP_T, LOGIT
    return base.BOOTSTRAP_T, LOG if card.limits == (0, None) else PLAIN
