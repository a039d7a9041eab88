"""Margins of pairs as log-odds: how sure a model is, and how often it is right when it is so sure.

sigma(margin) is what Bradley and Terry's model (Biometrika 39, 1952) makes of two scores: the
chance that the first is preferred. Reward models are fitted by it; ratings, cosines and distances
are on other scales, and have no such figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import Uncertainty, mean
from harness.metrics.intervals.smooth import LOGIT, jackknife
from suites.preference.protocol import QUANTILES
from suites.preference.tied import Figure, Judged

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

BINS = 10
"""Bins of confidence, of equal width from one half to 1; a bin has its lower end, the last both."""

MOST_BY_CHANCE = 0.03
"""An error by chance alone from which on an interval is rough, whatever the error is."""

RELIABILITY = "reliability"
"""The side file of bins: confidence, share right with its interval, and pairs."""


def log_odds(scores: NDArray[np.floating]) -> bool:
    """Whether margins of these scores may be read as log-odds.

    Not where all are whole numbers (ratings, places) or within -1 and 1 (shares, cosines); one
    score for all has margins of 0 on any scale.
    """
    known = scores[~np.isnan(scores)].astype(np.float64)
    if not len(known) or known.min() == known.max():
        return bool(len(known))
    return not bool((known == np.rint(known)).all()) and bool(np.abs(known).max() > 1)


@dataclass(frozen=True)
class Margins:
    """The preferred candidate's score less the other's, for every pair; NaN is a pair lost."""

    judged: Judged
    values: Reals

    @classmethod
    def of(cls, judged: Judged, scores: NDArray[np.floating]) -> Margins:
        """From a score for every candidate."""
        _, a, b = judged.pairs
        every = scores.astype(np.float64)
        return cls(judged, every[a] - every[b])

    @cached_property
    def weights(self) -> Reals:
        """What each pair counts, so that every item counts 1."""
        item = self.judged.pairs[0]
        return np.asarray(1 / self.judged.pairs_of[item], dtype=np.float64)

    @cached_property
    def confidence(self) -> Reals:
        """sigma of the absolute margin: one half to 1."""
        size = np.where(np.isnan(self.values), np.inf, np.abs(self.values))
        return np.asarray(1 / (1 + np.exp(-size)), dtype=np.float64)

    @cached_property
    def right(self) -> Reals:
        """1 where the preferred candidate scores higher, one half for equal scores, else 0."""
        return np.where(self.values == 0, 0.5, self.values > 0).astype(np.float64)

    @cached_property
    def bins(self) -> Ints:
        """The bin of each pair by its confidence."""
        return np.minimum(((self.confidence - 0.5) * 2 * BINS).astype(np.int64), BINS - 1)

    def quantiles(self) -> list[float] | None:
        """The quantiles of :data:`QUANTILES`; ``None`` without a margin."""
        known = self.values[~np.isnan(self.values)]
        if not len(known):
            return None
        return [float(value) for value in np.quantile(known, QUANTILES)]

    def brier(self) -> Reals:
        """Mean squared distance from 1 of sigma(margin), by item."""
        with np.errstate(over="ignore"):
            likely = np.nan_to_num(1 / (1 + np.exp(-self.values)), nan=0.0)
        return self._by_item((1 - likely) ** 2)

    def overconfidence(self) -> Reals:
        """Mean of confidence less right, by item."""
        return self._by_item(self.confidence - self.right)

    def ece(self, clusters: Ints, count: int) -> Figure:
        """Expected calibration error, and its values without each cluster that has pairs.

        The sum over bins of |share right - mean confidence|, weighted by pairs (Naeini et al.,
        AAAI 2015); every item counts 1. ``clusters`` are by item.
        """
        if not len(self.values):
            return None, np.empty(0)
        own = clusters[self.judged.pairs[0]]
        place = own * BINS + self.bins
        gaps = np.bincount(place, self.weights * (self.right - self.confidence),
                           minlength=count * BINS).reshape(count, BINS)  # fmt: skip
        sizes = np.bincount(own, self.weights, minlength=count)
        there = sizes > 0
        total, whole = gaps.sum(axis=0), float(sizes.sum())
        value = float(np.abs(total).sum() / whole)
        with np.errstate(invalid="ignore", divide="ignore"):
            without = np.abs(total - gaps[there]).sum(axis=1) / (whole - sizes[there])
        return value, np.asarray(without, dtype=np.float64)

    def floor(self) -> float | None:
        """About the error by bins that these pairs would show if sigma(margin) were the truth.

        Each gap is then a sum of independent terms, whose mean size is sqrt(2 / pi) of its
        standard deviation (Bröcker and Smith, Weather and Forecasting 22, 2007, draw it instead).
        """
        if not len(self.values):
            return None
        spread = self.weights**2 * self.confidence * (1 - self.confidence)
        deviations = np.sqrt(np.bincount(self.bins, spread, minlength=BINS))
        return float(np.sqrt(2 / np.pi) * deviations.sum() / self.weights.sum())

    def ece_sure(self, value: float, without: Reals) -> Uncertainty:
        """The error's interval by leaving out prompts; rough where chance alone makes much of it.

        The error of some pairs is above that of all: distances add up whichever way they are.
        """
        found = jackknife(value, without, scale=LOGIT, limits=(0.0, 1.0), what="prompts")
        floor = self.floor()
        if floor is None or found.interval is None or found.rough:
            return found
        if value > 2 * floor and floor < MOST_BY_CHANCE:
            return found
        return replace(
            found, rough=f"pairs of a calibrated model would show about {floor:.3f} by chance"
        )

    def table(self, clusters: Ints) -> Mapping[str, Sequence[float | int | None]]:
        """One row for each bin that has pairs: its ends, means, the share's interval, pairs."""
        item = self.judged.pairs[0]
        rows: dict[str, list[float | int | None]] = {
            name: [] for name in ("from", "to", "confidence", "right", "low", "high", "pairs")
        }
        for number in range(BINS):
            at = self.bins == number
            if not at.any():
                continue
            weights = self.weights[at]
            ends = mean(self.right[at], clusters[item[at]]).interval or (None, None)
            if np.ptp(weights) != 0:
                ends = (None, None)  # the interval is of pairs that count alike
            low, high = (0.5 + (number + step) / 2 / BINS for step in (0, 1))
            for name, value in zip(rows, (
                low, high, float(np.average(self.confidence[at], weights=weights)),
                float(np.average(self.right[at], weights=weights)), *ends, int(at.sum()),
            ), strict=True):  # fmt: skip
                rows[name].append(value)
        return rows

    def _by_item(self, values: Reals) -> Reals:
        with np.errstate(invalid="ignore", divide="ignore"):
            sums = self.judged.per_item(values, self.judged.pairs[0])
            return np.asarray(sums / self.judged.pairs_of, dtype=np.float64)
