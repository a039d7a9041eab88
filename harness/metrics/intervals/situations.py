"""What kind of figure a metric is, as far as its interval goes, and the methods that follow.

A metric's card names its situation. The first method of a list is the usual one; the others stand
in where that is not fit, as their module says.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.metrics.intervals.base import (
    ALIKE,
    BOOTSTRAP_T,
    CLOPPER_PEARSON,
    DELONG,
    EFFECTIVE_N,
    FISHER,
    FISHER_THEORY,
    JACKKNIFE,
    ORDERED_CUT,
    PAIRED_SHARES,
    PAIRED_SHARES_CLUSTERED,
    PAIRED_T,
    REDRAWN_CUT,
    T_LOGIT,
    T_MEAN,
    Method,
)


@dataclass(frozen=True, slots=True)
class Situation:
    """Methods of single figures and of paired differences, without clusters and with them."""

    single: tuple[Method, ...]
    clustered: tuple[Method, ...]
    paired: tuple[Method, ...]
    paired_clustered: tuple[Method, ...]


def _alike(single: tuple[Method, ...], paired: tuple[Method, ...]) -> Situation:
    return Situation(single, single, paired, paired)


SITUATIONS = {
    "share": Situation(
        (CLOPPER_PEARSON,),
        (EFFECTIVE_N,),
        (PAIRED_SHARES, JACKKNIFE),
        (PAIRED_SHARES_CLUSTERED, JACKKNIFE),
    ),
    "mean": _alike((T_LOGIT, T_MEAN, ALIKE), (PAIRED_T, ALIKE)),
    "thresholded rate": Situation(
        (REDRAWN_CUT, ORDERED_CUT), (REDRAWN_CUT,), (BOOTSTRAP_T, ALIKE), (BOOTSTRAP_T, ALIKE)
    ),
    "area": _alike((DELONG, ALIKE), (BOOTSTRAP_T, ALIKE)),
    "drawn": _alike((BOOTSTRAP_T, ALIKE), (BOOTSTRAP_T, ALIKE)),
    "correlation": _alike((FISHER, FISHER_THEORY, ALIKE), (BOOTSTRAP_T, ALIKE)),
    "over classes": _alike((JACKKNIFE, ALIKE), (JACKKNIFE, ALIKE)),
    "ratio of counts": Situation(
        (JACKKNIFE, CLOPPER_PEARSON),
        (JACKKNIFE, EFFECTIVE_N),
        (JACKKNIFE, ALIKE),
        (JACKKNIFE, ALIKE),
    ),
    "none": Situation((), (), (), ()),
}
"""Situation -> methods. ``drawn`` is any figure whose replicates are drawn, ``none`` has none."""
