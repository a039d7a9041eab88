"""A list of pairs without each of its people, against removing them and counting again."""

from __future__ import annotations

import numpy as np
import pytest

from harness.metrics.intervals.smooth import jackknife_error
from harness.metrics.thresholds.operating_point import allowed
from suites.consistency.pair_flips import _touching
from suites.consistency.people import people, tar_without_each

RANDOM = np.random.default_rng(8)


def tar(distance: np.ndarray, same: np.ndarray, target: float) -> float:  # type: ignore[type-arg]
    other = np.sort(distance[~same])
    return float((distance[same] < other[int(allowed(target, len(other)))]).mean())


@pytest.mark.parametrize("count", [60, 200])
def test_it_is_what_is_left_without_their_pairs(count: int) -> None:
    n, target = 2500, 0.02
    own = RANDOM.normal(0, 0.5, count)
    a = RANDOM.integers(count, size=n)
    i = RANDOM.integers(count, size=n)
    j = (i + 1 + RANDOM.integers(count - 1, size=n)) % count
    same = np.repeat([True, False], n)
    near = RANDOM.normal(1.6 - own[a], 0.6)
    distance = np.concatenate([near, RANDOM.normal(4 - own[i] - own[j], 0.8)])
    first, second = np.concatenate([a, i]), np.concatenate([a, j])
    value = tar(distance, same, target)
    found = tar_without_each(distance, same, (first, second), target, value)
    wanted = []
    for person in range(count):
        left = (first != person) & (second != person)
        wanted.append(tar(distance[left], same[left], target))
    assert len(found) == count
    # A cut jumps from pair to pair, and whole pairs are allowed: what is found goes in a straight
    # line between them, so that all are higher alike.
    moved = found - np.array(wanted)
    assert float(np.abs(moved - np.median(moved)).max()) < 0.02
    assert jackknife_error(found) == pytest.approx(jackknife_error(np.array(wanted)), rel=0.2)


def test_a_person_is_a_folder_and_what_pairs_of_one_class_join() -> None:
    clusters = ["ann", "ann", "bob", "x1", "x2", "x3", "carl"]
    a, b = np.array([0, 3, 4, 0, 2]), np.array([1, 4, 5, 2, 6])
    same = np.array([True, True, True, False, False])
    who = people(clusters, a, b, same)
    assert who[0] == who[1]
    assert who[3] == who[4] == who[5]
    assert len({who[0], who[2], who[3], who[6]}) == 4


def test_pairs_that_touch_a_person_count_once() -> None:
    a, b = RANDOM.integers(9, size=(2, 200))
    lost = RANDOM.random(200) < 0.3
    found = _touching(a, b, lost)
    for person in range(9):
        touched = (a == person) | (b == person)
        assert found[person].tolist() == [int((touched & lost).sum()), int(touched.sum())]
