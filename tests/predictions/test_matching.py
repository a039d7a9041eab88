"""Rows found by columns against rows looked up one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.predictions.matching import matched

PAIRS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["1", "2", "12", "é", ""])), max_size=12
)


def keys(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    return {"group": [pair[0] for pair in pairs], "item": [pair[1] for pair in pairs]}


@given(PAIRS, st.randoms(use_true_random=False))
def test_each_row_is_found(pairs: list[tuple[str, str]], random: object) -> None:
    wanted = list(dict.fromkeys(pairs))
    found = list(wanted)
    random.shuffle(found)  # type: ignore[attr-defined]
    rows = matched(keys(wanted), keys(found))
    assert rows is not None
    assert rows.tolist() == [found.index(pair) for pair in wanted]


@given(PAIRS, PAIRS)
def test_nothing_is_said_unless_all_fit(
    wanted: list[tuple[str, str]], found: list[tuple[str, str]]
) -> None:
    fit = len(set(wanted)) == len(wanted) and sorted(wanted) == sorted(found)
    assert (matched(keys(wanted), keys(found)) is not None) == fit


@pytest.mark.parametrize("odd", ["\ud800", None, 3])
def test_ids_that_are_no_plain_strings_are_left_to_others(odd: object) -> None:
    assert matched({"item": ["a", "b"]}, {"item": ["a", odd]}) is None  # type: ignore[list-item]


def test_many_rows_of_two_columns() -> None:
    random = np.random.default_rng(3)
    wanted = [(f"q{n // 100}", f"d{n % 100}") for n in range(5000)]
    order = random.permutation(5000)
    rows = matched(keys(wanted), keys([wanted[place] for place in order]))
    assert rows is not None
    assert np.array_equal(order[rows], np.arange(5000))
