"""How many groups would tell: those at which a comparison like this one would give a verdict.

It is asked of the verdicts themselves: if the difference that was seen is the true one, how often
would so many new groups show a loss beyond the margin, or exclude one? That takes more than an
interval that is as narrow as the difference is far from the margin, which would do so every other
time.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from harness.compare.deltas import Delta
from harness.metrics.intervals import LEVEL
from harness.metrics.intervals.base import PAIRED_SHARES, PAIRED_SHARES_CLUSTERED
from harness.metrics.intervals.distributions import t_quantile

ALPHA = 0.05
"""What a two-sided adjusted p may be, at most; half of it for one side: a loss, or a gain."""

POWER = 0.8
"""How often the number that is named would tell, if the difference is the one that was seen."""

MOST_TIMES = 10_000
"""Beyond so many times the groups there are, no number is named."""

SHARES = (PAIRED_SHARES.name, PAIRED_SHARES_CLUSTERED.name)

_NORMAL = NormalDist()


def groups_needed(delta: Delta) -> int | None:
    """Groups with which a verdict would come in :data:`POWER` of all cases, or ``None``.

    The standard error shrinks with the root of the number of groups. It is an estimate itself: its
    upper 80 % bound is taken (Browne, Statistics in Medicine 14, 1995), or the number would be too
    small more often than too large.
    """
    if delta.interval is None or not delta.n or delta.gain is None:
        return None
    half = (delta.interval[1] - delta.interval[0]) / 2
    units = max(2, delta.units or delta.n)
    is_share = delta.method in SHARES  # whose interval is by the normal distribution
    error = half / (_NORMAL.inv_cdf((1 + LEVEL) / 2) if is_share else t_quantile(LEVEL, units - 1))
    error *= 1 + _NORMAL.inv_cdf(POWER) / math.sqrt(2 * (units - 1))
    if not error:
        return None
    low = high = max(delta.n + 1, _flips_needed(delta) if is_share else 0)
    while _told(delta, error, units, high) < POWER:
        low, high = high, 2 * high
        if high > MOST_TIMES * delta.n:
            return None
    while low < high:
        middle = (low + high) // 2
        if _told(delta, error, units, middle) < POWER:
            low = middle + 1
        else:
            high = middle
    return high


def _flips_needed(delta: Delta) -> int:
    """Groups with as many flips, all of one kind, as an exact test takes to prove anything."""
    flips = math.ceil(math.log2(2 * delta.family / ALPHA))
    return math.ceil(flips / abs(delta.gain)) if delta.gain else 0


def _told(delta: Delta, error: float, units: int, n: int) -> float:
    """Chance of a verdict from ``n`` groups, where the gain that was seen is the true one.

    Better takes as much as not worse does, or more, so a verdict is one of worse and not worse.
    """
    gain, times = delta.gain or 0.0, n / delta.n
    error, degrees = error / math.sqrt(times), units * times - 1
    shown = _quantile(1 - ALPHA / (2 * delta.family), degrees) * error
    wide = _quantile((1 + LEVEL) / 2, degrees) * error
    spread = NormalDist(gain, error)
    return spread.cdf(-delta.margin - shown) + 1 - spread.cdf(-delta.margin + wide)


def _quantile(share: float, degrees: float) -> float:
    """Student's quantile from the normal one (Fisher and Cornish 1960), close from 10 degrees."""
    z = _NORMAL.inv_cdf(share)
    return z * (1 + (z * z + 1) / (4 * degrees))
