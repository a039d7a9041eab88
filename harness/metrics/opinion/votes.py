"""Metrics that know how sure the viewers were: P.1401 outliers and Krasula's pair analysis.

Opinions and scores are oriented so that higher is better; ``sd`` and ``votes`` belong to the mean
opinion of each image. Each card stands beside its function; nothing heavy is imported before one
is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.metrics.opinion.measures import UNIT
from harness.nouns import MetricCard

if TYPE_CHECKING:
    from harness.metrics.intervals import Bootstrap
    from harness.metrics.opinion.correlation import Reals

NO_VOTES = "the set gives no standard deviations or votes"

MOST_IMAGES = 11_000
"""Images up to which all pairs are compared (60 million, about 1.9 GB)."""

_BLOCK_CELLS = 1 << 20  # pairs that are weighed at a time

DIFFERENT = 0.95
"""One-sided probability from which a pair counts as different (Krasula et al., QoMEX 2016)."""

COEFFICIENTS = 2
"""Fitted coefficients of the first-order map, which P.1401 takes from the degrees of freedom."""


@dataclass(frozen=True, slots=True)
class Outliers:
    """P.1401 figures in opinion units: rmse and rmse* divide by n - d, ``ratio`` is a share.

    ``outside`` (0 or 1) and ``beyond`` (error past the interval) belong to the images.
    """

    rmse: float
    rmse_star: float
    ratio: float
    outside: Reals
    beyond: Reals

    def replicates(self, bootstrap: Bootstrap) -> Reals:
        """``rmse_star`` in every replicate, the map held fixed."""
        import numpy as np

        of_images = np.stack([np.ones(len(self.beyond)), self.beyond**2], axis=1)
        n, squares = np.concatenate([drawn @ of_images for drawn in bootstrap.weights()]).T
        return np.asarray(np.sqrt(squares / np.maximum(n - COEFFICIENTS, 1)))


def outliers(scores: Reals, opinions: Reals, sd: Reals, votes: Reals) -> Outliers:
    """Errors after a first-order map against each image's own 95 % interval.

    Source: ITU-T P.1401 (2020), clauses 7.5 to 7.8. Raises :class:`ValueError` when an image has
    fewer than two votes.
    """
    if (votes < 2).any():
        raise ValueError("an image has fewer than two votes")
    import numpy as np
    from scipy.special import stdtrit

    slope, intercept = np.polyfit(scores, opinions, 1)
    error = np.abs(opinions - (slope * scores + intercept))
    reach = stdtrit(votes - 1, 0.975) * sd / np.sqrt(votes)
    beyond = np.maximum(error - reach, 0)
    freedom = len(scores) - COEFFICIENTS
    return Outliers(
        rmse=float(np.sqrt((error**2).sum() / freedom)),
        rmse_star=float(np.sqrt((beyond**2).sum() / freedom)),
        ratio=float((error > reach).mean()),
        outside=(error > reach).astype(np.float64),
        beyond=beyond,
    )


OUTLIER_RATIO = MetricCard(
    "OR", "outlier ratio", "lower", 0, 1,
    undefined=f"{NO_VOTES}, or the correlation has the wrong sign",
    summary="images off by more than their own 95% interval",
    anchor="metrics-that-know-the-votes",
    situation="share",
)  # fmt: skip
RMSE_STAR = MetricCard(
    "RMSE*", "root mean squared error beyond the votes' own", "lower", 0, None, UNIT,
    undefined=f"{NO_VOTES}, or the correlation has the wrong sign",
    summary="error beyond that interval, in units of the opinion score",
    anchor="metrics-that-know-the-votes",
    situation="drawn",
    relative_margin=0.05,
)  # fmt: skip

RATED_CARDS = (OUTLIER_RATIO, RMSE_STAR)
"""Figures of :func:`outliers`."""


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
    import numpy as np

    if len(scores) > MOST_IMAGES:
        raise ValueError(f"more than {MOST_IMAGES} images")
    similar, signed = _pairs(scores, opinions, sd**2 / votes)
    return PairAnalysis(
        different=len(signed),
        similar=len(similar),
        auc_different=_area(similar, np.abs(signed)),
        auc_better=_area(-signed, signed),
        right=float((signed > 0).mean()) if len(signed) else None,
    )


AUC_DIFFERENT = MetricCard(
    "AUC[different/similar]", "area under the curve, different against similar", "higher", 0, 1,
    undefined=f"{NO_VOTES}, or a kind of pair is missing",
    summary="score gaps tell pairs that viewers found different from similar ones",
    anchor="metrics-that-know-the-votes",
    situation="none",
)  # fmt: skip
AUC_BETTER = MetricCard(
    "AUC[better/worse]", "area under the curve, better against worse", "higher", 0, 1,
    undefined=f"{NO_VOTES}, or a kind of pair is missing",
    summary="score gaps point to the better one of different pairs",
    anchor="metrics-that-know-the-votes",
    situation="none",
)  # fmt: skip
ORDERED_RIGHT = MetricCard(
    "CC_0", "correct classification at a gap of 0", "higher", 0, 1,
    undefined=f"{NO_VOTES}, or a kind of pair is missing",
    summary="share of different pairs that are ordered right",
    anchor="metrics-that-know-the-votes",
    situation="none",
)  # fmt: skip

PAIRED_CARDS = (AUC_DIFFERENT, AUC_BETTER, ORDERED_RIGHT)
"""Figures of :func:`pair_analysis`."""


def _pairs(scores: Reals, opinions: Reals, variance: Reals) -> tuple[Reals, Reals]:
    """Score differences: their size over similar pairs; over different ones, towards the better."""
    import numpy as np
    from scipy.special import ndtr

    similar: list[Reals] = []
    signed: list[Reals] = []
    rows = max(1, _BLOCK_CELLS // len(scores))
    for start in range(0, len(scores), rows):
        own = slice(start, start + rows)
        i, j = np.nonzero(np.arange(len(scores)) > np.arange(len(scores))[own, None])
        i += start
        gap = opinions[i] - opinions[j]
        error = np.sqrt(variance[i] + variance[j])
        certain = np.where(gap == 0, 0.0, np.copysign(np.inf, gap))  # where no vote disagrees
        z = np.divide(gap, error, out=certain, where=error > 0)
        different = ndtr(np.abs(z)) >= DIFFERENT
        moved = scores[i] - scores[j]
        similar.append(np.abs(moved[~different]))
        signed.append((moved * np.sign(gap))[different])
    return np.concatenate(similar), np.concatenate(signed)


def _area(lower: Reals, upper: Reals) -> float | None:
    """Share of (lower, upper) pairs in the right order, ties one half; counted in integers.

    The same as :func:`harness.metrics.thresholds.areas.auroc`, without a vertex for each of
    millions of values.
    """
    import numpy as np

    if not len(lower) or not len(upper):
        return None
    lower, upper = np.sort(lower), np.sort(upper)
    twice = 0
    for side in ("left", "right"):
        for start in range(0, len(upper), _BLOCK_CELLS):
            block = upper[start : start + _BLOCK_CELLS]
            twice += int(np.searchsorted(lower, block, side).sum())
    return twice / (2 * len(lower) * len(upper))
