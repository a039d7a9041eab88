"""Ranges whose width lies next to a power of two, where the step of the lattice changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.metrics.pairs.counts import count_pairs, unit
from harness.metrics.pairs.items import Items
from harness.metrics.pairs.kernels import bins_of
from harness.metrics.pairs.lattice import Ranks, Windows, lattice_of, steps_of
from tests.metrics.test_pair_counts import Brute, agree

Reals = NDArray[np.float64]

CLASSES, EACH, WIDTH = 4, 4, 5
LABELS = np.repeat(np.arange(CLASSES), EACH)
FIRST, SECOND = np.triu_indices(len(LABELS), 1)
APART = LABELS[FIRST] != LABELS[SECOND]
PAIRS = int(APART.sum())
RANKS = Ranks.make(PAIRS, (0.01, 0.1), (0.02, 0.1), PAIRS // 2)


def distances(rows: Reals) -> Reals:
    """Distances of all pairs in float64, of many sets at once: (sets, pairs)."""
    cosines = np.round((rows[:, FIRST] * rows[:, SECOND]).sum(axis=2), 12)
    return np.asarray(np.sqrt(np.maximum(0.0, 2 - 2 * cosines)))


def ends(rows: Reals) -> Reals:
    """Distances at which the range begins and ends: (2, sets)."""
    apart = np.sort(distances(rows)[:, APART], axis=1)
    return np.stack([apart[:, rank - 1] for rank in RANKS.ends])


def scaled(base: Reals, noise: Reals, scale: Reals) -> Reals:
    rows = base + scale[:, None, None] * noise
    return np.asarray(rows / np.linalg.norm(rows, axis=2, keepdims=True))


def near_powers_of_two(sets: int, seed: int) -> NDArray[np.float32]:
    """Sets of unit vectors (sets, items, width): the width of the range is next to 2^-k.

    A scale of the noise that gives this very width is found by halving, for all sets at once;
    then it is moved off by a share that is drawn, so that widths fall on either side.
    """
    random = np.random.default_rng(seed)
    base = np.zeros((sets, len(LABELS), WIDTH))
    base[:, :, 0] = 1
    noise = random.normal(size=base.shape)
    target = 2.0 ** -random.integers(2, 6, sets)
    low, high = np.zeros(sets), np.full(sets, 4.0)
    for _ in range(24):
        middle = (low + high) / 2
        start, end = ends(scaled(base, noise, middle))
        under = end - start < target
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    off = random.choice([-1, 1], sets) * 10.0 ** random.uniform(-8, -2.5, sets)
    return scaled(base, noise, high * (1 + off)).astype(np.float32)


def windows_of(rows: NDArray[np.float32]) -> Windows:
    """The windows of a set by a histogram of its cosines, as the first pass makes them."""
    cosines = (rows[FIRST[APART]] * rows[SECOND[APART]]).sum(axis=1)
    histogram = np.bincount(bins_of(cosines), minlength=1 << 16)
    return Windows.make(Items.make(rows, LABELS, None), histogram, RANKS.wanted)


def cosines_of(rows: NDArray[np.float32]) -> dict[int, float]:
    """The cosine that stands at each rank, in float64."""
    exact = rows.astype(np.float64)
    apart = np.sort(np.round((exact[FIRST[APART]] * exact[SECOND[APART]]).sum(axis=1), 12))[::-1]
    return {rank: float(apart[rank - 1]) for rank in RANKS.wanted}


def test_every_threshold_is_among_the_points_that_were_counted_at() -> None:
    sets = near_powers_of_two(10_000, 1)
    low, high = ends(sets.astype(np.float64))
    thinned = beside = 0
    for rows, start, end in zip(sets, low.tolist(), high.tolist(), strict=True):
        windows = windows_of(rows)
        lattice = lattice_of(windows, RANKS)
        steps, reason = steps_of(lattice, windows, RANKS, cosines_of(rows), PAIRS)
        if not len(lattice):
            continue
        assert reason is None
        assert np.isin(steps, lattice).all()
        assert (np.diff(steps) > 0).all()
        first, last = np.searchsorted(steps, [start, end], side="left")
        range_of = steps[first - (steps[first] > start) : last + 1]
        assert 129 <= len(range_of) <= 259
        assert range_of[0] <= start < end <= range_of[-1]
        thinned += len(range_of) < ((lattice > range_of[0]) & (lattice < range_of[-1])).sum()
        beside += len(steps) > len(range_of)
    assert beside > 1000
    assert thinned > 1000  # the case that a step has to be doubled once the range is known


def test_counts_next_to_powers_of_two_are_those_of_all_pairs() -> None:
    for rows in near_powers_of_two(1500, 2):
        counts = count_pairs(rows, LABELS, targets=(), extra=(0.01, 0.7, 2.0))
        far = distances(rows[None].astype(np.float64))[0]
        for same, thresholds in (
            ((counts.same, counts.other), counts.thresholds),
            ((counts.extra_same, counts.extra_other), counts.extra),
        ):
            accepted = far[:, None] <= thresholds
            for own in range(CLASSES):
                inside = (LABELS[FIRST] == own) & (LABELS[SECOND] == own)
                across = ((LABELS[FIRST] == own) | (LABELS[SECOND] == own)) & ~inside
                np.testing.assert_array_equal(same[0][own], accepted[inside].sum(axis=0))
                np.testing.assert_array_equal(same[1][own], accepted[across].sum(axis=0))


def test_vectors_a_rounding_longer_than_one_may_be_opposite() -> None:
    # Their distance is sqrt(2 + 2 (1 + 6e-8)): beyond 2, where a lattice would end.
    away = unit(np.array([[2.0, 1, -2], [-2, -1, 2]]))
    assert float(away[0].astype(np.float64) @ away[1]) < -1
    random = np.random.default_rng(0)
    rows = np.concatenate([away[[0, 0, 0]], away[[1, 1, 1]], unit(random.normal(size=(6, 3)))])
    for labels in (np.repeat([0, 1, 2], 4), np.repeat([0, 1], 6), np.arange(12) // 2):
        for far in ((0.01, 0.1), (0.1, 0.9), (0.1, 1.0)):
            counts = count_pairs(rows, labels, far=far, targets=(0.1, 0.5))
            wanted = Brute(rows, labels).at(counts.thresholds)
            np.testing.assert_array_equal(counts.same, wanted[0])
            np.testing.assert_array_equal(counts.other, wanted[1])


@pytest.mark.shared_data
def test_the_set_that_ended_in_an_index_error(shared_data: Path) -> None:
    # 24 vectors whose range is 0.2500000017 wide: the step doubles at a quarter.
    found = np.load(shared_data.parent / "cases" / "consistency" / "crash.npz")
    vectors = unit(found["embeddings"])
    labels = np.unique(found["labels"], return_inverse=True)[1]
    counts = count_pairs(vectors, labels)
    assert counts.reason is None
    assert counts.high is not None
    assert counts.low is not None
    assert 0 < counts.high - counts.low - 0.25 < 1e-6
    agree(counts, Brute(vectors, labels))
