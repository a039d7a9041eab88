"""Rank intervals, ties in words and verdicts."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.intervals.families import influences
from harness.records.record import Difference
from leaderboard_site.board.board import make_board
from leaderboard_site.board.contenders import (
    Contender,
    contender,
    contenders,
    mean_drawn,
    proven,
    ranks_of,
)
from leaderboard_site.board.means import suite_means
from leaderboard_site.board.ranks import (
    oriented,
    surely_better,
    verdict,
)
from leaderboard_site.reading.summary import Spread
from tests.leaderboard_site.made_up import ALPHA, BETA, metric, revision, run

Interval = tuple[float, float]

bounds = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(
    lambda pair: (min(pair) / 60, max(pair) / 60)
)
boards = st.lists(st.one_of(st.none(), bounds), max_size=12)


def difference(interval: tuple[float, float] | None) -> Difference:
    return Difference(
        name="nDCG@10", value=None if interval is None else sum(interval) / 2, interval=interval,
        n=9, wins=4, losses=3, ties=2, reason=None if interval else "too few groups",
        basis=None, p=None,
    )  # fmt: skip


def by_intervals(intervals: Sequence[Interval | None]) -> list[Contender]:
    """Contenders without anything to pair, their values in the middle of their intervals."""
    return [Contender(0.5 if one is None else sum(one) / 2, one) for one in intervals]


def ranks(*intervals: Interval | None) -> list[str]:
    return [str(rank) for rank in ranks_of(by_intervals(intervals))]


def values(seed: int, systems: int, steps: float, units: int = 200) -> np.ndarray:
    """Values of systems a step apart each, which share nearly all that moves them."""
    random = np.random.default_rng(seed)
    shared = random.uniform(0.2, 0.6, units)
    return shared - steps * np.arange(systems)[:, None] + random.normal(0, 0.02, (systems, units))


def spread(row: np.ndarray, key: str = "one") -> Spread:
    found = influences(row).astype("<f4").tobytes()
    return Spread(key, len(row), False, base64.b64encode(found).decode())


def test_ranks_of_two_tied_above_one_apart():
    assert ranks((0.6, 0.7), (0.65, 0.75), (0.1, 0.2)) == ["1–2", "1–2", "3"]


def test_a_chain_does_not_merge_its_ends():
    assert ranks((0.5, 0.7), (0.35, 0.55), (0.2, 0.4)) == ["1–2", "1–3", "2–3"]


def test_a_system_without_an_interval_is_tied_with_all():
    assert ranks((0.6, 0.7), None, (0.1, 0.2)) == ["1–2", "1–3", "2–3"]


@given(boards)
def test_nobody_is_outranked_by_a_system_that_is_not_proven_better(intervals):
    ranked = by_intervals(intervals)
    better = proven(ranked)
    found = ranks_of(ranked)
    for place, rank in enumerate(found):
        for other, other_rank in enumerate(found):
            if other_rank.worst < rank.best:
                assert better[other, place]
    assert not (better & better.T).any()


@given(boards)
def test_ranks_hold_the_order_of_values_and_stay_on_the_board(intervals):
    ranked = by_intervals(intervals)
    found = ranks_of(ranked)
    assert all(1 <= rank.best <= rank.worst <= len(intervals) for rank in found)
    order = sorted(range(len(found)), key=lambda i: -ranked[i].value)
    for place, i in enumerate(order, 1):
        assert found[i].best <= place <= found[i].worst


@given(boards)
def test_two_intervals_alone_tell_no_more_apart_than_all_pairs_do(intervals):
    # All pairs together are judged by wider intervals than one pair is.
    ranked = by_intervals(intervals)
    few = proven(ranked)
    for one in range(len(ranked)):
        for other in range(len(ranked)):
            if few[one, other]:
                assert proven([ranked[one], ranked[other]])[0, 1]


def test_a_shared_sample_tells_apart_what_overlapping_intervals_do_not() -> None:
    rows = values(1, 3, 0.02)
    metrics = [metric(float(row.mean()), 0.06) for row in rows]
    alone = contenders(metrics, [None] * 3)
    assert [str(rank) for rank in ranks_of(alone)] == ["1–3"] * 3
    paired = contenders(metrics, [spread(row) for row in rows])
    assert [str(rank) for rank in ranks_of(paired)] == ["1", "2", "3"]


def test_lower_is_better_turns_the_order() -> None:
    rows = values(1, 3, 0.02)
    metrics = [metric(float(row.mean()), 0.06, higher=False) for row in rows]
    found = ranks_of(contenders(metrics, [spread(row) for row in rows]))
    assert [str(rank) for rank in found] == ["3", "2", "1"]


def test_a_system_without_tables_is_compared_by_its_interval() -> None:
    rows = values(2, 4, 0.02)
    rows[3] -= 0.2
    metrics = [metric(float(row.mean()), 0.03) for row in rows]
    found = contenders(metrics, [*(spread(row) for row in rows[:3]), None])
    assert [str(rank) for rank in ranks_of(found)] == ["1", "2", "3", "4"]
    other = contenders(metrics, [*(spread(row) for row in rows[:3]), spread(rows[3], "other")])
    assert np.array_equal(proven(other), proven(found))
    near = contenders(
        [*metrics[:3], metric(0.38, 0.03)], [*(spread(row) for row in rows[:3]), None]
    )
    assert str(ranks_of(near)[3]) == "1–4"


def test_twins_share_their_ranks() -> None:
    (row,) = values(3, 1, 0)
    twins = contenders([metric(float(row.mean()))] * 2, [spread(row)] * 2)
    assert [str(rank) for rank in ranks_of(twins)] == ["1–2", "1–2"]


def test_a_mean_over_tasks_is_paired_task_by_task() -> None:
    both = [values(seed, 2, 0.01) for seed in (4, 5)]
    found = [
        contenders([metric(float(row.mean())) for row in rows], [spread(r) for r in rows], stream=n)
        for n, rows in enumerate(both)
    ]
    first = [mean_drawn([task[system].drawn for task in found]) for system in (0, 1)]
    assert first[0] is not None
    assert first[1] is not None
    error = np.std(first[0].deviations - first[1].deviations, ddof=1)
    errors = [np.std(rows[0] - rows[1], ddof=1) / np.sqrt(200) for rows in both]
    assert error == pytest.approx(np.hypot(*errors) / 2, rel=0.08)
    assert mean_drawn([found[0][0].drawn, None]) is None


def test_the_board_ranks_by_what_lies_beside_the_records() -> None:
    tables = {task: values(seed, 3, 0.02) for task, seed in ((ALPHA, 6), (BETA, 7))}
    for known, expected in ((True, ["1", "2", "3"]), (False, ["1–3"] * 3)):
        board = make_board(
            revision(
                f"m{system}", "r1",
                *(
                    run(task, metric(float(rows[system].mean()), 0.06),
                        spread=spread(rows[system]) if known else None)
                    for task, rows in tables.items()
                ),
            )
            for system in range(3)
        )  # fmt: skip
        (suite,) = (suite for suite in board.suites if suite.tasks)
        for task in suite.tasks:
            assert task.main is not None
            assert [str(rank) for rank in task.main.ranks.values()] == expected
        assert [str(rank) for rank in suite_means(suite).ranks.values()] == expected


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


def test_what_has_no_better_end_ranks_nobody() -> None:
    rows = values(8, 2, 0.2)
    found = [metric(value, higher=None) for value in (0.1, 0.9)]
    assert [oriented(one) for one in found] == [None, None]
    assert contender(found[0]).interval is None
    ranked = contenders(found, [spread(row) for row in rows])
    assert [str(rank) for rank in ranks_of(ranked)] == ["1–2", "1–2"]


@pytest.mark.parametrize("higher", [True, False])
def test_one_pair_is_told_apart_by_the_interval_of_its_difference(higher: bool) -> None:
    sign = 1 if higher else -1
    # Half-widths of .04 each: the difference is proven from .04 * sqrt(2) = .0566 on.
    for gap, told in ((0.056, False), (0.058, True), (0.09, True)):
        best = metric(0.5 + sign * gap, 0.04, higher=higher)
        other = metric(0.5, 0.04, higher=higher)
        assert surely_better(best, other) == told
        assert not surely_better(other, best)
    assert not surely_better(metric(0.9, None, higher=higher), metric(0.1, 0.01, higher=higher))
    neither = [metric(value, 0.01, higher=None) for value in (0.9, 0.1)]
    assert not surely_better(*neither)


def test_uneven_intervals_count_where_they_face_each_other() -> None:
    ours = metric(0.6)._replace(interval=(0.57, 0.9))
    theirs = metric(0.5)._replace(interval=(0.1, 0.54))
    assert surely_better(ours, theirs)  # .1 against hypot(.03, .04) = .05
    assert not surely_better(ours._replace(interval=(0.5, 0.61)), theirs)
