"""Tails and quantiles of the beta, binomial and Student distributions.

They are computed here: importing scipy.special takes a fifth of the time that a whole comparison
may take. Tests hold them to scipy's values.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

MOST_DEGREES = 1_000_000
"""Degrees of freedom from which on Student's distribution is the normal one."""

_TINY = 1e-300
_STEPS = 10_000
_MOST_HALVINGS = 400
_SMALL = 1e-9


def binomial_tail(successes: int, trials: int) -> float:
    """P(X <= successes) for X of ``trials`` fair coins."""
    if successes >= trials:
        return 1.0
    return beta_cdf(trials - successes, successes + 1, 0.5)


def beta_cdf(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), for a, b > 0 and 0 <= x <= 1.

    By its continued fraction (DLMF 8.17.22), on the side where it converges fast.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


@lru_cache(maxsize=4096)
def beta_quantile(a: float, b: float, share: float) -> float:
    """The x with I_x(a, b) = ``share``, by Newton's method inside an interval that it narrows.

    A step that leaves the interval, or that follows one of little use, halves it instead.
    """
    low, high = 0.0, 1.0
    x, before = a / (a + b), math.inf
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    for _ in range(_MOST_HALVINGS):
        beyond = beta_cdf(a, b, x) - share
        low, high = (x, high) if beyond < 0 else (low, x)
        density = math.exp(min(700.0, scale + (a - 1) * math.log(x) + (b - 1) * math.log1p(-x)))
        nearer = x - beyond / density if density > _TINY else low
        halved = not low < nearer < high or abs(beyond) > before / 2
        if halved:
            nearer = (low + high) / 2
        # Each of Newton's steps squares the error, so the one after a small one would be none.
        if not low < nearer < high or (not halved and abs(nearer - x) <= _SMALL * min(x, 1 - x)):
            return nearer
        x, before = nearer, abs(beyond)
    return x


def t_tails(t: float, degrees: float) -> float:
    """P(|T| >= |t|) for Student's T, by the beta distribution (Abramowitz and Stegun 26.7.1).

    Right to nine digits below :data:`MOST_DEGREES`, in the far tails too; those of the normal
    distribution stand in beyond, where they differ by a share of about t^4 / 4 degrees.
    """
    if degrees >= MOST_DEGREES:
        return math.erfc(abs(t) / math.sqrt(2))
    if math.isinf(t):
        return 0.0
    if t * t < 1:  # the other side: near 0, degrees / (degrees + t * t) is rounded to 1
        return 1 - beta_cdf(0.5, degrees / 2, t * t / (degrees + t * t))
    return beta_cdf(degrees / 2, 0.5, degrees / (degrees + t * t))


@lru_cache(maxsize=4096)
def t_quantile(level: float, degrees: float) -> float:
    """The t with P(|T| <= t) = ``level``, for ``degrees`` > 0."""
    if degrees >= MOST_DEGREES:
        return NormalDist().inv_cdf((1 + level) / 2)
    return t_beyond(1 - level, degrees)


@lru_cache(maxsize=4096)
def t_beyond(tails: float, degrees: float) -> float:
    """The t with P(|T| >= t) = ``tails``, also for tails that hardly differ from 0."""
    if degrees >= MOST_DEGREES:
        return -NormalDist().inv_cdf(max(tails, _TINY) / 2)
    share = max(beta_quantile(degrees / 2, 0.5, max(tails, _TINY)), _TINY)
    return math.sqrt(degrees * (1 - share) / share)


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction by Lentz's method (Thompson and Barnett 1986)."""
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    value = d = 1 / (d if abs(d) > _TINY else _TINY)
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):  # without a function: a comparison comes here 100,000 times
            d = 1 + term * d
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = 1 + term / c
            if abs(c) <= _TINY:
                c = _TINY
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value
