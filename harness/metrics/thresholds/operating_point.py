"""TPR at a target FPR, by rank: exact under ties, unchanged by any monotone map of the scores.

Negatives are human texts, positives machine texts, and higher scores mean more likely machine. Of
n negatives the target allows ``k = floor(target n)`` false positives. The cut is the (k+1)-th
largest negative, and a text is flagged when its score is above the cut; so the FPR on those
negatives never exceeds the target. Sources: the empirical ROC (Fawcett 2006); conservative
quantile as in conformal prediction.

Everything is computed for integer weights of the items, one row per bootstrap replicate; a row
of ones gives the point estimate. The cut is thus derived anew in each replicate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


def allowed(target: float, negatives: Any) -> Any:
    """False positives that a target FPR allows: floor(target n), safe from rounding.

    0.29 * 100 is 28.999999999999996 in binary, and 29 are meant. Scalar or array.
    """
    return np.floor(target * np.asarray(negatives, dtype=np.float64) + 1e-9).astype(np.int64)


def resolvable(target: float, negatives: int) -> bool:
    """Whether so many negatives can express the target: at least one false positive is allowed."""
    return bool(allowed(target, negatives) >= 1)


@dataclass(frozen=True, slots=True)
class Cuts:
    """The cut of each replicate: its row in the descending negatives, and the k it comes from.

    ``row`` is -1 where no negative was drawn: then there is no cut. ``values`` are the
    negatives' scores in descending order.
    """

    row: Ints
    k: Ints
    drawn: Ints
    values: Reals

    def above(self, scores: Reals) -> Ints:
        """Per replicate, how many of these descending ``scores`` are above the cut."""
        counts = len(scores) - np.searchsorted(scores[::-1], self.values, side="right")
        return np.where(self.row < 0, 0, np.append(counts, 0)[self.row])


def cuts(scores: Reals, weights: Ints, target: float) -> Cuts:
    """The cut of each replicate from negatives' scores, shape (n,), and weights (replicates, n)."""
    order = np.argsort(-scores, kind="stable")
    counted = np.cumsum(weights[:, order], axis=1)
    drawn = counted[:, -1] if len(scores) else np.zeros(len(weights), dtype=np.int64)
    k = np.asarray(allowed(target, drawn))
    # The first row whose running count exceeds k holds the (k+1)-th largest negative.
    row = np.where(drawn > 0, (counted <= k[:, None]).sum(axis=1), -1)
    return Cuts(row, k, drawn, scores[order])


class Ranked:
    """Some items in descending order of score with their running weights, per replicate."""

    def __init__(self, scores: Reals, weights: Ints) -> None:
        order = np.argsort(-scores, kind="stable")
        self.scores = scores[order]
        zero = np.zeros((len(weights), 1), dtype=np.int64)
        self.counted = np.concatenate([zero, np.cumsum(weights[:, order], axis=1)], axis=1)

    @property
    def total(self) -> Ints:
        """Weight of all, per replicate."""
        return np.asarray(self.counted[:, -1])

    def flagged(self, cut: Cuts) -> Ints:
        """Weight of those above the cut, per replicate."""
        above = cut.above(self.scores)
        return np.asarray(np.take_along_axis(self.counted, above[:, None], axis=1)[:, 0])


@dataclass(frozen=True, slots=True)
class Point:
    """One operating point in integers. ``threshold`` is the smallest score that is flagged.

    ``threshold`` is ``None`` when nothing at hand is flagged. ``ties`` counts the negatives
    whose score equals the cut.
    """

    n_neg: int
    n_pos: int
    k: int
    fp: int
    tp: int
    ties: int
    threshold: float | None


def operating_point(negatives: Reals, positives: Reals, target: float) -> Point:
    """The operating point whose cut comes from the negatives themselves.

    Raises :class:`ValueError` without negatives.
    """
    if not len(negatives):
        raise ValueError("no negatives")
    cut = cuts(negatives, np.ones((1, len(negatives)), dtype=np.int64), target)
    value = cut.values[cut.row[0]]
    everything = np.concatenate([negatives, positives])
    flagged = everything[everything > value]
    return Point(
        n_neg=len(negatives),
        n_pos=len(positives),
        k=int(cut.k[0]),
        fp=int((negatives > value).sum()),
        tp=int((positives > value).sum()),
        ties=int((negatives == value).sum()),
        threshold=float(flagged.min()) if len(flagged) else None,
    )
