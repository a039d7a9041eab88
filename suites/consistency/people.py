"""Who is in a list of pairs, and its TAR without each of them: pairs of one person hang together.

A person is what a pair of one class joins, and what lies in one folder. Whoever is in no such pair
is dealt out to those who are, as classes of one item are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.metrics.pairs.without import by_unit, tar_without, units_of
from harness.metrics.thresholds.operating_point import allowed

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]
Mask = NDArray[np.bool_]

MOST_STEPS = 400
"""Distances around a cut at which pairs are counted by person, at most."""


def people(clusters: Sequence[str] | NDArray[np.str_], a: Ints, b: Ints, same: Mask) -> Ints:
    """The number of the person on each picture, from 0, given rows of the pictures of each pair."""
    codes = np.unique(np.asarray(clusters, dtype=np.str_), return_inverse=True)[1]
    parent = np.arange(int(codes.max(initial=-1)) + 1)

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = int(parent[one])
        return one

    for first, second in zip(codes[a[same]].tolist(), codes[b[same]].tolist(), strict=True):
        parent[root(first)] = root(second)
    roots = np.array([root(one) for one in range(len(parent))], dtype=np.int64)
    return np.unique(roots[codes], return_inverse=True)[1].astype(np.int64)


def tar_without_each(
    distance: Reals, same: Mask, ends: tuple[Ints, Ints], target: float, value: float
) -> Reals:
    """TAR at a target FAR without each person in turn, the cut derived anew; NaN if undefined.

    ``ends`` are the people of each pair. Source of the way: the subset bootstrap of Bolle, Ratha
    and Pankanti, Computer Vision and Image Understanding 93 (2004), with the jackknife in place of
    drawing.
    """
    a, b = ends
    count = int(max(a.max(initial=-1), b.max(initial=-1))) + 1
    same_total = np.bincount(a[same], minlength=count)
    other_total = _both(a[~same], b[~same], count)
    units = units_of(same_total)
    steps = _steps(np.sort(distance[~same]), target, int(by_unit(other_total, units).max()))
    own, other = (np.zeros((count, len(steps)), dtype=np.int64) for _ in range(2))
    for column, step in enumerate(steps):
        near = distance <= step
        own[:, column] = np.bincount(a[near & same], minlength=count)
        rows = near & ~same
        other[:, column] = _both(a[rows], b[rows], count)
    return tar_without(
        by_unit(own, units),
        by_unit(other, units),
        by_unit(same_total, units),
        by_unit(other_total, units),
        target,
        value,
    )


def _both(a: Ints, b: Ints, count: int) -> Ints:
    return np.bincount(a, minlength=count) + np.bincount(b, minlength=count)


def _steps(other: Reals, target: float, largest: int) -> Reals:
    """Distances of pairs of two people around the cut, as far as one person can move it."""
    k, reach = int(allowed(target, len(other))), largest + 2
    low, high = max(0, k - reach), min(len(other), k + reach + 1)
    places = np.unique(np.linspace(low, high - 1, min(MOST_STEPS, high - low)).astype(np.int64))
    return np.unique(other[places])
