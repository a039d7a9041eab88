"""One picture of each kind under names that a test chooses."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from leaderboard_site.plots.slices import SlicePoint, SliceSeries, slices_plot

from leaderboard_site.plots.bundle import ClassCurves, utility_plot
from leaderboard_site.plots.curves import RocCurve, roc_plot
from leaderboard_site.plots.forest import ForestRow, Reference, forest_plot
from leaderboard_site.plots.latency import SpeedPoint, latency_plot
from leaderboard_site.plots.scatter import opinion_plot
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.trade import FlipPoint, flips_plot
from leaderboard_site.plots.versions import Version, versions_plot

KINDS = ("flips", "forest", "latency", "opinion", "roc", "slices", "utility", "versions")


def picture(kind: str, names: Sequence[str]) -> Svg:
    """A picture that shows every name that its kind has room for, seeded by nothing but them."""
    made = globals()[f"_{kind}"](names, np.random.default_rng(3))
    assert isinstance(made, Svg)
    return made


def _flips(names: Sequence[str], random: np.random.Generator) -> Svg | None:
    rates = random.uniform(0, 0.05, (len(names), 2)).tolist()
    return flips_plot(
        [FlipPoint(n, x, y, y * 0.7, y * 1.4) for n, (x, y) in zip(names, rates, strict=True)]
    )


def _forest(names: Sequence[str], random: np.random.Generator) -> Svg | None:
    values = sorted(random.uniform(0.3, 0.6, len(names)).tolist(), reverse=True)
    rows = [ForestRow(n, v, v - 0.02, v + 0.03) for n, v in zip(names, values, strict=True)]
    return forest_plot(rows, metric=names[0], higher_is_better=True,
                       reference=Reference(names[0], 0.41))  # fmt: skip


def _latency(names: Sequence[str], random: np.random.Generator) -> Svg | None:
    rows = random.uniform(0, 1, (len(names), 2)).tolist()
    points = [SpeedPoint(n, 10 ** (3 * t - 4), v, v - 0.02, v + 0.02)
              for n, (t, v) in zip(names, rows, strict=True)]  # fmt: skip
    return latency_plot(points, metric=names[0], higher_is_better=True)


def _opinion(names: Sequence[str], random: np.random.Generator) -> Svg | None:
    scores = random.normal(size=3000)
    opinions = 3 + scores + random.normal(size=3000) * 0.3
    curve = [(x, 3 + x) for x in np.linspace(-2, 2, 60).tolist()]
    pairs = list(zip(scores.tolist(), opinions.tolist(), strict=True))
    return opinion_plot(names[0], pairs, curve=curve, scale=(1, 5), metrics=[(names[0], 0.9)])


def _roc(names: Sequence[str], random: np.random.Generator) -> Svg | None:
    curves = []
    for number, name in enumerate(names):
        scores = np.concatenate([random.normal(size=700), random.normal(size=700) + number / 2])
        machine = (np.argsort(-scores) >= 700).cumsum()
        human = np.arange(1, 1401) - machine
        points = zip((human / 700).tolist(), (machine / 700).tolist(), strict=True)
        curves.append(RocCurve(name, [(0.0, 0.0), *points]))
    return roc_plot(curves, negatives=700)


def _slices(names: Sequence[str], random: np.random.Generator) -> Svg | None:
    points = [SlicePoint(key, value, float(t), max(0.0, t - 0.1), min(1.0, t + 0.1))
              for key in names[:3] for value in names
              for t in random.uniform(0, 1, 1)]  # fmt: skip
    return slices_plot([SliceSeries(name, points) for name in names], target="5%")


def _utility(names: Sequence[str], random: np.random.Generator) -> Svg | None:
    distances = np.linspace(0, 1, 200)
    rows = [tuple(np.abs(np.sin(distances * s)).tolist()) for s in random.uniform(1, 4, 300)]
    curves = ClassCurves(tuple(names) * 300, tuple(distances.tolist()), tuple(rows))
    return utility_plot(names[0], curves, low=0.2, high=0.8, worst_share=0.1)


def _versions(names: Sequence[str], random: np.random.Generator) -> Svg | None:
    versions = [
        Version(task, revision, 0.5 + 0.1 * math.sin(place + shift), 0.3, 0.7)
        for shift, task in enumerate(names)
        for place, revision in enumerate(names)
    ]
    return versions_plot(names, versions)
