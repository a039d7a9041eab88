"""Agreement of two sets of answers against counting by hand, SciPy, and what must hold of any."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import cosine

from harness.errors import InvalidError
from harness.metrics import agreement
from harness.metrics.agreement import (
    best_first,
    classes_agree,
    kendall_tau,
    lists_agree,
    middle_ranks,
    scores_agree,
    vectors_agree,
)

few = st.integers(-3, 3).map(float)  # few values: ties are common
any_score = st.one_of(few, st.floats(-1e6, 1e6))


@st.composite
def two_lists(draw, longest=25, smallest=0):
    n = draw(st.integers(smallest, longest))
    values = draw(st.sampled_from([few, any_score]))
    return tuple(draw(st.lists(values, min_size=n, max_size=n)) for _ in range(2))


def counted_tau(x, y):
    """Tau-b by its definition: concordant less discordant over the untied pairs of both."""
    same = untied_x = untied_y = 0
    for i, j in itertools.combinations(range(len(x)), 2):
        dx, dy = (x[i] > x[j]) - (x[i] < x[j]), (y[i] > y[j]) - (y[i] < y[j])
        same += dx * dy
        untied_x += dx != 0
        untied_y += dy != 0
    return same / (untied_x * untied_y) ** 0.5 if untied_x and untied_y else None


def order_by_hand(scores):
    return sorted(range(len(scores)), key=lambda place: (-scores[place], place))


@given(two_lists())
@settings(max_examples=300, deadline=None)
def test_tau_is_that_of_counting_and_of_scipy(pair):
    x, y = pair
    found = kendall_tau(x, y)
    expected = counted_tau(x, y)
    assert found.n == len(x)
    if expected is None:
        assert found.value is None
        assert found.reason in (agreement.FEW_ITEMS, agreement.NO_SPREAD)
    else:
        assert found.value == pytest.approx(expected, abs=1e-12)
        assert found.value == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-12)
        assert found.reason is None


@given(st.lists(any_score, min_size=2, max_size=60))
def test_equal_answers_agree_to_the_bit(scores):
    tau = kendall_tau(scores, scores)
    opposite = kendall_tau(scores, [-s for s in scores])
    assert (tau.value, opposite.value) == ((1, -1) if len(set(scores)) > 1 else (None, None))


def test_tau_in_blocks_is_tau_at_once(monkeypatch):
    draws = np.random.default_rng(0)
    x, y = draws.integers(0, 40, 501), draws.integers(0, 40, 501)
    at_once = kendall_tau(x, y)
    monkeypatch.setattr(agreement, "_BLOCK_CELLS", 501 * 7)
    assert kendall_tau(x, y) == at_once
    assert at_once.value == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-12)


@given(st.lists(two_lists(), max_size=6))
@settings(deadline=None)
def test_lists_agree_as_counted_by_hand(pairs):
    found = lists_agree([a for a, _ in pairs], [b for _, b in pairs])
    if not pairs:
        figures = (found.difference, found.tau, found.first, found.top_order, found.top_members)
        assert {(f.value, f.n, f.reason) for f in figures} == {(None, 0, agreement.NO_LISTS)}
        return
    orders = [(order_by_hand(a), order_by_hand(b)) for a, b in pairs]
    n = len(pairs)
    assert found.first.value == sum(a[:1] != b[:1] for a, b in orders) / n
    assert found.top_order.value == sum(a[:10] != b[:10] for a, b in orders) / n
    assert found.top_members.value == sum(set(a[:10]) != set(b[:10]) for a, b in orders) / n
    assert found.difference.value == max(
        (abs(x - y) for a, b in pairs for x, y in zip(a, b, strict=True)), default=0
    )
    taus = [tau for a, b in pairs if (tau := counted_tau(a, b)) is not None]
    assert found.tau.n == len(taus)
    if taus:
        assert found.tau.value == pytest.approx(sum(taus) / len(taus), abs=1e-12)
    else:
        assert (found.tau.value, found.tau.reason) == (None, agreement.NO_TAU)


@given(st.lists(two_lists(), min_size=1, max_size=5))
@settings(deadline=None)
def test_agreement_is_symmetric_and_nested(pairs):
    one, other = [a for a, _ in pairs], [b for _, b in pairs]
    there, back = lists_agree(one, other), lists_agree(other, one)
    assert there.difference == back.difference
    assert (there.first, there.top_order, there.top_members) == (
        back.first,
        back.top_order,
        back.top_members,
    )
    # What changes in members, or in the first place, changes in order.
    assert there.top_order.value >= max(there.top_members.value, there.first.value)
    itself = lists_agree(one, one)
    assert {itself.first.value, itself.top_order.value, itself.top_members.value} == {0}
    assert itself.difference.value == 0
    assert itself.tau.value in (1, None)


@given(two_lists(smallest=1))
@settings(deadline=None)
def test_scores_agree_as_counted_by_hand(pair):
    a, b = pair
    found = scores_agree(a, b)
    ranks = stats.rankdata(a), stats.rankdata(b)
    assert found.moved.value == float(np.mean(ranks[0] != ranks[1]))
    assert found.difference.value == max(abs(x - y) for x, y in zip(a, b, strict=True))
    assert found.tau == kendall_tau(a, b)
    assert {found.moved.n, found.difference.n, found.tau.n} == {len(a)}


@given(st.lists(any_score, max_size=40))
def test_ranks_and_order_are_those_of_others(scores):
    assert middle_ranks(scores).tolist() == stats.rankdata(scores).tolist()
    assert best_first(scores).tolist() == order_by_hand(scores)


def test_a_list_of_ten_can_change_in_order_alone():
    ten = [float(n) for n in range(10)]
    found = lists_agree([ten], [ten[::-1]])
    assert (found.top_order.value, found.top_members.value, found.first.value) == (1, 0, 1)
    eleven = [float(n) for n in range(11)]
    assert lists_agree([eleven], [eleven[::-1]]).top_members.value == 1


def test_equal_ties_change_nothing_and_broken_ones_do():
    tied = [2.0, 2.0, 1.0]
    assert lists_agree([tied], [[5.0, 5.0, 0.0]]).top_order.value == 0
    assert lists_agree([tied], [[2.0, 2.1, 1.0]]).first.value == 1


def test_classes():
    found = classes_agree(["a", "b", "b", None], ["a", "b", "a", None]).changed
    assert (found.value, found.n) == (0.25, 4)
    assert classes_agree([], []).changed.reason == agreement.NO_ITEMS
    with pytest.raises(InvalidError, match="1 items, the other 2"):
        classes_agree(["a"], ["a", "b"])


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 6))
def test_vectors_agree_with_scipy(seed, n, width):
    draws = np.random.default_rng(seed)
    a, b = draws.normal(size=(2, n, width))
    found = vectors_agree(a, b)
    expected = max(cosine(x, y) for x, y in zip(a, b, strict=True))
    assert found.distance.value == pytest.approx(expected, abs=1e-12)
    if n == 1:
        assert found.neighbour.reason == agreement.FEW_ITEMS
        return
    nearest = [
        [min((j for j in range(n) if j != i), key=lambda j: cosine(m[i], m[j])) for i in range(n)]
        for m in (a, b)
    ]
    if width > 1:  # in one dimension every cosine is 1 or -1: all are as near
        assert found.neighbour.value == sum(map(int.__ne__, *nearest)) / n


def test_vectors_of_any_size():
    a = np.array([[3.0, 4.0], [0.0, 0.0], [1e-300, 0.0]])
    same = vectors_agree(a, a)
    assert (same.distance.value, same.neighbour.value) == (0, 0)
    assert vectors_agree(a, a * 1e200).distance.value == pytest.approx(0, abs=1e-30)
    assert vectors_agree(a[:1], -a[:1]).distance.value == pytest.approx(2)
    assert vectors_agree([[0.0, 0.0]], [[1.0, 0.0]]).distance.value == 1
    # One part in 10**9: 1 - cosine in double precision would be 0.
    near = vectors_agree([[1.0, 0.0]], [[1.0, 1e-9]]).distance.value
    assert near == pytest.approx(5e-19, rel=1e-6)


def test_float32_noise_is_measured_as_it_is():
    scores = np.array([0.1, 0.2, 0.3], dtype=np.float32)
    moved = np.nextafter(scores, np.float32(1))
    found = scores_agree(scores, moved)
    assert found.difference.value == float(np.spacing(scores).max())
    assert (found.moved.value, found.tau.value) == (0, 1)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ([[1.0]], [], "1 lists, the other 0"),
        ([[1.0, 2.0]], [[1.0]], r"list 0: .*\(2,\), the other \(1,\)"),
        ([[1.0], [np.nan, 1.0]], [[1.0], [1.0, 2.0]], "list 1: 1 of 2 scores are NaN"),
        ([[1.0]], [[np.inf]], "1 of 1 scores"),
    ],
)
def test_lists_that_are_not_the_same(first, second, said):
    with pytest.raises(InvalidError, match=said):
        lists_agree(first, second)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ([1.0], [[1.0]], "not"),
        ([[1.0]], [[1.0, 2.0]], "shape"),
        ([[np.nan]], [[1.0]], "1 of 1 vectors"),
    ],
)
def test_vectors_that_are_not_the_same(first, second, said):
    with pytest.raises(InvalidError, match=said):
        vectors_agree(first, second)


def test_what_no_float_can_hold_is_undefined():
    found = scores_agree([1.7e308, 1.0], [-1.7e308, 1.0])
    assert (found.difference.value, found.difference.reason) == (None, agreement.TOO_FAR)
    assert found.tau.value == -1
    assert scores_agree([], []).moved.reason == agreement.NO_ITEMS
    assert scores_agree([], []).difference.reason == agreement.NO_ITEMS
    assert scores_agree([1.0], [2.0]).tau.reason == agreement.FEW_ITEMS
