"""How well one threshold serves each class: curves of utility, one for every class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leaderboard_site.plots.tools.axes import SHARE_TEXTS, SHARES, across, upwards
from leaderboard_site.plots.tools.labels import LINE, label
from leaderboard_site.plots.tools.lines import simplified
from leaderboard_site.plots.tools.marks import Text, in_pixels, line, lines, texts
from leaderboard_site.plots.tools.placing import spread
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.tools.vega import Json, chart, render
from leaderboard_site.text import count

MOST_LINES = 40
"""Classes drawn one by one; of more, evenly many from the best to the worst."""

STEPS = 48
WIDTH, HEIGHT = 304, 240
_PADDING = (42, 74, 26, 44)

Reals = NDArray[np.float64]


def utility_plot(
    name: str, curves: ClassCurves, *, low: float, high: float, worst_share: float
) -> Svg | None:
    """Curves over distances from ``low`` (FAR 1%) to ``high`` (FAR 10%); ``None`` without any.

    The ``worst_share`` of classes with the least mean utility are told apart.
    """
    if not curves.utility or high <= low:
        return None
    distances = np.linspace(low, high, STEPS)
    every = np.array([np.interp(distances, curves.distances, row) for row in curves.utility])
    order = [int(c) for c in np.argsort(every.mean(axis=1), kind="stable")]
    bad = order[: max(1, int(np.ceil(worst_share * len(order) - 1e-9)))]
    worst = _thinned(bad, max(1, round(MOST_LINES * len(bad) / len(order))))
    others = _thinned(order[len(bad) :], MOST_LINES - len(worst))
    drawn = len(worst) + len(others)
    said = f"Utility of {count(len(every))} classes at one threshold for all"
    return render(
        _spec(every, worst, others, (low, high)),
        kind="utility",
        name=f"Utility of each class of {label(name)} against distance, "
        "with the mean and the worst tenth",
        title=label(name),
        caption=f"{said}; {drawn} drawn." if drawn < len(every) else f"{said}.",
    )


def _thinned(order: Sequence[int], most: int) -> list[int]:
    if len(order) <= most:
        return list(order)
    places = np.unique(np.linspace(0, len(order) - 1, most).round().astype(int))
    return [order[place] for place in places]


def _spec(
    every: Reals,
    worst: Sequence[int],
    others: Sequence[int],
    ends: tuple[float, float],
) -> Json:
    mean, bad = every.mean(axis=0), every[list(worst)]
    ticks = [ends[0] + (ends[1] - ends[0]) * share for share in (0.0, 0.5, 1.0)]
    return chart(
        width=WIDTH,
        height=HEIGHT,
        padding=_PADDING,
        x={
            "scale": {"domain": list(ends), "nice": False},
            "axis": across(ticks, [f"{tick:.2f}" for tick in ticks],
                           title="Distance, from FAR 1% to FAR 10%", width=WIDTH),
        },
        y={
            "scale": {"domain": [0, 1]},
            "axis": upwards(SHARES, SHARE_TEXTS, title="Utility", left=_PADDING[0]),
        },
        layers=[
            lines(_paths(every[list(others)], ends), colour="var(--range)", opacity=0.7),
            lines(_paths(bad, ends), colour="var(--loss)", dash=(4, 2), width=1.25),
            line(_paths([mean], ends)[0], colour="var(--mark)", width=2.75),
            *_names(float(mean[-1]), float(bad.mean(axis=0)[-1])),
        ],
    )  # fmt: skip


def _paths(
    rows: Sequence[Reals] | Reals,
    ends: tuple[float, float],
) -> list[list[tuple[float, float]]]:
    """Rows of utilities as lines with as few points as the eye needs."""
    found = []
    for row in rows:
        places = np.linspace(0, WIDTH, len(row))
        kept = simplified(
            list(zip(places.tolist(), (np.asarray(row) * HEIGHT).tolist(), strict=True))
        )
        wide = ends[1] - ends[0]
        found.append([(ends[0] + x / WIDTH * wide, y / HEIGHT) for x, y in kept])
    return found


def _names(mean: float, worst: float) -> list[Json]:
    heights = [HEIGHT * (1 - mean), HEIGHT * (1 - worst)]
    places = spread(heights, gap=LINE, low=LINE / 2, high=HEIGHT - LINE / 2)
    said = (("mean", "var(--mark)"), ("worst tenth", "var(--loss)"))
    return [
        in_pixels(texts([Text(WIDTH + 6, place, text)], colour=colour))
        for place, (text, colour) in zip(places, said, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class ClassCurves:
    """Utility of every class with pairs: ``utility[c][g]`` at ``distances[g]``."""

    names: tuple[str, ...]
    distances: tuple[float, ...]
    utility: tuple[tuple[float, ...], ...]
