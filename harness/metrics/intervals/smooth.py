"""Smooth figures of whole sets of items: by leaving out one unit, or from bootstrap replicates.

Either gives a standard error on a scale where the figure's distribution is nearly symmetric, and
Student's t over the units does the rest. Differences are taken unit by unit, on the plain scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import base
from harness.metrics.intervals.base import LEVEL, TOLERANCE, Method, Uncertainty, by
from harness.metrics.intervals.distributions import t_quantile, t_tails
from harness.metrics.intervals.means import Range, alike_p, differing, logistic, unseen

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

_EDGE = 1e-9
_MOST = 700.0  # exp of more is beyond floats


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale to make intervals on, the open range in which it is defined, and its slope there."""

    name: str
    low: float
    high: float
    to: Callable[[Reals], Reals]
    back: Callable[[float], float]
    slope: Callable[[float], float]

    def reached(self, values: Reals) -> bool:
        """Whether one of the values is at an end of the range, up to rounding."""
        return bool(((values <= self.low + _EDGE) | (values >= self.high - _EDGE)).any())


def _logit(x: Reals) -> Reals:
    return np.asarray(np.log(x / (1 - x)))


def _exp(x: float) -> float:
    return math.exp(min(x, _MOST))


def _sinh(x: float) -> float:
    return math.sinh(min(max(x, -_MOST), _MOST))


def _steep(r: float) -> float:
    return 1 / ((1 - r) * (1 + r))


LOGIT = Scale("logit", 0.0, 1.0, _logit, logistic, lambda x: 1 / (x * (1 - x)))
LOG = Scale("log", 0.0, math.inf, lambda x: np.asarray(np.log(x)), _exp, lambda x: 1 / x)
FISHER_Z = Scale("Fisher's z", -1.0, 1.0, lambda x: np.asarray(np.arctanh(x)), math.tanh, _steep)
PLAIN = Scale("plain", -math.inf, math.inf, lambda x: x, float, lambda _: 1.0)


def jackknife_error(deleted: Reals, times: Ints | None = None) -> float:
    """Standard error from the figure's values without each unit in turn (Tukey 1958).

    ``times`` says of how many units each of the values is, one where it is ``None``.
    """
    many = np.ones(len(deleted), dtype=np.int64) if times is None else times
    n = int(many.sum())
    squares = many * (deleted - float((many * deleted).sum()) / n) ** 2
    return math.sqrt((n - 1) / n * float(squares.sum()))


def jackknife(
    value: float,
    deleted: Reals,
    *,
    scale: Scale = PLAIN,
    limits: Range = (None, None),
    what: str = "classes",
    level: float = LEVEL,
    times: Ints | None = None,
) -> Uncertainty:
    """The interval of a figure from its values without each of the units, shape (units,).

    With ``times`` each value stands for so many units that change the figure alike.
    """
    units = len(deleted) if times is None else int(times.sum())
    if units < 2 or np.isnan(deleted).any():
        return base.none(units, f"undefined without one of the {what}")
    return _made(value, deleted, base.JACKKNIFE, units, scale, limits, what, level,
                 partial(jackknife_error, times=times))  # fmt: skip


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
    """The difference of two figures, each with its values without each of the same units.

    Of positive figures the ratio is looked at too, whose logarithm is nearer to symmetric where a
    figure is skewed, as a variance of few classes is; the less sure of both is what is given.
    """
    deleted = new[1] - old[1]
    units = len(deleted)
    if units < 2 or np.isnan(deleted).any():
        return base.none(units, f"undefined without one of the {what}")
    found = _differing(new[0] - old[0], jackknife_error(deleted), base.JACKKNIFE, units, limits,
                       what, level)  # fmt: skip
    if min(old[0], new[0], float(old[1].min()), float(new[1].min())) <= 0:
        return found
    error = jackknife_error(np.log(new[1]) - np.log(old[1]))
    if error <= TOLERANCE:
        return found
    ratio = math.log(new[0]) - math.log(old[0])
    half = t_quantile(level, units - 1) * error
    # At the geometric mean of both, so that the sides may be exchanged.
    scale = 2 * math.sqrt(old[0] * new[0])
    ends = scale * _sinh((ratio - half) / 2), scale * _sinh((ratio + half) / 2)
    return found.or_wider(ends, t_tails(ratio / error, units - 1)).within(*_both(limits))


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
    plain = error_of(values)
    if not scale.low < value < scale.high or plain <= TOLERANCE:
        return _degenerate(value, units, limits, what, level)
    # At an end of the scale a value is infinitely far: there the slope carries the error over.
    error = plain * scale.slope(value) if scale.reached(values) else error_of(scale.to(values))
    middle = float(scale.to(np.array([value]))[0])
    half = t_quantile(level, units - 1) * error
    ends = scale.back(middle - half), scale.back(middle + half)
    return by(method, ends, units, what=what).within(*limits)


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
    both = _both(limits)
    if error > TOLERANCE:
        return differing(
            value, error, units - 1, method, units, what=what, level=level
        ).within(*both)  # fmt: skip
    found = _degenerate(value, units, both, what, level)
    p = alike_p(value, both, units)
    return Uncertainty(found.interval, found.method, units, found.rough, found.reason, p)


def _both(limits: Range) -> Range:
    """The range of a difference of two values of a range."""
    low, high = limits
    return (None, None) if low is None or high is None else (low - high, high - low)
