"""How sure a figure of scores held against opinion is, from its bootstrap replicates.

Correlations go by Fisher's z, errors by their logarithm, shares by the logit: where a replicate
lies at the end of its scale, the slope of the scale carries the error over. Of unrelated images
normal theory has a say too: in replicates of few images ranks are tied that were not, and where a
few images matter much, replicates of a sample without them show too little spread.
"""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

from harness.metrics.intervals import Bootstrap, Uncertainty, base
from harness.metrics.intervals.means import FRACTIONS
from harness.metrics.intervals.smooth import FISHER_Z, LOG, LOGIT, PLAIN, Scale, drawn
from harness.metrics.opinion.correlation import Reals
from harness.metrics.opinion.measures import OpinionMeasure
from harness.nouns import MetricCard

FEW_IMAGES = 50
"""Unrelated images below which intervals of rank correlations are by normal theory."""


def sure_of(card: MetricCard, value: float, replicates: Reals, bootstrap: Bootstrap) -> Uncertainty:
    """The interval of one figure; units are references, or images where none are shared."""
    method, scale = _way(card)
    units = bootstrap.clusters_count
    what = "references" if units < len(bootstrap.clusters) else "images"
    return drawn(
        value, replicates, units, method=method, scale=scale, limits=card.limits, what=what
    )


def sure_of_correlation(
    measure: OpinionMeasure, value: float, replicates: Reals, bootstrap: Bootstrap
) -> Uncertainty:
    """The interval of a correlation.

    Of fewer than fifty unrelated images those of rank correlations are by normal theory: Bonett
    and Wright, Psychometrika 65 (2000); Fieller, Hartley and Pearson, Biometrika 44 (1957). That
    of a linear one is never narrower than Fisher's.
    """
    found = sure_of(measure.card, value, replicates, bootstrap)
    n = len(bootstrap.clusters)
    unrelated = bootstrap.clusters_count == n
    if found.method != base.FISHER.name or measure.theory is None or not unrelated or n <= 4:
        return found
    if measure.ranks and n >= FEW_IMAGES:
        return found
    half = NormalDist().inv_cdf((1 + bootstrap.level) / 2) * measure.theory(value, n)
    middle = math.atanh(value)
    ends = math.tanh(middle - half), math.tanh(middle + half)
    wider = found.interval is not None and found.interval[0] <= ends[0]
    if wider and not measure.ranks:
        return found
    return base.by(base.FISHER_THEORY, ends, n, what="images")


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
