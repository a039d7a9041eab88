"""Reference methods, written from their sources and not from the harness: widths are held to them.

scipy's quantiles are used, not those of the harness.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from coverage_cases.base import wilson
from harness.metrics.intervals import LEVEL, Interval

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]


def plain_t(values: Reals) -> Interval:
    """Student's t of independent values."""
    n, middle = len(values), float(values.mean())
    half = float(stats.t.ppf((1 + LEVEL) / 2, n - 1) * values.std(ddof=1) / math.sqrt(n))
    return middle - half, middle + half


def cluster_t(values: Reals, clusters: Ints) -> Interval:
    """Student's t of a ratio of cluster totals (Cochran, Sampling Techniques, ch. 6)."""
    middle, n, sums = float(values.mean()), len(values), np.bincount(clusters)
    totals = np.bincount(clusters, values) - values.mean() * sums
    count = len(sums)
    error = math.sqrt(count / (count - 1) * float((totals**2).sum())) / n
    half = float(stats.t.ppf((1 + LEVEL) / 2, count - 1)) * error
    return middle - half, middle + half


def wilson_of(hits: Reals) -> Interval:
    """Wilson's interval of independent hits."""
    return wilson(float(hits.sum()), len(hits))


def wilson_clustered(hits: Reals, clusters: Ints) -> Interval:
    """Wilson's with Student's quantile at n over the design effect (Kish; Dean and Pagano 2015)."""
    n, part, sizes = len(hits), float(hits.mean()), np.bincount(clusters)
    count = len(sizes)
    totals = np.bincount(clusters, hits) - part * sizes
    variance = count / (count - 1) * float((totals**2).sum()) / n**2
    effective = part * (1 - part) / variance if variance > 0 and 0 < part < 1 else float(count)
    effective = min(float(n), max(1.0, effective))
    t = float(stats.t.ppf((1 + LEVEL) / 2, count - 1))
    square = t * t
    middle = (part * effective + square / 2) / (effective + square)
    half = (
        t / (effective + square)
        * math.sqrt(effective * part * (1 - part) + square / 4)
    )  # fmt: skip
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe(lost: int, won: int, n: int, both: int) -> Interval:
    """Newcombe's interval 10 for a paired difference of shares (Statistics in Medicine 17, 1998).

    ``both`` counts items right on both sides; the difference is new minus old.
    """
    new, old, neither = both + won, both + lost, n - both - won - lost
    (low_1, high_1), (low_2, high_2) = wilson(new, n), wilson(old, n)
    one, two = new / n, old / n
    product = float(new) * (n - new) * old * (n - old)
    cross = both * neither - won * lost
    if cross > 0:
        cross = max(cross - n // 2, 0)
    phi = cross / math.sqrt(product) if product else 0.0
    down = (one - low_1) ** 2 - 2 * phi * (one - low_1) * (high_2 - two) + (high_2 - two) ** 2
    up = (two - low_2) ** 2 - 2 * phi * (two - low_2) * (high_1 - one) + (high_1 - one) ** 2
    gap = one - two
    return gap - math.sqrt(max(0.0, down)), gap + math.sqrt(max(0.0, up))


def delong_logit(negatives: Reals, positives: Reals) -> Interval:
    """DeLong's variance of an AUROC on the logit scale; the exact one-sided bound at 0 and 1.

    At the end of the range: the share of positives, or of negatives, that could lie on the other
    side unseen (the rule of three's exact form).
    """
    m, n = len(negatives), len(positives)
    ranks = stats.rankdata(np.concatenate([negatives, positives]))
    below = (ranks[m:] - stats.rankdata(positives)) / m
    above = 1 - (ranks[:m] - stats.rankdata(negatives)) / n
    area = float(below.mean())
    variance = float(below.var(ddof=1) / n + above.var(ddof=1) / m)
    if not 0 < area < 1 or variance <= 0:
        unseen = 1 - (1 - LEVEL) ** (1 / min(m, n))
        return (1 - unseen, 1.0) if area > 0.5 else (0.0, unseen)
    half = 1.959964 * math.sqrt(variance) / (area * (1 - area))
    middle = math.log(area / (1 - area))
    return 1 / (1 + math.exp(half - middle)), 1 / (1 + math.exp(-half - middle))


def ordered_cut(negatives: Reals, positives: Reals, target: float) -> Interval:
    """TPR at an FPR: order statistics bound the cut, Clopper and Pearson the rate above it.

    Hahn and Meeker (1991), joined by Bonferroni's inequality, a quarter of the error each.
    """
    tail = (1 - LEVEL) / 4
    n, ordered = len(negatives), np.sort(negatives)[::-1]
    # The number of negatives above the true cut is binomial.
    fewest = int(stats.binom.ppf(tail, n, target))
    most = int(stats.binom.ppf(1 - tail, n, target))
    top = math.inf if fewest == 0 else float(ordered[fewest - 1])
    bottom = float(ordered[min(most, n - 1)])
    right = len(positives)
    low, high = int((positives > top).sum()), int((positives > bottom).sum())
    start = 0.0 if low == 0 else float(stats.beta.ppf(tail, low, right - low + 1))
    end = 1.0 if high == right else float(stats.beta.ppf(1 - tail, high + 1, right - high))
    return start, end
