"""Measures of the ROC curve in bootstrap replicates, without a curve for each of them.

Positives and negatives are sorted once. Of a replicate only the running weights of both are made;
the values are those of :mod:`harness.metrics.thresholds.areas` to the last bit: counts are
integers until the same divisions, and sums of floats are exact (``math.fsum``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics.thresholds import areas
from harness.metrics.thresholds.drawn_items import Draws, Items
from harness.metrics.thresholds.operating_point import Ints, Reals

_EXACT_FLOAT64 = 1 << 53


class Curves:
    """What the ROC curves of all replicates have in common.

    FPR rises at each distinct negative score; ``before`` and ``upto`` are the positives above it
    and at or above it, ``ends`` the negatives at or above it.
    """

    def __init__(self, negatives: Items, positives: Items) -> None:
        self.negatives, self.positives = negatives, positives
        values = np.unique(negatives.scores)[::-1]
        self.ends = negatives.down_to(values)
        self.before, self.upto = positives.above(values), positives.down_to(values)
        every = np.unique(np.concatenate([negatives.scores, positives.scores]))[::-1]
        # The vertices of the whole curve, of which the first flags nothing.
        self.vertices = (
            np.append(0, negatives.down_to(every)),
            np.append(0, positives.down_to(every)),
        )

    def drawn(
        self, draws: Draws, asked: Mapping[str, tuple[areas.CurveMeasure, tuple[float, ...]]]
    ) -> dict[str, Reals]:
        """Every measure asked for in every replicate, NaN without positives or negatives."""
        curves = DrawnCurves(self, draws)
        return {
            name: _COMPUTED[measure.card.name](curves, *numbers)
            for name, (measure, numbers) in asked.items()
        }


class DrawnCurves:
    """The curves of some replicates: running weights of negatives and positives, descending."""

    def __init__(self, curves: Curves, draws: Draws) -> None:
        self._curves = curves
        self._fp, self._tp = (
            draws.running(curves.negatives.codes),
            draws.running(curves.positives.codes),
        )
        self._n = self._fp[:, -1].astype(np.int64)
        self._p = self._tp[:, -1].astype(np.int64)
        self._there = (self._n > 0) & (self._p > 0)

    def auroc(self) -> Reals:
        """As :func:`harness.metrics.thresholds.areas.auroc`."""
        curves = self._curves
        heights = self._tp.take(curves.before, axis=1)
        ties = not np.array_equal(curves.before, curves.upto)
        heights += self._tp.take(curves.upto, axis=1) if ties else heights
        most = 2.0 * float(self._n.max(initial=0)) * float(self._p.max(initial=0))
        twice = _products(_widths(self._fp, curves.ends), heights, most)
        found = np.full(len(self._n), np.nan)
        for row in np.flatnonzero(self._there).tolist():  # exact, as Python divides integers
            found[row] = int(twice[row]) / (2 * int(self._n[row]) * int(self._p[row]))
        return found

    def partial_auc(self, limit: float) -> Reals:
        """As :func:`harness.metrics.thresholds.areas.partial_auc`."""
        curves, n, p = self._curves, self._n[:, None], self._p[:, None]
        # Enough of the steps: of k false positives at most limit * n count, up to rounding.
        near = self._fp.take(curves.ends, axis=1) <= np.floor(limit * n) + 2
        steps = slice(int(near.sum(axis=1).max(initial=0)) + 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            fpr = self._fp.take(np.append(0, curves.ends[steps]), axis=1) / n
            low = self._tp.take(curves.before[steps], axis=1) / p
            high = self._tp.take(curves.upto[steps], axis=1) / p
        full = (fpr <= limit).sum(axis=1) - 1
        areas = np.diff(fpr) * (high + low) / 2
        found = np.full(len(self._n), np.nan)
        for row in np.flatnonzero(self._there).tolist():
            last = int(full[row])
            parts = areas[row, :last].tolist()
            if last < len(curves.ends):  # the step that crosses the limit, up to it
                x, y = fpr[row, last : last + 2].tolist(), (low[row, last], high[row, last])
                at_limit = (y[1] - y[0]) / (x[1] - x[0]) * (limit - x[0]) + y[0]
                parts.append(float((limit - x[0]) * (at_limit + y[0]) / 2))
            found[row] = math.fsum(parts) / limit
        return found

    def equal_error_rate(self) -> Reals:
        """As :func:`harness.metrics.thresholds.areas.equal_error_rate`."""
        rows = np.flatnonzero(self._there)
        low, high = np.zeros(len(rows), dtype=np.int64), self._last(rows)
        while (high - low > 1).any():  # the gap never rises: it is above 0 at low, not at high
            middle = (low + high) // 2
            above = self._gap(rows, middle) > 0
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        before, after = self._gap(rows, low), self._gap(rows, high)
        start, end = self._fpr(rows, low), self._fpr(rows, high)
        found = np.full(len(self._n), np.nan)
        with np.errstate(invalid="ignore"):
            crossed = start + before / (before - after) * (end - start)
        found[rows] = np.where(after == 0, end, crossed)
        return found

    def _last(self, rows: Ints) -> Ints:
        return np.full(len(rows), len(self._curves.vertices[0]) - 1)

    def _fpr(self, rows: Ints, vertex: Ints) -> Reals:
        return np.asarray(self._fp[rows, self._curves.vertices[0][vertex]] / self._n[rows])

    def _gap(self, rows: Ints, vertex: Ints) -> Reals:
        tpr = self._tp[rows, self._curves.vertices[1][vertex]] / self._p[rows]
        return np.asarray(1 - tpr - self._fpr(rows, vertex))


_COMPUTED: Mapping[str, Callable[..., Reals]] = {
    areas.AUROC.card.name: DrawnCurves.auroc,
    areas.PARTIAL.card.name: DrawnCurves.partial_auc,
    areas.EER.card.name: DrawnCurves.equal_error_rate,
}


def _widths(running: NDArray[Any], ends: Ints) -> NDArray[Any]:
    at = running if len(ends) == running.shape[1] - 1 else running.take(np.append(0, ends), axis=1)
    return np.asarray(at[:, 1:] - at[:, :-1])


def _products(widths: NDArray[Any], heights: NDArray[Any], most: float) -> NDArray[Any]:
    """Sums over each row of products of integers: floats where those are exact, being faster."""
    kind = np.float64 if most < _EXACT_FLOAT64 else object
    return np.asarray(np.einsum("ij,ij->i", widths.astype(kind), heights.astype(kind)))
