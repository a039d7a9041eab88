"""Counts over scores and gold, against the definition spelled out."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data import Group
from harness.errors import InvalidError
from harness.metrics.ranking.checks import groups_without_relevant, score_checks


def groups_of(sizes):
    return tuple(
        Group(str(i), "", tuple(f"d{k}" for k in range(n)), (0.0,) * n, str(i))
        for i, n in enumerate(sizes)
    )


@given(st.lists(st.lists(st.sampled_from([-0.0, 0.0, 1.0, 2.5]), max_size=6), max_size=5))
def test_counts(parts):
    found = score_checks(
        groups_of([len(p) for p in parts]), np.array([s for p in parts for s in p], np.float32)
    )
    assert found.distinct_scores == len({s for p in parts for s in p})
    assert found.tied_items == sum(n for p in parts for n in Counter(p).values() if n > 1)
    assert found.constant_groups == sum(len(p) > 1 and len(set(p)) == 1 for p in parts)
    assert found.groups_without_candidates == sum(not p for p in parts)


def test_scores_are_compared_in_the_precision_they_come_in():
    scores = np.array([1.0, 1.000000001])
    assert score_checks(groups_of([2]), scores).constant_groups == 0
    assert score_checks(groups_of([2]), scores.astype(np.float32)).constant_groups == 1


def test_wrong_count_is_refused():
    with pytest.raises(InvalidError, match="hold 2 candidates"):
        score_checks(groups_of([2]), np.zeros(3, np.float32))


def test_groups_without_relevant():
    groups = groups_of([1, 0, 1, 1])
    gold = {"0": {"d0": 1}, "1": {"x": 2}, "2": {"d0": 0, "y": -1}}
    assert groups_without_relevant(groups, gold) == 2
    assert groups_without_relevant(groups, gold, 2) == 3
