"""Coordinates of whiskers and skylines."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard_site.tables.charts import (
    MOST_BARS,
    SKYLINE_HEIGHT,
    SKYLINE_WIDTH,
    make_axis,
    reach_of,
    skyline,
)

fractions = st.floats(0, 1, allow_nan=False)


@given(st.lists(fractions, min_size=1, max_size=20))
def test_every_value_lies_on_the_axis_with_two_to_five_ticks(values):
    axis = make_axis(values)
    assert all(0 <= float(axis.place(value)) <= 100 for value in values)
    assert 2 <= len(axis.ticks) <= 5
    assert len({tick.label for tick in axis.ticks}) == len(axis.ticks)


def test_axis_of_no_values_and_of_round_ones():
    assert make_axis([]) is None
    assert [tick.label for tick in make_axis([0.31, 0.58]).ticks] == ["30", "40", "50", "60"]


def test_whiskers_keep_order_and_lack_what_is_undefined():
    axis = make_axis([0.3, 0.6])
    whisker = axis.whisker(0.4, (0.35, 0.5))
    assert float(whisker.low) < float(whisker.value) < float(whisker.high)
    assert axis.whisker(None, None) is None
    assert axis.whisker(0.4, None).low is None


def test_a_small_skyline_by_hand():
    drawn = skyline([-0.5, 1.0, 0.0, 0.0], reach=1.0, sign=1)
    # Zero lies at 60, +1 at 4, -0.5 at 88; each of four bars is 100 wide.
    assert drawn.gains == "M0 60.0H0.0V4.0H100.0V60.0H400.0V60.0Z"
    assert drawn.losses == "M0 60.0H300.0V88.0H400.0V60.0Z"
    assert (
        skyline([-0.5, 1.0], reach=1.0, sign=-1).losses
        == skyline([0.5, -1.0], reach=1.0, sign=1).losses
    )


def test_no_differences_draw_nothing_but_the_line():
    drawn = skyline([0.0] * 9, reach=1.0, sign=1)
    assert (drawn.gains, drawn.losses) == ("", "")


@pytest.mark.parametrize("queries", [MOST_BARS, MOST_BARS + 1, 6980])
def test_many_queries_stay_small_and_inside(queries):
    values = [(i * 37 % queries) / queries * 2 - 1 for i in range(queries)]
    drawn = skyline(values, reach=reach_of([values]), sign=1)
    assert drawn.per_bar == -(-queries // MOST_BARS)
    for path in (drawn.gains, drawn.losses):
        assert len(path) < 10_000
        assert all(0 <= float(y) <= SKYLINE_HEIGHT for y in re.findall(r"V([\d.]+)", path))
        assert all(0 <= float(x) <= SKYLINE_WIDTH + 0.1 for x in re.findall(r"H([\d.]+)", path))
