"""One picture of each kind under names that a test chooses."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from leaderboard_site.plots.bundle import bundle_plot
from leaderboard_site.plots.curves import curves_plot
from leaderboard_site.plots.dots import dots_plot
from leaderboard_site.plots.forest import ForestRow, Reference, forest_plot
from leaderboard_site.plots.latency import SpeedPoint, latency_plot
from leaderboard_site.plots.scatter import scatter_plot
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.trade import trade_plot
from leaderboard_site.plots.versions import Version, versions_plot
from tests.leaderboard_site import exhibit_samples as samples


def picture(kind: str, names: Sequence[str]) -> Svg:
    """A picture that shows every name that its kind has room for, seeded by nothing but them."""
    made = DRAWN[kind](names)
    assert isinstance(made, Svg)
    return made


def _forest(names: Sequence[str]) -> Svg | None:
    values = sorted(np.random.default_rng(3).uniform(0.3, 0.6, len(names)).tolist(), reverse=True)
    rows = [ForestRow(n, v, v - 0.02, v + 0.03) for n, v in zip(names, values, strict=True)]
    return forest_plot(rows, metric=names[0], higher_is_better=True,
                       reference=Reference(names[0], 0.41))  # fmt: skip


def _latency(names: Sequence[str]) -> Svg | None:
    rows = np.random.default_rng(3).uniform(0, 1, (len(names), 2)).tolist()
    points = [SpeedPoint(n, 10 ** (3 * t - 4), v, v - 0.02, v + 0.02)
              for n, (t, v) in zip(names, rows, strict=True)]  # fmt: skip
    return latency_plot(points, metric=names[0], higher_is_better=True)


def _versions(names: Sequence[str]) -> Svg | None:
    versions = [
        Version(task, revision, 0.5 + 0.1 * math.sin(place + shift), 0.3, 0.7)
        for shift, task in enumerate(names)
        for place, revision in enumerate(names)
    ]
    return versions_plot(names, versions)


DRAWN: dict[str, Callable[[Sequence[str]], Svg | None]] = {
    "bundle": lambda names: bundle_plot(samples.bundle(names[0])),
    "curves": lambda names: curves_plot(samples.curves(names)),
    "dots": lambda names: dots_plot(samples.dots(names)),
    "forest": _forest,
    "latency": _latency,
    "scatter": lambda names: scatter_plot(samples.scatter(names[0])),
    "trade": lambda names: trade_plot(samples.trade(names)),
    "versions": _versions,
}
KINDS = tuple(DRAWN)
