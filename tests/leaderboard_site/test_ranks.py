"""Rank intervals, ties in words and verdicts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records.record import Difference
from leaderboard_site.board.ranks import (
    RankInterval,
    clearly_better,
    oriented,
    rank_intervals,
    ties_in_words,
    verdict,
)
from tests.leaderboard_site.made_up import metric

bounds = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(
    lambda pair: (min(pair) / 60, max(pair) / 60)
)
boards = st.lists(st.one_of(st.none(), bounds), max_size=12)


def difference(interval: tuple[float, float] | None) -> Difference:
    return Difference(
        name="nDCG@10", value=None if interval is None else sum(interval) / 2, interval=interval,
        n=9, wins=4, losses=3, ties=2, reason=None if interval else "too few groups",
    )  # fmt: skip


def test_ranks_of_two_tied_above_one_apart():
    ranks = rank_intervals([(0.6, 0.7), (0.65, 0.75), (0.1, 0.2)])
    assert [str(rank) for rank in ranks] == ["1–2", "1–2", "3"]


def test_chained_overlap_does_not_merge_the_ends():
    ranks = rank_intervals([(0.5, 0.7), (0.4, 0.55), (0.3, 0.45)])
    assert [str(rank) for rank in ranks] == ["1–2", "1–3", "2–3"]


def test_a_system_without_an_interval_is_tied_with_all():
    ranks = rank_intervals([(0.6, 0.7), None, (0.1, 0.2)])
    assert [str(rank) for rank in ranks] == ["1–2", "1–3", "2–3"]


@given(boards)
def test_nobody_is_outranked_by_a_system_that_is_not_clearly_better(intervals):
    ranks = rank_intervals(intervals)
    for own, rank in zip(intervals, ranks, strict=True):
        for other, other_rank in zip(intervals, ranks, strict=True):
            if other_rank.worst < rank.best:
                assert clearly_better(other, own)


@given(boards)
def test_rank_intervals_hold_an_order_and_stay_on_the_board(intervals):
    ranks = rank_intervals(intervals)
    assert all(1 <= rank.best <= rank.worst <= len(intervals) for rank in ranks)
    # Every order that the intervals allow, such as the one by upper bounds, must fit the ranks.
    order = sorted(
        range(len(ranks)), key=lambda i: -2.0 if intervals[i] is None else -intervals[i][1]
    )
    assert all(ranks[i].best <= place for place, i in enumerate(order, 1))


@given(st.lists(bounds, min_size=1, max_size=12))
def test_all_leaders_overlap_each_other(intervals):
    ranks = rank_intervals(intervals)
    leaders = [own for own, rank in zip(intervals, ranks, strict=True) if rank.best == 1]
    assert leaders
    assert max(low for low, _ in leaders) <= min(high for _, high in leaders)


@pytest.mark.parametrize(
    ("interval", "up", "down"),
    [
        ((0.01, 0.05), "better", "worse"),
        ((-0.05, -0.01), "worse", "better"),
        ((-0.01, 0.05), "cannot tell", "cannot tell"),
        ((0.0, 0.05), "cannot tell", "cannot tell"),
        ((-0.05, 0.0), "cannot tell", "cannot tell"),
        ((0.0, 0.0), "cannot tell", "cannot tell"),
        (None, "cannot tell", "cannot tell"),
    ],
)
def test_verdict_needs_an_interval_that_leaves_out_zero(interval, up, down):
    assert verdict(difference(interval), higher_is_better=True) == up
    assert verdict(difference(interval), higher_is_better=False) == down
    assert verdict(difference(interval), higher_is_better=None) is None


def said(*ranks: tuple[int, int]) -> str:
    names = ["Ada", "Bo", "Cy", "Di", "Ed", "Flo"][: len(ranks)]
    return ties_in_words(names, [RankInterval(*rank) for rank in ranks])


def test_ties_are_said_in_words():
    assert said().startswith("No system")
    assert said((1, 1)).startswith("One system so far")
    assert said((1, 1), (2, 2)).startswith("Ada is clearly ahead")
    assert said((1, 2), (1, 2)).startswith("The two systems cannot be told apart")
    assert said((1, 2), (1, 2), (3, 3)).startswith("Ada and Bo cannot be told apart")
    many = said((1, 5), (1, 5), (1, 5), (1, 5), (1, 5), (6, 6))
    assert many.startswith("Ada, Bo, Cy and 2 more cannot be told apart")


def test_what_has_no_better_end_ranks_nobody() -> None:
    found = [oriented(metric(value, higher=None)) for value in (0.1, 0.9)]
    assert found == [None, None]
    assert [str(rank) for rank in rank_intervals(found)] == ["1–2", "1–2"]
