"""The one place where an interval or a p is made; see :mod:`harness.metrics.intervals.base`."""

from harness.metrics.intervals.base import (
    FEW_CLUSTERS,
    LEVEL,
    METHODS,
    NO_VALUES,
    TOLERANCE,
    Interval,
    Method,
    Uncertainty,
)
from harness.metrics.intervals.bootstrap import SEED, Bootstrap
from harness.metrics.intervals.families import benjamini_hochberg, holm
from harness.metrics.intervals.means import mean, mean_of, paired_difference, paired_mean
from harness.metrics.intervals.shares import paired_share, share

__all__ = [
    "FEW_CLUSTERS",
    "LEVEL",
    "METHODS",
    "NO_VALUES",
    "SEED",
    "TOLERANCE",
    "Bootstrap",
    "Interval",
    "Method",
    "Uncertainty",
    "benjamini_hochberg",
    "holm",
    "mean",
    "mean_of",
    "paired_difference",
    "paired_mean",
    "paired_share",
    "share",
]
