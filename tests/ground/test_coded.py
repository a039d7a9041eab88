"""Columns of names held as numbers are the lists that they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data.coded import BLOCK, Coded
from harness.tasks.arrow import from_strings

NAMES = st.lists(st.sampled_from(["a", "b", "c d", "é", ""]), max_size=9)


@given(st.lists(NAMES, max_size=5))
def test_joined_rows_are_those_of_the_parts(parts: list[list[str]]) -> None:
    found, wanted = Coded.joined(parts), [name for part in parts for name in part]
    assert list(found) == wanted
    assert found == wanted
    assert found == tuple(wanted)
    assert len(set(found.names)) == len(found.names)
    assert [found[at] for at in range(len(found))] == wanted
    assert list(found[1:3]) == wanted[1:3]
    assert from_strings(found).to_pylist() == wanted


@given(NAMES, NAMES)
def test_equal_where_the_rows_are(one: list[str], other: list[str]) -> None:
    first, second = Coded.joined([one]), Coded.joined([other])
    assert (first == second) == (one == other)
    assert (first == other) == (one == other)


def test_each_name_so_many_times() -> None:
    assert list(Coded.repeated(["x", "y", "z"], [2, 0, 1])) == ["x", "x", "z"]


def test_rows_under_other_names_of_which_two_fall_together() -> None:
    column = Coded(["a ", "b", " a"], np.array([0, 1, 2, 0]))
    found = column.named(["a", "b", "a"])
    assert list(found) == ["a", "b", "a", "a"]
    assert sorted(found.names) == ["a", "b"]
    assert list(column.named(["x", "y", "z"])) == ["x", "y", "z", "x"]


def test_more_rows_than_are_named_at_a_time() -> None:
    column = Coded(["a", "b"], np.arange(BLOCK + 3) % 2)
    assert list(column) == [("a", "b")[at % 2] for at in range(BLOCK + 3)]
    assert column != ["a"] * (BLOCK + 3)


def test_it_is_no_key_of_a_table() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Coded(["a"], np.array([0])))
