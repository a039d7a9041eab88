"""TPR at a target FPR, by rank: exact under ties, unchanged by any monotone map of the scores.

Negatives are human texts, positives machine texts, and higher scores mean more likely machine. Of
n negatives the target allows ``k = floor(target n)`` false positives. The cut is the (k+1)-th
largest negative, and a text is flagged when its score is above the cut; so the FPR on those
negatives never exceeds the target. Source: the empirical ROC (Fawcett 2006).

A cut for other texts is ``conformal``: ``k = floor(target (n + 1)) - 1``, so that a new negative,
exchangeable with the n, is above it with a chance of (k + 1) / (n + 1) at most, which is no more
than the target. Source: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World (2005).

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


def allowed(target: float, negatives: Any, *, conformal: bool = False) -> Any:
    """False positives that a target FPR allows: floor(target n), safe from rounding.

    0.29 * 100 is 28.999999999999996 in binary, and 29 are meant. Scalar or array. ``conformal``
    is for a cut that is applied to other texts: floor(target (n + 1)) - 1, but never below 0.
    """
    return np.maximum(_whole_share(target, negatives, conformal) - int(conformal), 0)


def resolvable(target: float, negatives: int, *, conformal: bool = False) -> bool:
    """Whether so many negatives can express the target.

    For a cut on themselves at least one false positive is to be allowed; a ``conformal`` cut has
    to have an expected FPR of at most the target, as that above all negatives may.
    """
    return bool(_whole_share(target, negatives, conformal) >= 1)


def _whole_share(target: float, negatives: Any, conformal: bool) -> Any:
    count = np.asarray(negatives, dtype=np.float64) + int(conformal)
    return np.floor(target * count + 1e-9).astype(np.int64)


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


def cuts(scores: Reals, weights: Ints, target: float, *, conformal: bool = False) -> Cuts:
    """The cut of each replicate from negatives' scores, shape (n,), and weights (replicates, n)."""
    order = np.argsort(-scores, kind="stable")
    counted = np.cumsum(weights[:, order], axis=1)
    drawn = counted[:, -1] if len(scores) else np.zeros(len(weights), dtype=np.int64)
    k = np.asarray(allowed(target, drawn, conformal=conformal))
    # The first row whose running count exceeds k holds the (k+1)-th largest negative.
    row = np.where(drawn > 0, (counted <= k[:, None]).sum(axis=1), -1)
    return Cuts(row, k, drawn, scores[order])


def cut_of(scores: Reals, target: float, *, conformal: bool = False) -> float:
    """The cut that negatives give: scores above it are flagged.

    Raises :class:`ValueError` without negatives.
    """
    if not len(scores):
        raise ValueError("no negatives")
    k = int(allowed(target, len(scores), conformal=conformal))
    return float(np.partition(scores, len(scores) - 1 - k)[len(scores) - 1 - k])


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


def operating_point(
    negatives: Reals, positives: Reals, target: float, *, conformal: bool = False
) -> Point:
    """The operating point whose cut comes from the negatives: their own, or one for other texts.

    Raises :class:`ValueError` without negatives.
    """
    value = cut_of(negatives, target, conformal=conformal)
    everything = np.concatenate([negatives, positives])
    flagged = everything[everything > value]
    return Point(
        n_neg=len(negatives),
        n_pos=len(positives),
        k=int(allowed(target, len(negatives), conformal=conformal)),
        fp=int((negatives > value).sum()),
        tp=int((positives > value).sum()),
        ties=int((negatives == value).sum()),
        threshold=float(flagged.min()) if len(flagged) else None,
    )
