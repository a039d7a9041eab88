"""Metrics that know how sure the viewers were: P.1401 outliers and Krasula's pair analysis.

Opinions and scores are oriented so that higher is better; ``sd`` and ``votes`` belong to the mean
opinion of each image.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.roc import auroc, roc

Reals = NDArray[np.float64]

MOST_IMAGES = 3000
"""Images up to which all pairs are compared (4.5 million)."""

DIFFERENT = 0.95
"""One-sided probability from which a pair counts as different (Krasula et al., QoMEX 2016)."""

COEFFICIENTS = 2
"""Fitted coefficients of the first-order map, which P.1401 takes from the degrees of freedom."""


@dataclass(frozen=True, slots=True)
class Outliers:
    """P.1401 figures in opinion units: rmse and rmse* divide by n - d, ``ratio`` is a share."""

    rmse: float
    rmse_star: float
    ratio: float


def outliers(scores: Reals, opinions: Reals, sd: Reals, votes: Reals) -> Outliers:
    """Errors after a first-order map against each image's own 95 % interval.

    Source: ITU-T P.1401 (2020), clauses 7.5 to 7.8. Raises :class:`ValueError` when an image has
    fewer than two votes.
    """
    if (votes < 2).any():
        raise ValueError("an image has fewer than two votes")
    from scipy import stats

    slope, intercept = np.polyfit(scores, opinions, 1)
    error = np.abs(opinions - (slope * scores + intercept))
    reach = stats.t.ppf(0.975, votes - 1) * sd / np.sqrt(votes)
    beyond = np.maximum(error - reach, 0)
    freedom = len(scores) - COEFFICIENTS
    return Outliers(
        rmse=float(np.sqrt((error**2).sum() / freedom)),
        rmse_star=float(np.sqrt((beyond**2).sum() / freedom)),
        ratio=float((error > reach).mean()),
    )


@dataclass(frozen=True, slots=True)
class PairAnalysis:
    """Krasula's figures; an area is ``None`` when one of its two kinds of pairs is missing."""

    different: int
    similar: int
    auc_different: float | None
    auc_better: float | None
    right: float | None


def pair_analysis(scores: Reals, opinions: Reals, sd: Reals, votes: Reals) -> PairAnalysis:
    """Can the scores tell different pairs from similar ones, and the better from the worse?

    Source: Krasula, Fliegel, Le Callet, Klima, QoMEX 2016. Raises :class:`ValueError` above
    :data:`MOST_IMAGES`.
    """
    if len(scores) > MOST_IMAGES:
        raise ValueError(f"more than {MOST_IMAGES} images")
    from scipy.special import ndtr

    i, j = np.triu_indices(len(scores), 1)
    variance = sd**2 / votes
    gap = opinions[i] - opinions[j]
    error = np.sqrt(variance[i] + variance[j])
    certain = np.where(gap == 0, 0.0, np.copysign(np.inf, gap))  # where no vote disagrees
    z = np.divide(gap, error, out=certain, where=error > 0)
    different = ndtr(np.abs(z)) >= DIFFERENT
    moved = scores[i] - scores[j]
    signed = (moved * np.sign(gap))[different]
    return PairAnalysis(
        different=int(different.sum()),
        similar=int((~different).sum()),
        auc_different=auroc(roc(np.abs(moved[~different]), np.abs(moved[different]))),
        auc_better=auroc(roc(-signed, signed)),
        right=float((signed > 0).mean()) if len(signed) else None,
    )
