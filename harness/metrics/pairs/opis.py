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

from harness.metrics.intervals import SEED, Bootstrap

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

FLOOR_DRAWS = 20


@dataclass(frozen=True)
class Curves:
    """Utility of every class with two items or more, on the lattice of a range.

    ``distances`` (G,) ascend; ``low`` and ``high`` lie within its first and last cell. ``same`` and
    ``other`` (T, G) are accepted pairs of T classes, ``same_total`` and ``other_total`` (T,) all.
    """

    distances: Reals
    low: float
    high: float
    same: Ints
    other: Ints
    same_total: Ints
    other_total: Ints

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

    @cached_property
    def usual_floor(self) -> float:
        """:meth:`floor` with its own draws and seed, simulated once."""
        return self.floor()

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

    def floor(self, *, draws: int = FLOOR_DRAWS, seed: int = SEED) -> float:
        """OPIS of classes that are all alike, of these very sizes: what sampling alone gives.

        Pairs of each class are drawn independently from the pooled distributions of distances.
        """
        generator = np.random.Generator(np.random.PCG64(seed))
        found = []
        pooled = [_steps(self.same, self.same_total), _steps(self.other, self.other_total)]
        for _ in range(draws):
            same, other = (
                np.cumsum(generator.multinomial(total, chances), axis=1)[:, :-1]
                for total, chances in zip((self.same_total, self.other_total), pooled, strict=True)
            )
            drawn = harmonic(same, other, self.same_total, self.other_total)
            found.append(float((((drawn - drawn.mean(axis=0)) ** 2) @ self.weights).mean()))
        return float(np.mean(found))

    def replicates(self, bootstrap: Bootstrap, share: float) -> dict[str, Reals]:
        """``opis``, ``worst`` and ``utility`` with classes resampled; the range is held fixed.

        ``bootstrap`` has one cluster per class, in the order of the rows here.
        """
        weights, utility = self.weights, self.utility
        square = (utility**2) @ weights
        found: dict[str, list[float]] = {"opis": [], "worst": [], "utility": []}
        chosen = worst_count(share, len(utility))
        order = np.argsort(self.areas, kind="stable")
        for counts in bootstrap.weights():
            share_of = counts / counts.sum(axis=1, keepdims=True)
            mean = share_of @ utility
            found["opis"] += (share_of @ square - (mean**2) @ weights).tolist()
            found["utility"] += (share_of @ self.areas).tolist()
            taken = _worst_counts(counts[:, order], chosen) / chosen
            gap = taken @ utility[order] - mean
            found["worst"] += ((gap**2) @ weights).tolist()
        return {name: np.maximum(np.array(values), 0.0) for name, values in found.items()}

    def resampled(self, compute: Callable[[Curves], float], bootstrap: Bootstrap) -> Reals:
        """Any figure of curves in every replicate of :meth:`replicates`."""
        classes, found = np.arange(len(self.same)), []
        for counts in bootstrap.weights():
            for row in counts:
                found.append(compute(self._of(np.repeat(classes, row))))
        return np.array(found, dtype=np.float64)

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


def worst_count(share: float, classes: int) -> int:
    """Number of the worst classes: ``ceil(share T)``, at least one."""
    return max(1, math.ceil(share * classes - 1e-9))


def _worst_counts(counts: Ints, chosen: int) -> Ints:
    """How often each class is among the ``chosen`` worst draws; columns from worst to best."""
    before = np.cumsum(counts, axis=1) - counts
    return np.asarray(np.clip(chosen - before, 0, counts))


def _steps(accepted: Ints, total: Ints) -> Reals:
    """Chances of a pair's first accepting distance, pooled over classes; the last is none."""
    pooled = accepted.sum(axis=0) / total.sum()
    return np.asarray(np.diff(pooled, prepend=0.0, append=1.0).clip(min=0.0))


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
