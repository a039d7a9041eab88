"""The monotone map from scores to opinion scores: a four-parameter logistic that never hides.

f(x) = b2 + (b1 - b2) / (1 + exp(-(x - b3) / |b4|)), as in VQEG's reports (2000), with b1 >= b2.
Both variables are standardised, |b4| is exp(s), and six starts are tried, because single starts
stop at local optima or fail on a seventh of real sets. The fit is never worse than a straight
line, and a correlation of the wrong sign is never made good.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.opinion.correlation import middle_ranks, pearson

Reals = NDArray[np.float64]

STARTS = tuple((b3, s) for b3 in (-1.0, 0.0, 1.0) for s in (-1.0, 0.5))
"""Middle and log width of each start, in standard deviations."""

MOST_EVALUATIONS = 1000


@dataclass(frozen=True, slots=True)
class Fit:
    """A map and what it gives. ``status`` is ``logistic``, ``linear`` or ``none``.

    ``parameters``: b1, b2, b3, b4 of the logistic; slope and intercept of the line; empty for
    none. ``fitted`` are the mapped scores, ``None`` without a map. ``reason`` says why it is not
    logistic.
    """

    status: str
    parameters: tuple[float, ...]
    fitted: Reals | None
    reason: str | None


def logistic(x: Reals, b1: float, b2: float, b3: float, b4: float) -> Reals:
    """The map with its parameters on the scores' own units."""
    from scipy.special import expit

    return np.asarray(b2 + (b1 - b2) * expit((x - b3) / abs(b4)))


def fit_logistic(scores: Reals, opinions: Reals) -> Fit:
    """Fit opinions on scores, both oriented so that higher is better, neither constant."""
    plain = pearson(scores, opinions)
    ranked = pearson(middle_ranks(scores), middle_ranks(opinions))
    if min(plain, ranked) <= 0:  # either one: an outlier can give PLCC a sign of its own
        return Fit("none", (), None, "the correlation has the wrong sign, which no map makes good")
    with np.errstate(over="ignore", invalid="ignore"):
        spread = float(scores.std())
    if not np.finfo(np.float64).tiny < spread < np.inf:
        return Fit("none", (), None, "the scores are too large or too near to 0 to fit a map")
    x, y = _standard(scores), _standard(opinions)
    best = _best(x, y)
    if best is None or pearson(_map(best, x), y) < plain:
        why = "no start converged" if best is None else "no logistic is better than the line"
        return _line(scores, opinions, why)
    b1, b2, b3, s = best
    parameters = (
        float(opinions.mean() + opinions.std() * b1),
        float(opinions.mean() + opinions.std() * b2),
        float(scores.mean() + scores.std() * b3),
        float(scores.std() * np.exp(s)),
    )
    return Fit("logistic", parameters, logistic(scores, *parameters), None)


def _best(x: Reals, y: Reals) -> Reals | None:
    from scipy.optimize import least_squares

    best, error = None, np.inf
    for b3, s in STARTS:
        start = [float(y.max()), float(y.min()), b3, s]
        try:
            found = least_squares(
                lambda p: _map(p, x) - y,
                start,
                jac=lambda p: _slopes(p, x),
                method="lm",
                max_nfev=MOST_EVALUATIONS,
            )
        except ValueError:  # a step went out of the range of floats
            continue
        b1, b2, _, width = found.x
        if np.isfinite(found.x).all() and b1 > b2 and abs(width) < 30 and found.cost < error:
            best, error = found.x, found.cost
    return best


def _map(parameters: Reals, x: Reals) -> Reals:
    from scipy.special import expit

    b1, b2, b3, s = parameters
    return np.asarray(b2 + (b1 - b2) * expit((x - b3) * np.exp(-np.clip(s, -30, 30))))


def _slopes(parameters: Reals, x: Reals) -> Reals:
    """Derivatives of :func:`_map` by b1, b2, b3 and s, shape (items, 4)."""
    from scipy.special import expit

    b1, b2, b3, s = parameters
    narrow = np.exp(-np.clip(s, -30, 30))
    u = (x - b3) * narrow
    g = expit(u)
    bell = (b1 - b2) * g * (1 - g)
    return np.stack([g, 1 - g, -bell * narrow, -bell * u], axis=1)


def _line(scores: Reals, opinions: Reals, why: str) -> Fit:
    slope, intercept = np.polyfit(scores, opinions, 1)
    return Fit("linear", (float(slope), float(intercept)), slope * scores + intercept, why)


def _standard(values: Reals) -> Reals:
    return np.asarray((values - values.mean()) / values.std())
