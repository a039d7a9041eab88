"""Concordance of each item with all others against the sum over every pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import kendalltau

from harness.metrics.opinion.concordance import concordance, earlier_and_smaller

SOME = st.integers(1, 6).flatmap(
    lambda most: st.lists(
        st.tuples(st.integers(0, most), st.integers(0, 2 * most)), min_size=1, max_size=50
    )
)


def by_pairs(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    signs = np.sign(x[:, None] - x) * np.sign(y[:, None] - y)
    return signs.sum(axis=1).astype(np.int64)


@given(SOME)
def test_ties_in_one_or_both_count_nothing(pairs: list[tuple[int, int]]) -> None:
    x, y = np.array(pairs, dtype=float).T
    assert np.array_equal(concordance(x, y), by_pairs(x, y))


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 1500])
@pytest.mark.parametrize("digits", [0, 1, 9])
def test_it_is_the_sum_over_all_pairs(size: int, digits: int) -> None:
    random = np.random.default_rng(size)
    x, noise = np.round(random.normal(size=(2, size)), digits)
    y = np.round(x + noise, digits)
    assert np.array_equal(concordance(x, y), by_pairs(x, y))


def test_without_ties_its_sum_is_kendalls() -> None:
    random = np.random.default_rng(1)
    x = random.normal(size=5000)
    y = x + random.normal(size=5000)
    tau = concordance(x, y).sum() / (5000 * 4999)
    assert tau == pytest.approx(kendalltau(x, y).statistic, abs=1e-12)


@given(st.permutations(range(23)))
def test_earlier_and_smaller_ones_are_counted(numbers: list[int]) -> None:
    found = earlier_and_smaller(np.array(numbers))
    assert found.tolist() == [
        sum(other < number for other in numbers[:place]) for place, number in enumerate(numbers)
    ]
