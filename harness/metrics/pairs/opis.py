"""OPIS: how much utility at one threshold varies from class to class.

Utility of a class at a distance is the harmonic mean of its sensitivity (pairs inside it that are
accepted) and specificity (pairs with one end in it that are not), 0 where both are. OPIS is the
mean over classes and over the distances of a range of FARs of the squared difference to the mean
utility of all classes. Source: Zhang et al., Threshold-Consistent Margin Loss for Open-World Deep
Metric Learning, ICLR 2024 (arXiv 2307.04047); conventions are written in ``docs/metrics.md``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Curves:
    """Utility of every class with two items or more, on the lattice of a range.

    ``distances`` (G,) ascend; ``low`` and ``high`` lie between the first and the last. ``same`` and
    ``other`` (T, G) are accepted pairs of T classes, ``same_total`` and ``other_total`` (T,) all.
    ``ranges`` (2, T) are the ends of the range without each class; it is held fixed where they are
    not known.
    """

    distances: Reals
    low: float
    high: float
    same: Ints
    other: Ints
    same_total: Ints
    other_total: Ints
    ranges: Reals | None = None

    @cached_property
    def utility(self) -> Reals:
        """(T, G): harmonic mean of sensitivity and specificity."""
        return harmonic(self.same, self.other, self.same_total, self.other_total)

    @cached_property
    def weights(self) -> Reals:
        """(G,): weights of the trapezoid rule over the range, divided by its width.

        The end cells count from where the range begins, linearly interpolated.
        """
        return trapezoid(self.distances, self.low, self.high)

    @cached_property
    def contributions(self) -> Reals:
        """(T,): each class's mean squared difference; OPIS is their mean."""
        return np.asarray(((self.utility - self.utility.mean(axis=0)) ** 2) @ self.weights)

    @cached_property
    def areas(self) -> Reals:
        """(T,): each class's mean utility over the range."""
        return np.asarray(self.utility @ self.weights)

    def opis(self) -> float:
        """Mean of the classes' contributions."""
        return math.fsum(self.contributions.tolist()) / len(self.contributions)

    def worst(self, share: float) -> float:
        """Mean squared gap between the worst classes' mean curve and that of all.

        The worst are the ``ceil(share T)`` classes of least mean utility over the range: one set
        for all distances.
        """
        chosen = np.argsort(self.areas, kind="stable")[: worst_count(share, len(self.areas))]
        gap = self.utility[chosen].mean(axis=0) - self.utility.mean(axis=0)
        return float(gap**2 @ self.weights)

    def mean_utility(self) -> float:
        """Mean over classes and range."""
        return math.fsum(self.areas.tolist()) / len(self.areas)

    def opis_without(self) -> Reals:
        """(T,): :meth:`opis` without each class, over the range that there is without it."""
        classes, squares = len(self.utility), (self.utility - self.utility.mean(axis=0)) ** 2
        return self._over_ranges(
            (squares.sum(axis=0) - squares) / (classes - 1) - squares / (classes - 1) ** 2
        )

    def worst_without(self, share: float) -> Reals:
        """(T,): :meth:`worst` without each class; the next one takes its place among the worst."""
        count = worst_count(share, len(self.areas) - 1)
        order = np.argsort(self.areas, kind="stable")
        among = np.zeros(len(order), dtype=bool)
        among[order[:count]] = True
        worst = self.utility[order[:count]].sum(axis=0)
        after = worst + self.utility[order[count]] - self.utility
        return self._over_ranges(
            (np.where(among[:, None], after, worst) / count - self._mean_without) ** 2
        )

    def utility_without(self) -> Reals:
        """(T,): :meth:`mean_utility` without each class."""
        return self._over_ranges(self._mean_without)

    def each_without(self, compute: Callable[[Curves], float]) -> Reals:
        """(T,): any figure of curves without each class, one after the other."""
        classes, ranges = np.arange(len(self.same)), self._ranges
        found = []
        for left_out in classes.tolist():
            low, high = ranges[:, left_out].tolist()
            rest = self._of(np.delete(classes, left_out))
            moved = replace(rest, low=low, high=high, ranges=None)
            found.append(compute(moved) if low < high else math.nan)
        return np.array(found, dtype=np.float64)

    @property
    def _ranges(self) -> Reals:
        held = np.repeat([[self.low], [self.high]], len(self.same), axis=1)
        return held if self.ranges is None else self.ranges

    @cached_property
    def _mean_without(self) -> Reals:
        return np.asarray((self.utility.sum(axis=0) - self.utility) / (len(self.utility) - 1))

    def _over_ranges(self, rows: Reals) -> Reals:
        low, high = self._ranges
        return mean_between(self.distances, rows, low, high)

    def _of(self, classes: Ints) -> Curves:
        parts = ("same", "other", "same_total", "other_total")
        return replace(self, **{name: getattr(self, name)[classes] for name in parts})


def harmonic(same: Ints, other: Ints, same_total: Ints, other_total: Ints) -> Reals:
    """Utility (T, G) of accepted pairs (T, G) and totals (T,); totals must be positive."""
    sensitivity = same / same_total[:, None]
    specificity = 1 - other / other_total[:, None]
    total = sensitivity + specificity
    return np.divide(
        2 * sensitivity * specificity, total, out=np.zeros_like(total), where=total > 0
    )


def trapezoid(distances: Reals, low: float, high: float) -> Reals:
    """Weights that give the mean over [low, high] of a curve known at ``distances``.

    Raises :class:`ValueError` unless ``distances[0] <= low < high <= distances[-1]``.
    """
    if not (len(distances) > 1 and distances[0] <= low < high <= distances[-1]):
        raise ValueError("the range is not covered")
    weights = np.zeros(len(distances))
    for cell in range(len(distances) - 1):
        left, right = distances[cell], distances[cell + 1]
        start, end = max(left, low), min(right, high)
        if end <= start:
            continue
        middle = ((start + end) / 2 - left) / (right - left)
        weights[cell] += (end - start) * (1 - middle)
        weights[cell + 1] += (end - start) * middle
    return weights / (high - low)


def mean_between(distances: Reals, rows: Reals, low: Reals, high: Reals) -> Reals:
    """Means of curves (T, G) known at ``distances``, each over a range of its own: (T,).

    By the trapezoid rule, as :func:`trapezoid` has it; NaN for a range without width.
    """
    widths = np.diff(distances)
    sums = np.zeros_like(rows)
    np.cumsum(widths * (rows[:, 1:] + rows[:, :-1]) / 2, axis=1, out=sums[:, 1:])
    number = np.arange(len(rows))

    def upto(end: Reals) -> Reals:
        cell = np.clip(np.searchsorted(distances, end, side="right") - 1, 0, len(widths) - 1)
        part = end - distances[cell]
        left, right = rows[number, cell], rows[number, cell + 1]
        whole = sums[number, cell] + part * left
        return np.asarray(whole + part**2 / 2 * (right - left) / widths[cell])

    found = np.full(len(rows), np.nan)
    np.divide(upto(high) - upto(low), high - low, out=found, where=high > low)
    return found


def worst_count(share: float, classes: int) -> int:
    """Number of the worst classes: ``ceil(share T)``, at least one."""
    return max(1, math.ceil(share * classes - 1e-9))


@dataclass(frozen=True, slots=True)
class Spread:
    """How an error rate is spread over classes: largest, 95th percentile, Gini coefficient."""

    largest: float
    p95: float
    gini: float


def spread(rates: Reals) -> Spread:
    """The spread of rates from 0 to 1; Gini is 0 where all are 0."""
    ordered = np.sort(rates)
    total = float(ordered.sum())
    ranks = np.arange(1, len(ordered) + 1)
    gini = 0.0
    if total > 0:
        gini = float((2 * ranks - len(ordered) - 1) @ ordered / (len(ordered) * total))
    return Spread(float(ordered[-1]), float(np.quantile(ordered, 0.95)), gini)


def rates(accepted: Sequence[int] | Ints, total: Sequence[int] | Ints) -> Reals:
    """Accepted over total by class, NaN where there is no pair."""
    parts = np.asarray(accepted, dtype=np.float64)
    whole = np.asarray(total, dtype=np.float64)
    found = np.full(len(parts), np.nan)
    return np.asarray(np.divide(parts, whole, out=found, where=whole > 0))
