"""Smooth figures of whole sets of items: by leaving out one unit, or from bootstrap replicates.

Either gives a standard error on a scale where the figure's distribution is nearly symmetric, and
Student's t over the units does the rest. Differences are taken unit by unit, on the plain scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import base
from harness.metrics.intervals.base import LEVEL, TOLERANCE, Method, Uncertainty, by
from harness.metrics.intervals.distributions import t_quantile
from harness.metrics.intervals.means import Range, alike_p, differing, logistic, unseen

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale to make intervals on, and the open range in which it is defined."""

    name: str
    low: float
    high: float
    to: Callable[[Reals], Reals]
    back: Callable[[float], float]


def _logit(x: Reals) -> Reals:
    return np.asarray(np.log(x / (1 - x)))


LOGIT = Scale("logit", 0.0, 1.0, _logit, logistic)
LOG = Scale("log", 0.0, math.inf, lambda x: np.asarray(np.log(x)), math.exp)
FISHER_Z = Scale("Fisher's z", -1.0, 1.0, lambda x: np.asarray(np.arctanh(x)), math.tanh)
PLAIN = Scale("plain", -math.inf, math.inf, lambda x: x, float)


def jackknife_error(deleted: Reals) -> float:
    """Standard error from the figure's values without each unit in turn (Tukey 1958)."""
    n = len(deleted)
    return math.sqrt((n - 1) / n * float(((deleted - deleted.mean()) ** 2).sum()))


def jackknife(
    value: float,
    deleted: Reals,
    *,
    scale: Scale = PLAIN,
    limits: Range = (None, None),
    what: str = "classes",
    level: float = LEVEL,
) -> Uncertainty:
    """The interval of a figure from its values without each of the units, shape (units,)."""
    if len(deleted) < 2 or np.isnan(deleted).any():
        return base.none(len(deleted), f"undefined without one of the {what}")
    return _made(value, deleted, base.JACKKNIFE, len(deleted), scale, limits, what, level,
                 jackknife_error)  # fmt: skip


def drawn(
    value: float,
    replicates: Reals,
    units: int,
    *,
    method: Method = base.BOOTSTRAP_T,
    scale: Scale = PLAIN,
    limits: Range = (None, None),
    what: str = "units",
    level: float = LEVEL,
) -> Uncertainty:
    """The interval of a figure from its bootstrap replicates over so many units (NaN left out)."""
    kept = replicates[~np.isnan(replicates)]
    if units < 2:
        return base.none(units, base.FEW_CLUSTERS)
    if len(kept) < 2:
        return base.none(units, "undefined in every replicate")
    return _made(value, kept, method, units, scale, limits, what, level, deviation)


def paired_jackknife(
    old: tuple[float, Reals],
    new: tuple[float, Reals],
    *,
    limits: Range = (None, None),
    what: str = "classes",
    level: float = LEVEL,
) -> Uncertainty:
    """The difference of two figures, each with its values without each of the same units."""
    deleted = new[1] - old[1]
    units = len(deleted)
    if units < 2 or np.isnan(deleted).any():
        return base.none(units, f"undefined without one of the {what}")
    return _differing(new[0] - old[0], jackknife_error(deleted), base.JACKKNIFE, units, limits,
                      what, level)  # fmt: skip


def paired_drawn(
    old: tuple[float, Reals],
    new: tuple[float, Reals],
    units: int,
    *,
    limits: Range = (None, None),
    what: str = "units",
    level: float = LEVEL,
) -> Uncertainty:
    """The difference of two figures from replicates that were drawn alike for both."""
    difference = new[1] - old[1]
    kept = difference[~np.isnan(difference)]
    if units < 2:
        return base.none(units, base.FEW_CLUSTERS)
    if len(kept) < 2:
        return base.none(units, "undefined in every replicate")
    return _differing(new[0] - old[0], deviation(kept), base.BOOTSTRAP_T, units, limits, what,
                      level)  # fmt: skip


def deviation(values: Reals) -> float:
    """Standard deviation of replicates."""
    return float(np.std(values, ddof=1))


def _made(
    value: float,
    values: Reals,
    method: Method,
    units: int,
    scale: Scale,
    limits: Range,
    what: str,
    level: float,
    error_of: Callable[[Reals], float],
) -> Uncertainty:
    inside = scale.low < value < scale.high
    at = scale.to(_into(values, scale)) if inside else values
    error = error_of(at)
    if not inside or error <= TOLERANCE:
        return _degenerate(value, units, limits, what, level)
    middle = float(scale.to(np.array([value]))[0])
    half = t_quantile(level, units - 1) * error
    ends = scale.back(middle - half), scale.back(middle + half)
    return by(method, ends, units, what=what).within(*limits)


def _into(values: Reals, scale: Scale) -> Reals:
    """Values moved off the ends of a scale, by less than any figure of theirs means."""
    if math.isinf(scale.high) and math.isinf(scale.low):
        return values
    edge = 1e-9
    high = scale.high if math.isinf(scale.high) else scale.high - edge
    return np.clip(values, scale.low + edge, high)


def _degenerate(value: float, units: int, limits: Range, what: str, level: float) -> Uncertainty:
    """A figure at the end of its range, or one that no unit moves: what was not seen may."""
    low, high = limits
    if low is None or high is None:
        return base.none(units, f"none of the {what} moves it, and its range is unbounded")
    other = unseen(units, level)
    ends = value - other * (value - low), value + other * (high - value)
    return by(base.ALIKE, ends, units, what=what, rough=f"none of the {units} {what} moves it")


def _differing(
    value: float,
    error: float,
    method: Method,
    units: int,
    limits: Range,
    what: str,
    level: float,
) -> Uncertainty:
    low, high = limits
    both: Range = (None, None) if low is None or high is None else (low - high, high - low)
    if error > TOLERANCE:
        return differing(
            value, error, units - 1, method, units, what=what, level=level
        ).within(*both)  # fmt: skip
    found = _degenerate(value, units, both, what, level)
    p = alike_p(value, both, units)
    return Uncertainty(found.interval, found.method, units, found.rough, found.reason, p)
