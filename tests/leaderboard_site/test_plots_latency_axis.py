"""The axis of seconds has a tick, wherever the times lie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard_site.plots.latency import SpeedPoint, _time_axis, latency_plot

times = st.floats(min_value=1e-9, max_value=1e6)


@given(st.lists(times, min_size=1, max_size=6))
def test_there_is_a_tick_and_every_tick_lies_on_the_axis(seconds: list[float]) -> None:
    axis = _time_axis(seconds)
    assert axis.ticks
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks)
    assert list(axis.ticks) == sorted(set(axis.ticks))


@pytest.mark.parametrize("seconds", [3.1e-3, 7.2, 0.0307])
def test_systems_of_one_speed_are_drawn(seconds: float) -> None:
    points = [SpeedPoint(f"s{n}", seconds, 0.4 + n / 10, 0.3, 0.6) for n in range(2)]
    drawn = latency_plot(points, metric="SRCC", higher_is_better=True)
    assert drawn is not None
    assert "s1" in drawn.text


@pytest.mark.parametrize("devices", [("cpu A", "cpu A"), ("cpu A", "cuda B")])
def test_no_front_line_is_drawn_over_times_of_different_devices(devices: tuple[str, str]) -> None:
    points = [
        SpeedPoint(f"s{n}", 0.01 * 10**n, 0.4 + n / 10, device=device)
        for n, device in enumerate(devices)
    ]
    drawn = latency_plot(points, metric="SRCC", higher_is_better=True)
    assert drawn is not None
    alike = len(set(devices)) == 1
    assert ('stroke="var(--reference)"' in drawn.text) == alike
    assert ("On the dashed line" in drawn.caption) == alike
    assert ("Times are from 2 devices" in drawn.caption) != alike
