"""What is ranked: figures turned so that more is better, with what tells them apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals.base import LEVEL
from harness.metrics.intervals.families import (
    deviations,
    rank_ranges,
    told_apart,
    told_apart_by_intervals,
)
from leaderboard_site.board.ranks import RankInterval, oriented
from leaderboard_site.reading.spread import values_of
from leaderboard_site.reading.summary import MetricLike, Spread

Reals = NDArray[np.float64]
Mask = NDArray[np.bool_]

MOST_WITH_ALL, DRAWS, FEWER_DRAWS = 200, 2000, 1000
"""Draws for boards of up to so many systems, and for larger ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """How far replicates of a figure lie from it; those of one ``key`` share their draws."""

    key: str
    units: int
    deviations: Reals


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A figure and its interval, more being better; the interval is ``None`` where there is none.

    ``drawn`` is there where it can be paired with others.
    """

    value: float
    interval: tuple[float, float] | None
    drawn: Drawn | None = None


def contender(metric: MetricLike) -> Contender:
    """A metric with a value, as far as its interval goes."""
    assert metric.value is not None, "only what has a value is ranked"
    value = -metric.value if metric.higher_is_better is False else metric.value
    return Contender(value, oriented(metric))


def contenders(
    metrics: Sequence[MetricLike], spreads: Sequence[Spread | None], *, stream: int = 0
) -> list[Contender]:
    """Metrics on one work, paired where their spreads are of one key.

    Draws of different ``stream`` are independent, as those of different tasks should be.
    """
    found = [contender(metric) for metric in metrics]
    groups: dict[tuple[str, bool, int], list[int]] = {}
    for place, (metric, spread) in enumerate(zip(metrics, spreads, strict=True)):
        if spread is not None and metric.higher_is_better is not None:
            length = len(spread.values)
            groups.setdefault((spread.key, spread.drawn, length), []).append(place)
    for (key, is_drawn, _), places in groups.items():
        own = [spread for place in places if (spread := spreads[place]) is not None]
        rows = np.stack([values_of(spread) for spread in own])
        draws = DRAWS if len(places) <= MOST_WITH_ALL else FEWER_DRAWS
        moved = rows if is_drawn else deviations(rows, replicates=draws, stream=stream)
        units = min(spread.units for spread in own)
        for place, row in zip(places, moved, strict=True):
            turned = -row if metrics[place].higher_is_better is False else row
            found[place] = replace(found[place], drawn=Drawn(f"{key} {len(row)}", units, turned))
    return found


def mean_drawn(parts: Sequence[Drawn | None]) -> Drawn | None:
    """Of the mean of independent figures, where each of them has its own."""
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    draws = min(len(part.deviations) for part in known)
    moved = np.stack([part.deviations[:draws] for part in known])
    return Drawn(
        " | ".join(part.key for part in known),
        min(part.units for part in known),
        np.asarray(moved.sum(axis=0) / len(known)),
    )


def proven(ranked: Sequence[Contender]) -> Mask:
    """Which are proven better than which, over all pairs at once: [i, j] is of i over j.

    Those that share their draws are compared with each other by the largest |t|, any other pair by
    the two intervals. Each kind of pair takes the part of the 5 % that it is of all pairs.
    """
    count = len(ranked)
    pairs = count * (count - 1) // 2
    values = np.array([one.value for one in ranked])
    ends = [one.interval or (math.nan, math.nan) for one in ranked]
    low, high = (np.array([end[side] for end in ends]) for side in (0, 1))
    apart = told_apart_by_intervals(values, low, high, pairs=pairs)
    groups: dict[str, list[int]] = {}
    for place, one in enumerate(ranked):
        if one.drawn is not None:
            groups.setdefault(one.drawn.key, []).append(place)
    for places in groups.values():
        if len(places) > 1:
            own = [drawn for place in places if (drawn := ranked[place].drawn) is not None]
            part = len(places) * (len(places) - 1) / 2 / pairs
            apart[np.ix_(places, places)] = told_apart(
                values[places],
                np.stack([drawn.deviations for drawn in own]),
                units=min(drawn.units for drawn in own),
                level=1 - (1 - LEVEL) * part,
            )
    return apart


def ranks_of(ranked: Sequence[Contender]) -> tuple[RankInterval, ...]:
    """Rank intervals in the order given, by :data:`leaderboard_site.board.ranks.RANK_RULE`."""
    return tuple(RankInterval(*ends) for ends in rank_ranges(proven(ranked)))
