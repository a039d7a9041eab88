"""Quality against latency: the best systems of a task that have both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from leaderboard_site.addresses import Render
from leaderboard_site.board.board import Line, Section
from leaderboard_site.drawing.fragments import Fragments
from leaderboard_site.plots.latency import SpeedPoint, latency_plot
from leaderboard_site.plots.tools.svg import Svg

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_SPEEDS = 20


def latency_part(
    section: Section, fragments: Fragments, render: Render, *, level: str, title: str = ""
) -> Markup:
    """The picture under a heading of a ``level`` such as ``h3``; empty where there is none."""
    fast = timed(section)
    return fragments.made(
        "latency",
        fast,
        [section.id, level, title],
        lambda: render(
            "_latency.html.j2",
            root="",
            id=section.id,
            plot=latency_of(fast),
            level=level,
            title=title,
        ),
    )


def has_latency(section: Section) -> bool:
    """Whether there is a picture of a task, known without drawing it."""
    return len(timed(section)) > 1


def timed(section: Section) -> tuple[Line, ...]:
    """The best ranked systems that have both a value and a latency."""
    found = []
    for line in section.ranked:
        speed = line.run.speed
        if speed is not None and speed.latency_seconds is not None and speed.latency_seconds > 0:
            found.append(line)
    return tuple(found[:MOST_SPEEDS])


def latency_of(lines: Sequence[Line]) -> Svg | None:
    """The picture; ``None`` for fewer than two systems."""
    found = []
    for line in lines:
        metric, speed = line.run.main, line.run.speed
        assert metric is not None
        assert metric.value is not None
        assert speed is not None
        assert speed.latency_seconds is not None
        low, high = metric.interval or (None, None)
        device = f"{speed.device} {speed.device_name}"
        found.append(
            SpeedPoint(line.system.name, speed.latency_seconds, metric.value, low, high, device)
        )
    if len(found) < 2:
        return None
    main = lines[0].run.main
    assert main is not None
    return latency_plot(
        found, metric=main.name, higher_is_better=main.higher_is_better, unit=main.unit
    )
