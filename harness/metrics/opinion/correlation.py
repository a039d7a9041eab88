"""Rank and linear correlation of scores with opinion, with bootstrap replicates of each.

SRCC is Pearson's correlation of mid-ranks, KRCC is Kendall's tau-b, PLCC is Pearson's. Replicates
are weighted statistics: an item that was drawn twice counts twice, which equals the statistic of
the resampled list, ties included.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import as_values
from harness.metrics.intervals import Bootstrap
from harness.metrics.opinion.concordance import concordance

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

NOISE = 1e-12
"""Share of the largest opinion by which equal ones may differ: float noise must not break ties."""

FEWEST_DISTINCT = 4
_BLOCK_CELLS = 1 << 18  # replicates x items at a time: what a processor's cache holds

EXACT_PAIRS = 2000
"""Items up to which Kendall's replicates use every pair; above, the linear projection."""


def tied(opinions: Reals) -> Reals:
    """Opinions in which those that float noise alone keeps apart are equal: the lowest of them.

    Noise is :data:`NOISE` of the largest opinion: means of the same votes in another order of
    summation, or scaled, differ by a few of its last binary digits. Others stay to the bit.
    """
    values = np.asarray(opinions, dtype=np.float64)
    distinct, places = np.unique(values, return_inverse=True)
    if len(distinct) < 2:
        return values
    first = np.append(True, np.diff(distinct) > NOISE * np.abs(distinct).max())
    return np.asarray(distinct[np.flatnonzero(first)][np.cumsum(first) - 1][places])


def why_undefined(scores: Reals, opinions: Reals) -> str | None:
    """Why no correlation is defined, or ``None``: constants, or fewer than four values."""
    for name, values in (("scores", scores), ("opinion scores", opinions)):
        distinct = len(np.unique(values))
        if distinct == 1:
            return f"all {name} are equal"
        if distinct < FEWEST_DISTINCT:
            return f"fewer than {FEWEST_DISTINCT} distinct {name} ({distinct})"
    return None


def middle_ranks(values: Reals) -> Reals:
    """Ranks from 1 up; equal values share the middle of theirs."""
    _, places, sizes = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(sizes) - (sizes - 1) / 2
    return np.asarray(middle[places], dtype=np.float64)


def pearson(x: Reals, y: Reals) -> float:
    """Pearson's correlation, in [-1, 1]."""
    a, b = x - np.mean(x), y - np.mean(y)
    a, b = a / np.abs(a).max(), b / np.abs(b).max()  # squares of tiny numbers vanish
    r = float(np.dot(a, b) / np.sqrt(np.dot(a, a) * np.dot(b, b)))
    return min(1.0, max(-1.0, r))


def replicates(
    scores: Reals,
    opinions: Reals,
    bootstrap: Bootstrap,
    *,
    fitted: Reals | None = None,
) -> dict[str, Reals]:
    """``srcc``, ``krcc``, ``plcc`` in every replicate, NaN where a replicate has no spread.

    With ``fitted`` (opinions as a fixed map predicts them) also ``plcc_fitted`` and
    ``rmse_fitted``: the map is not fitted again, so its own uncertainty is left out.
    """
    order = np.argsort(scores, kind="stable")
    x, y = scores[order], opinions[order]
    first, second = _Ranking(x), _Ranking(y)
    pairs = _Kendall.make(x, y)
    linear, mapped = _Moments(x, y), None if fitted is None else fitted[order]
    if mapped is not None:
        fitted_linear, errors = _Moments(mapped, y), (mapped - y) ** 2
    found: dict[str, list[Reals]] = {}
    for drawn in bootstrap.weights(block=max(1, _BLOCK_CELLS // len(x)), order=order):
        weights = drawn.astype(np.float64)  # whole numbers, exact below 2**53
        total = weights.sum(axis=1)
        groups = first.groups(weights), second.groups(weights)
        block = {
            "srcc": _spearman(weights, total, groups, (first, second)),
            "plcc": linear.correlations(weights),
            "krcc": pairs.tau(weights, total, groups),
        }
        if mapped is not None:
            block["plcc_fitted"] = fitted_linear.correlations(weights)
            by_column = np.asfortranarray(weights)  # the layout decides in what order BLAS adds up
            block["rmse_fitted"] = np.sqrt(by_column @ errors / total)
        for name, values in block.items():
            undefined = np.isnan(block["srcc"])  # one value alone was drawn
            found.setdefault(name, []).append(np.where(undefined, np.nan, values))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def resampled(
    compute: Callable[[Reals, Reals], float | None],
    scores: Reals,
    opinions: Reals,
    bootstrap: Bootstrap,
) -> Reals:
    """Any figure of two lists in every replicate of :func:`replicates`, NaN where undefined."""
    items, found = np.arange(len(scores)), []
    for weights in bootstrap.weights():
        for row in weights:
            drawn = np.repeat(items, row)
            x, y = scores[drawn], opinions[drawn]
            there = np.ptp(x) > 0 and np.ptp(y) > 0
            found.append(compute(x, y) if there else None)
    return as_values(found)


class _Ranking:
    """One variable's order: where each item's group of equal values ends in sorted order."""

    def __init__(self, values: Reals) -> None:
        self.order: Ints = np.argsort(values, kind="stable")
        self.is_sorted = bool((np.diff(self.order) > 0).all())
        distinct, self.group = np.unique(values, return_inverse=True)
        self.starts = np.searchsorted(values[self.order], distinct, side="left")
        self.is_distinct = len(distinct) == len(values)

    def groups(self, weights: Reals) -> Reals:
        """Weight of each group of equal values, lowest first, shape (replicates, groups)."""
        found = weights if self.is_sorted else weights.take(self.order, axis=1)
        return found if self.is_distinct else np.add.reduceat(found, self.starts, axis=1)

    def of_items(self, groups: Reals) -> Reals:
        """A figure of each group, handed to its items."""
        return groups if self.is_sorted and self.is_distinct else groups.take(self.group, axis=1)


def _spearman(
    weights: Reals,
    total: Reals,
    groups: tuple[Reals, Reals],
    rankings: tuple[_Ranking, _Ranking],
) -> Reals:
    centre = (total[:, None] + 1) / 2
    ranks, squares = [], []
    for size, ranking in zip(groups, rankings, strict=True):
        middle = np.cumsum(size, axis=1)  # ends of groups, then centred mid-ranks, in place
        middle -= (size - 1) / 2
        middle -= centre
        ranks.append(ranking.of_items(middle))
        squares.append(np.einsum("ij,ij->i", size, middle**2))
    cross = np.einsum("ij,ij->i", weights * ranks[0], ranks[1])
    return _divided(cross, np.sqrt(squares[0] * squares[1]))


class _Moments:
    """What sums over replicates of two variables are made of, centred and sized."""

    def __init__(self, x: Reals, y: Reals) -> None:
        a, b = _sized(x - x.mean()), _sized(y - y.mean())
        self._of_items = np.stack([np.ones_like(a), a, b, a * a, b * b, a * b], axis=1)

    def correlations(self, weights: Reals) -> Reals:
        """Pearson's correlation in every replicate."""
        n, sa, sb, saa, sbb, sab = (weights @ self._of_items).T
        spread = np.clip(saa - sa * sa / n, 0, None) * np.clip(sbb - sb * sb / n, 0, None)
        return _divided(sab - sa * sb / n, np.sqrt(spread))


def _sized(values: Reals) -> Reals:
    """Values times the power of two that brings the largest below 1: squares stay in range."""
    exponent = np.frexp(np.abs(values).max(initial=0.0))[1]
    return np.asarray(np.ldexp(values, -exponent))


@dataclass(frozen=True, slots=True)
class _Kendall:
    """Concordance of every pair (``signs``), or of each item with all others (``sums``).

    With signs the replicate is exact. Without, the sum over pairs is replaced by its linear
    (Hájek) projection, which has the same variance to first order (Hoeffding 1948).
    """

    signs: Reals | None
    sums: Reals

    @classmethod
    def make(cls, x: Reals, y: Reals) -> _Kendall:
        if len(x) <= EXACT_PAIRS:
            signs = np.sign(x[:, None] - x) * np.sign(y[:, None] - y)
            return cls(signs, signs.sum(axis=1))
        return cls(None, concordance(x, y).astype(np.float64))

    def tau(self, weights: Reals, total: Reals, groups: tuple[Reals, Reals]) -> Reals:
        """Tau-b in every replicate."""
        if self.signs is not None:
            twice = np.einsum("ij,ij->i", weights @ self.signs, weights)
        else:
            # Scaled to the replicate's own number of pairs, for clusters of unequal size.
            share = total / weights.shape[1]
            twice = 2 * share * (weights @ self.sums) - share**2 * self.sums.sum()
        return _divided(twice, np.sqrt(_untied(groups[0], total) * _untied(groups[1], total)))


def _untied(size: Reals, total: Reals) -> Reals:
    """Twice the number of pairs that are not tied in one variable, from its groups' weights."""
    return np.asarray(total**2 - np.einsum("ij,ij->i", size, size))


def _divided(part: Reals, whole: Reals) -> Reals:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, np.clip(part / whole, -1, 1), np.nan)
