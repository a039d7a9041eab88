"""Families of comparisons: what is claimed of many of them together.

Systems are ranked by all their pairs at once. A pair is told apart only where its difference is
larger than chance makes the largest of all of them, so that with probability ``level`` no two
systems of the whole family are told apart in the wrong order, and every rank lies in its range.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals.base import LEVEL, TOLERANCE
from harness.metrics.intervals.bootstrap import Bootstrap
from harness.metrics.intervals.distributions import t_beyond

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

STEPS = 1 << 24
"""Values are rounded to so many steps: then sums are exact, whatever order they are made in."""

FEWEST_BEYOND = 10
"""Draws beyond a quantile, at least, for them to tell where it lies."""


def holm(values: Sequence[float | None]) -> list[float | None]:
    """Step-down adjusted p values, in the order given; ``None`` stays ``None`` and counts not.

    Source: Holm, Scandinavian Journal of Statistics 6 (1979).
    """
    known = sorted((p, i) for i, p in enumerate(values) if p is not None)
    adjusted: list[float | None] = [None] * len(values)
    running = 0.0
    for rank, (p, index) in enumerate(known):
        running = max(running, min(1.0, p * (len(known) - rank)))
        adjusted[index] = running
    return adjusted


def benjamini_hochberg(values: Sequence[float | None]) -> list[float | None]:
    """Step-up adjusted p values, in the order given; ``None`` stays ``None`` and counts not.

    Of all that are at most a level, the share that is wrong is at most that level on average, where
    the p are independent or depend on each other positively. Of any one nothing is promised.

    Sources: Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995); Benjamini
    and Yekutieli, Annals of Statistics 29 (2001), for dependent p.
    """
    known = sorted((p, i) for i, p in enumerate(values) if p is not None)
    adjusted: list[float | None] = [None] * len(values)
    running = 1.0
    for rank in range(len(known), 0, -1):
        p, index = known[rank - 1]
        running = min(running, p * len(known) / rank)
        adjusted[index] = running
    return adjusted


def influences(values: Reals, clusters: Ints | None = None, *, most: int = 1000) -> Reals:
    """What each independent unit adds to the mean of ``values``, beyond its part: they sum to 0.

    ``values`` (n,) hold NaN where a group has none; groups of one cluster are one unit. Beyond
    ``most`` units, some are taken as one; those stay independent of the others.
    """
    there = ~np.isnan(values)
    count = int(there.sum())
    if not count:
        return np.zeros(0)
    middle = math.fsum(values[there].tolist()) / count
    parts = np.where(there, values - middle, 0.0) / count
    codes = np.arange(len(parts)) if clusters is None else clusters
    units = int(codes.max()) + 1
    sums = np.bincount(codes % most, parts, minlength=min(units, most))
    return sums.astype(np.float64)


def jackknife_influences(deleted: Reals) -> Reals:
    """The same of a figure from its values without one unit each (Efron and Stein 1981)."""
    n = len(deleted)
    return np.asarray((n - 1) / n * (deleted.mean() - deleted))


def deviations(influence: Reals, *, replicates: int = 1000, stream: int = 0) -> Reals:
    """How far bootstrap replicates of figures lie from them: (systems, units) -> (systems, draws).

    To first order, which is exact for means over units of equal size. Draws depend on the number
    of units and on ``stream``, so those of systems on the same units pair.
    """
    systems, units = influence.shape
    found = np.zeros((systems, replicates))
    top = float(np.abs(influence).max(initial=0.0))
    if not top or units < 2:
        return found
    step = 2.0 ** math.ceil(math.log2(top)) / STEPS
    whole = np.rint(influence / step)
    bootstrap = Bootstrap([f"{unit:07d}" for unit in range(units)], replicates=replicates,
                          stream=stream)  # fmt: skip
    done = 0
    for counts in bootstrap.counts():
        # Whole numbers, their sums below 2 ** 53: this product is exact in any order.
        found[:, done : done + len(counts)] = whole @ counts.T.astype(np.float64)
        done += len(counts)
    return found * (step * math.sqrt(units / (units - 1)))


def told_apart(values: Reals, drawn: Reals, *, units: int, level: float = LEVEL) -> Mask:
    """Which systems are proven better than which: [i, j] tells that i is better than j.

    ``values`` (systems,) are turned so that more is better; ``drawn`` (systems, draws) are what
    :func:`deviations` gives, or bootstrap replicates of equal draws. The largest |t| over all
    pairs in each draw gives the critical value of errors that are known; those of so few ``units``
    are not, so it is replaced by Student's t with the same tails, or a little less: it lies so far
    out that one factor for all levels would be too small. Levels that the draws do not resolve go
    by Bonferroni. A pair whose difference never varies is not told apart.

    Source: Romano and Wolf, Journal of the American Statistical Association 100 (2005), single
    step; Mogstad, Romano, Shaikh and Wilhelm, Review of Economic Studies 91 (2024), for ranks.
    """
    systems = len(values)
    apart = np.zeros((systems, systems), dtype=np.bool_)
    if systems < 2 or units < 2:
        return apart
    errors, largest = _pairs(drawn - drawn.mean(axis=1, keepdims=True))
    critical = t_beyond(_tails(largest, systems * (systems - 1) // 2, units, level), units - 1)
    gaps = values[:, None] - values[None, :]
    known = errors > TOLERANCE
    apart[known] = gaps[known] > critical * errors[known]
    return apart


def _tails(largest: Reals, pairs: int, units: int, level: float) -> float:
    """P(|T| >= t) of one pair at the critical value t, from the largest |t| of each draw.

    Errors are estimated for each pair by itself, with a variance of about 1 / (2 units) on the
    scale of their logarithm (and as much for the draws), so pairs go beyond a value c on their own
    more often than together, by a share of c^4 / 4 units. Bonferroni allows for all there can be.
    """
    each = (1 - level) / pairs
    if (1 - level) * len(largest) < FEWEST_BEYOND:
        return each
    normal = float(np.quantile(largest, level))
    share = normal**4 / 4 * (1 / (units - 1) + 1 / len(largest))
    return max(each, math.erfc(normal / math.sqrt(2)) / (1 + share))


def _pairs(drawn: Reals) -> tuple[Reals, Reals]:
    """Standard errors of all differences, (systems, systems), and the largest |t| of each draw."""
    systems, draws = drawn.shape
    errors = np.zeros((systems, systems))
    largest = np.zeros(draws)
    for one in range(systems - 1):
        difference = drawn[one + 1 :] - drawn[one]
        error = np.sqrt(np.einsum("ij,ij->i", difference, difference) / (draws - 1))
        errors[one, one + 1 :] = errors[one + 1 :, one] = error
        known = error > TOLERANCE
        np.abs(difference, out=difference)
        difference *= np.where(known, 1 / np.where(known, error, 1.0), 0.0)[:, None]
        np.maximum(largest, difference.max(axis=0), out=largest)
    return errors, largest


def told_apart_by_intervals(
    values: Reals, low: Reals, high: Reals, *, pairs: int, level: float = LEVEL
) -> Mask:
    """The same from intervals alone, as of independent figures, by Bonferroni over ``pairs``.

    Where figures rest on the same items, that is cautious. Half an interval stands for so many
    standard errors; NaN marks a system without one, which is not told apart from any.
    """
    normal = NormalDist()
    times = normal.inv_cdf(1 - (1 - level) / (2 * max(1, pairs))) / normal.inv_cdf((1 + level) / 2)
    gaps = values[:, None] - values[None, :]
    below, above = (values - low) ** 2, (high - values) ** 2
    with np.errstate(invalid="ignore"):
        return np.asarray(gaps > times * np.sqrt(below[:, None] + above[None, :]))


def rank_ranges(apart: Mask) -> list[tuple[int, int]]:
    """Best and worst rank of each system, from 1, by which are proven better than which."""
    best = 1 + apart.sum(axis=0)
    worst = len(apart) - apart.sum(axis=1)
    return list(zip(best.tolist(), worst.tolist(), strict=True))
