"""Rates without each class in turn, from counts, against counting all other pairs again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.metrics.intervals.smooth import jackknife_error
from harness.metrics.pairs.counts import PairCounts, count_pairs, unit
from harness.metrics.pairs.without import (
    by_unit,
    ends_without,
    largest_unit,
    rate_without,
    tar_without,
    units_of,
)

Reals = NDArray[np.float64]
TARGETS = (0.001, 0.01, 0.1)


def drawn(seed: int, sizes: Any, unequal: float = 0.0) -> tuple[Any, Any]:
    """Classes drawn from one mixture: a spot each, and a spread that may differ."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    spread = 0.75 * np.exp(unequal * random.normal(size=len(sizes)))[labels, None]
    spots = random.normal(size=(len(sizes), 16))[labels]
    return unit(spots + spread * random.normal(size=spots.shape)), labels


class Again:
    """All pairs of a set, counted anew without some classes."""

    def __init__(self, vectors: Any, labels: Any) -> None:
        rows = np.asarray(vectors, dtype=np.float64)
        first, second = np.triu_indices(len(labels), 1)
        self.cosines = np.round((rows @ rows.T)[first, second], 12)
        self.ends = labels[first], labels[second]
        self.same = self.ends[0] == self.ends[1]

    def without(self, unit: NDArray[np.int64]) -> tuple[Reals, Reals]:
        """Cosines of pairs of one class and of two, the nearest first, without these classes."""
        gone = np.zeros(int(self.ends[1].max()) + 1, dtype=bool)
        gone[unit] = True
        left = ~(gone[self.ends[0]] | gone[self.ends[1]])
        same, other = (self.cosines[left & kind] for kind in (self.same, ~self.same))
        return same, np.sort(other)[::-1]

    def tar(self, unit: NDArray[np.int64], target: float) -> float:
        same, other = self.without(unit)
        return float((same > other[int(np.floor(target * len(other) + 1e-9))]).mean())

    def ends_at(self, unit: NDArray[np.int64]) -> list[float]:
        other = self.without(unit)[1]
        ranks = [max(1, int(np.ceil(share * len(other) - 1e-9))) for share in (0.01, 0.1)]
        return [float(np.sqrt(2 - 2 * other[rank - 1])) for rank in ranks]


def tar(counts: PairCounts, target: float) -> tuple[float, Reals]:
    """TAR and its values without each unit."""
    cut = next(cut for cut in counts.cuts if cut.target == target)
    assert cut.accepted_same is not None
    value = cut.accepted_same.sum() / counts.same_total.sum()
    units = units_of(counts.same_total)
    tables = (counts.same, counts.other, counts.same_total, counts.other_total)
    same, other, same_total, other_total = (by_unit(table, units) for table in tables)
    return value, tar_without(same, other, same_total, other_total, target, value)


@pytest.mark.parametrize("unequal", [0.0, 0.35])
@pytest.mark.parametrize(
    "sizes",
    [[10] * 20, [5] * 60, [*range(2, 20)], [30, *[4] * 30], [*[6] * 25, *[1] * 60]],
    ids=["equal", "small", "all sizes", "one is large", "classes of one item"],
)
def test_tar_and_the_range_are_those_of_all_other_pairs(sizes: list[int], unequal: float) -> None:
    for seed in range(2):
        vectors, labels = drawn(seed, sizes, unequal)
        counts, again = count_pairs(vectors, labels), Again(vectors, labels)
        units = units_of(counts.same_total)
        names = [np.flatnonzero(units == unit) for unit in range(units.max() + 1)]
        for target in TARGETS:
            value, found = tar(counts, target)
            assert value == again.tar(np.array([], dtype=int), target)
            wanted = np.array([again.tar(unit, target) for unit in names])
            # At .1 % a few pairs are accepted, and between two distances lies hardly one.
            near = 0.02 if target < 0.01 else 0.01
            assert np.abs(found - wanted).max() < near
            errors = jackknife_error(found), jackknife_error(wanted)
            assert errors[0] == pytest.approx(errors[1], rel=0.12)
        tables = by_unit(counts.other, units), by_unit(counts.other_total, units)
        ends = ends_without(counts.thresholds, *tables, (0.01, 0.1))
        wanted = np.array([again.ends_at(unit) for unit in names]).T
        np.testing.assert_allclose(ends, wanted, atol=0.003)
        assert np.abs(ends - wanted).mean() < 0.001


def test_classes_of_one_item_go_with_those_that_have_pairs() -> None:
    assert units_of(np.array([0, 3, 0, 1, 0, 0, 6])).tolist() == [0, 0, 1, 1, 2, 0, 2]
    assert units_of(np.array([0, 0])).tolist() == [0, 0]
    assert by_unit(np.array([[1, 2], [3, 4], [5, 6]]), np.array([1, 0, 1])).tolist() == [
        [3, 4], [6, 8],
    ]  # fmt: skip
    assert largest_unit(np.array([1, 3, 0, 0, 0]), np.array([7, 9, 4, 4, 3])) == 9 + 2 * 4
    assert largest_unit(np.array([0, 0]), np.array([1, 1])) == 0


def test_pooled_rates_without_a_class_by_hand() -> None:
    assert rate_without(np.array([1, 3]), np.array([4, 6])).tolist() == [0.5, 0.25]
    # Two pairs of classes (0, 1), one of which is accepted, and one accepted pair of (1, 2).
    found = rate_without(np.array([1, 2, 1]), np.array([2, 3, 1]), ends=2)
    assert found[[0, 2]].tolist() == [1.0, 0.5]
    assert np.isnan(found[1])


def test_far_from_any_count_there_is_no_rate() -> None:
    vectors, labels = drawn(3, [10] * 20)
    counts = count_pairs(vectors, labels)
    assert counts.low is not None
    over = counts.thresholds > counts.low  # as published before pairs were counted beside the range
    same, other = counts.same[:, over], counts.other[:, over]
    found = tar_without(same, other, counts.same_total, counts.other_total, 0.0001, 0.2)
    assert np.isnan(found).all()
    one = tar_without(same[:1], other[:1], counts.same_total[:1], counts.other_total[:1], 0.01, 0.2)
    assert np.isnan(one).all()
