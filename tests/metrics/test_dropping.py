"""The fewest items that hold first place, against every subset there is."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics.dropping import fewest_to_change

SCORES = st.sampled_from([0.0, 0.25, 0.5, 1.0])


def by_every_subset(values: np.ndarray) -> int | None:
    """The smallest set without which the first row has no larger sum than another."""
    n = values.shape[1]
    for size in range(n):
        for gone in combinations(range(n), size):
            left = np.delete(values, gone, axis=1).sum(axis=1)
            if (left[1:] >= left[0]).any():
                return size
    return None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(SCORES, SCORES, SCORES), min_size=1, max_size=7))
def test_as_by_every_subset(rows: list[tuple[float, float, float]]) -> None:
    values = np.array(rows).T
    order = np.argsort(-values.sum(axis=1), kind="stable")
    found = fewest_to_change(values[order])
    expected = by_every_subset(values[order])
    assert (None if found is None else found.items) == expected


def test_the_rival_is_named_and_items_that_one_side_lacks_do_not_count() -> None:
    values = np.array([[1, 1, 1, 0, 1], [0, 1, 1, 0, 0.5], [1, 1, 0.9, 0, np.nan]])
    found = fewest_to_change(values)
    assert found is not None
    assert (found.items, found.n, found.rival) == (1, 4, 2)


def test_nothing_ends_a_lead_on_every_item() -> None:
    assert fewest_to_change(np.array([[0.9, 0.8], [0.1, 0.2]])) is None
    assert fewest_to_change(np.array([[0.9, 0.8]])) is None
    level = fewest_to_change(np.array([[0.3, 0.1, 0.2], [0.1, 0.2, 0.3]]))
    assert level is not None
    assert level.items == 0, "rounding is no lead"


@pytest.mark.parametrize("seed", range(3))
def test_without_so_many_the_rival_is_level_and_without_one_less_it_is_not(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.uniform(size=(2, 300)) + np.array([[0.1], [0.0]])
    found = fewest_to_change(values)
    assert found is not None
    gains = np.sort(values[0] - values[1])
    assert gains[: 300 - found.items].mean() <= 0 < gains[: 301 - found.items].mean()
