"""How sure the share of positives is that are above a cut which negatives give.

Replicates draw the cut anew. That is enough from five false positives on; with fewer the highest
negatives are too few to draw from, and where items are independent their order says how far the
population's cut may be from that of the sample, whatever the distribution of the scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import base
from harness.metrics.intervals.base import LEVEL, Interval, Uncertainty, by
from harness.metrics.intervals.distributions import beta_cdf
from harness.metrics.intervals.shares import clopper_pearson, share_of_counts

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

FEWEST = 5
"""Clusters with a false positive at a cut below which replicates of the cut say too little."""


@dataclass(frozen=True)
class Source:
    """The negatives that give a cut, from the highest score down, and each one's cluster number.

    ``allowed`` of them are above the population's cut on average, floor(target n), and at most
    ``k`` above the cut that they give.
    """

    scores: Reals
    clusters: Ints
    target: float
    allowed: int
    k: int

    @cached_property
    def resting(self) -> int:
        """Clusters that the target allows a false positive each, were clusters to move as one.

        Counted from the design, not from the draw: highest negatives that happen to be of many
        clusters are those of a cut that is too low.
        """
        return self.allowed * len(self.distinct) // max(len(self.scores), 1)

    @cached_property
    def distinct(self) -> frozenset[int]:
        """The clusters that the negatives are of."""
        return frozenset(self.clusters.tolist())

    @property
    def clustered(self) -> bool:
        """Whether any two negatives are of one cluster."""
        return len(self.distinct) < len(self.clusters)


@dataclass(frozen=True, slots=True)
class Flagged:
    """The positives: by cluster how many are above their cut and how many there are in all.

    Both have shape (clusters,), clusters without a positive included.
    """

    right: Ints
    sizes: Ints

    @classmethod
    def of(cls, above: NDArray[np.bool_], clusters: Ints, count: int) -> Flagged:
        """From each positive's cluster number and whether it is above; ``count`` clusters."""
        right = np.bincount(clusters[above], minlength=count)
        return cls(right, np.bincount(clusters, minlength=count))

    @property
    def units(self) -> int:
        """Clusters with a positive."""
        return int((self.sizes > 0).sum())

    @property
    def clustered(self) -> bool:
        """Whether any two positives are of one cluster."""
        return bool((self.sizes > 1).any())


def thresholded_rate(
    sources: Sequence[Source],
    flagged: Flagged,
    positives: Reals,
    redrawn: Interval | None,
    *,
    level: float = LEVEL,
) -> Uncertainty:
    """The interval of the share of positives above their cut, of one cut or of several together.

    ``positives`` are their scores, ``redrawn`` the percentiles of the share in replicates that
    draw positives and cuts anew, ``None`` where it is undefined in all of them. At neither end is
    the interval narrower than that of a share at the cut as it is.
    """
    units = units_of(sources, flagged)
    if units < 2:
        return base.none(units, base.FEW_CLUSTERS)
    alone = len(sources) == 1 and not sources[0].clustered and not flagged.clustered
    if alone and sources[0].resting < FEWEST:
        return by(base.ORDERED_CUT, ordered(sources[0], positives, level=level), units)
    if redrawn is None:
        return base.none(units, "undefined in every replicate")
    ends = redrawn
    fixed = share_of_counts(flagged.right, flagged.sizes, level=level).interval
    if fixed is not None:
        ends = min(redrawn[0], fixed[0]), max(redrawn[1], fixed[1])
    return by(base.REDRAWN_CUT, ends, units, what="clusters", rough=rests_on(sources))


def units_of(sources: Sequence[Source], flagged: Flagged) -> int:
    """Clusters of the positives or of the negatives, whichever are fewer."""
    negatives = frozenset[int]().union(*(source.distinct for source in sources))
    return min(len(negatives), flagged.units)


def rests_on(sources: Sequence[Source]) -> str | None:
    """What is to be said where a cut rests on few false positives, or on few clusters of them."""
    least = min(sources, key=lambda source: source.resting, default=None)
    if least is None or least.resting >= FEWEST:
        return None
    which, plural = "the" if len(sources) == 1 else "a", "" if least.k == 1 else "s"
    said = f"{which} cut rests on {least.k or 'no'} false positive{plural}"
    return said + f" among {len(least.distinct)} clusters" * (least.allowed >= FEWEST)


def lowest(plain: Sequence[Uncertainty], wider: Sequence[Uncertainty]) -> Uncertainty:
    """The interval of the lowest of several rates, from each one's at the level and at a higher.

    The lowest is one of them, so it is not below the lowest of their lower ends; and as it is at
    most every one of them, it is not above the lowest of their upper ends, which are for the error
    divided by their number (Bonferroni; ``wider``). Rough where one of them is.
    """
    units = min(part.units for part in plain)
    pairs = zip(plain, wider, strict=True)
    known = [(a.interval, b.interval) for a, b in pairs if a.interval and b.interval]
    if len(known) < len(plain):
        return base.none(units, next(part.reason for part in plain if part.reason))
    ends = min(low[0] for low, _ in known), min(high[1] for _, high in known)
    rough = next((part.rough for part in plain if part.rough), None)
    return by(base.REDRAWN_CUT, ends, units, what="clusters", rough=rough)


def ordered(source: Source, positives: Reals, *, level: float = LEVEL) -> Interval:
    """The interval from two order statistics of independent negatives, for independent positives.

    With a quarter of the error each, the population's cut is above the one and below the other,
    and the shares of positives above these are not beyond Clopper and Pearson's ends. Ties of
    negatives make it wider than it need be, never narrower.
    """
    tail = (1 - level) / 4
    high, low = ranks(len(source.scores), source.target, tail)
    count = len(positives)
    fewest = int((positives > source.scores[high - 1]).sum()) if high else 0
    most = int((positives > source.scores[low - 1]).sum()) if low else count
    return (
        clopper_pearson(fewest, count, level=1 - 2 * tail)[0],
        clopper_pearson(most, count, level=1 - 2 * tail)[1],
    )


def ranks(n: int, target: float, tail: float) -> tuple[int, int]:
    """Ranks from the highest of n down: the cut of FPR ``target`` is below the one, with the error
    ``tail``, and at or above the other, with the same. 0 where no rank is that sure.

    As many of n are above the population's cut as a binomial variable of n and the target says:
    the cut is above rank u if fewer than u are, and below rank l if l are or more.
    """  # fmt: skip
    high = 0
    while high < n and 1 - _at_least(high + 1, n, target) <= tail:
        high += 1
    low = high + 1
    while low <= n and _at_least(low, n, target) > tail:
        low += 1
    return high, low if low <= n else 0


def _at_least(count: int, n: int, share: float) -> float:
    """P(X >= count) for X binomial of n and ``share``, count from 1 on."""
    return beta_cdf(count, n - count + 1, share)
