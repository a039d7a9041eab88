"""Losses beyond a margin: one-sided tests of what the interval of a difference rests on.

A difference is shown to be below a bound where chance makes one so far below it too seldom if the
true one were not. That is the minimum-effect test (Murphy and Myors, Journal of Applied Psychology
84, 1999) with a loss of the margin as its bound; that a loss is *not* so large is read from the
interval's end (Wellek, Testing Statistical Hypotheses of Equivalence and Noninferiority, 2010).
"""

from __future__ import annotations

import math
from statistics import NormalDist

from harness.metrics.intervals import base
from harness.metrics.intervals.base import LEVEL, Interval, Uncertainty
from harness.metrics.intervals.distributions import t_tails
from harness.metrics.intervals.means import unseen

_EXACT = (base.PAIRED_SHARES.name, base.PAIRED_SHARES_CLUSTERED.name)


def below_p(
    sure: Uncertainty, value: float, bound: float, *, sign: int = 1, level: float = LEVEL
) -> float | None:
    """One-sided p that a difference is at ``bound`` (at most 0) or above, given a paired interval.

    ``sign`` is -1 where the difference has to be turned before it is held against the bound. Shares
    are tested by Bonett and Price's interval, and by the exact test that they differ at all, which
    the larger p is of. ``None`` without an interval.
    """
    if sure.interval is None:
        return None
    if sure.method == base.SAME_FILE.name:
        return 1.0
    if sure.error is None or sure.centre is None:
        return _alike(sure, value, bound, sign, level)
    p = _upper((bound - sign * sure.centre) / sure.error, sure.degrees)
    if sure.method not in _EXACT or sure.p is None:
        return p
    return max(p, sure.p / 2) if sign * value < 0 else max(p, 0.5)


def apart_p(
    old: tuple[float, Interval], new: tuple[float, Interval], margin: float, *, level: float = LEVEL
) -> float | None:
    """One-sided p that ``new`` is no more than ``margin`` below ``old``, from their own intervals.

    The two are taken for independent, which is too careful where both saw the same items. ``None``
    unless the whole interval of the one lies more than the margin below that of the other, and
    where an interval has no width, which tells nothing.
    """
    (before, (low, _)), (after, (_, high)) = old, new
    if high >= low - margin or before <= low or after >= high:
        return None
    error = math.hypot(before - low, high - after) / NormalDist().inv_cdf((1 + level) / 2)
    return _upper((before - after - margin) / error, math.inf)


def _upper(t: float, degrees: float) -> float:
    tail = t_tails(t, degrees) / 2
    return tail if t >= 0 else 1 - tail


def _alike(sure: Uncertainty, value: float, bound: float, sign: int, level: float) -> float:
    """All units show one value: the chance of that where just enough do not for the bound."""
    assert sure.interval is not None
    gain, high = sign * value, max(sign * end for end in sure.interval)
    if gain >= bound:
        return 1.0
    reach = (high - gain) / unseen(sure.units, level)  # to the end of the range
    other = min(1.0, (bound - gain) / reach) if reach > 0 else 1.0
    return float((1 - other) ** sure.units)
