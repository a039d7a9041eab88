"""Pictures of consistency and flips as plain coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leaderboard_site.charts import Outline
from leaderboard_site.class_reading import ClassCurves
from leaderboard_site.pictures import HEIGHT, WIDTH, Mark
from leaderboard_site.text import clip

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 24, 10, 36
MOST_LINES = 60
"""Classes drawn one by one; of more, evenly many from the best to the worst."""

STEPS = 48
MOST_SYSTEMS = 8
REACHES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
RATIOS = (0.1, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class CurvesPicture:
    """Utility of classes against distance: ``worst`` are the tenth of least mean utility."""

    name: str
    classes: int
    drawn: int
    others: Outline
    worst: Outline
    mean: Outline
    x_marks: tuple[Mark, ...]
    y_marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class FlipMark:
    """One system: gains across, negative flips upwards, its interval as a line."""

    name: str
    x: str
    y: str
    whisker: Outline
    label_at: str
    anchor: str


@dataclass(frozen=True, slots=True)
class FlipsPicture:
    """Negative flips against gains over the reference; on ``even`` accuracy stays the same."""

    marks: tuple[FlipMark, ...]
    even: Outline
    x_marks: tuple[Mark, ...]
    y_marks: tuple[Mark, ...]
    left_out: int


def curves_picture(
    name: str, curves: ClassCurves, low: float, high: float, worst_share: float
) -> CurvesPicture | None:
    """The curves over [low, high]; ``None`` without any class."""
    if not curves.utility or high <= low:
        return None
    every = np.array(curves.utility)
    across = np.linspace(low, high, STEPS)
    drawn = np.array([np.interp(across, curves.distances, row) for row in every])
    order = np.argsort(drawn.mean(axis=1), kind="stable")
    bad = order[: max(1, int(np.ceil(worst_share * len(order) - 1e-9)))]
    chosen = _spread(order, MOST_LINES)
    return CurvesPicture(
        name=clip(name),
        classes=len(every),
        drawn=len(chosen),
        others=_paths([drawn[c] for c in chosen if c not in set(bad.tolist())]),
        worst=_paths([drawn[c] for c in _spread(bad, MOST_LINES)]),
        mean=_paths([drawn.mean(axis=0)]),
        x_marks=tuple(
            Mark(f"{_across(i / 4):.1f}", f"{low + (high - low) * i / 4:.2f}") for i in range(5)
        ),
        y_marks=tuple(Mark(f"{_up(i / 4):.1f}", f"{25 * i}%") for i in range(5)),
    )


def flips_picture(
    systems: Sequence[tuple[str, float, float, tuple[float, float] | None]],
) -> FlipsPicture | None:
    """Systems as (name, gains, negative flips, interval of those), all shares of the items."""
    if not systems:
        return None
    shown = systems[:MOST_SYSTEMS]
    largest = max(max(x, y, (i or (0, 0))[1]) for _, x, y, i in shown)
    reach = next((r for r in REACHES if r >= largest), 1.0)
    ticks = [reach * i / 4 for i in range(5)]
    return FlipsPicture(
        marks=tuple(_mark(*system, reach) for system in shown),
        even=Outline(f"M{_across(0):.1f} {_up(0):.1f}L{_across(1):.1f} {_up(1):.1f}"),
        x_marks=tuple(Mark(f"{_across(t / reach):.1f}", f"{t * 100:g}%") for t in ticks),
        y_marks=tuple(Mark(f"{_up(t / reach):.1f}", f"{t * 100:g}%") for t in ticks),
        left_out=len(systems) - len(shown),
    )


def _mark(
    name: str, gains: float, flips: float, interval: tuple[float, float] | None, reach: float
) -> FlipMark:
    x, y = _across(gains / reach), _up(flips / reach)
    whisker = ""
    if interval is not None:
        low, high = (min(1.0, end / reach) for end in interval)
        whisker = f"M{x:.1f} {_up(low):.1f}V{_up(high):.1f}"
    left = x > WIDTH * 0.6
    return FlipMark(
        name=clip(name, most=28),
        x=f"{x:.1f}",
        y=f"{y:.1f}",
        whisker=Outline(whisker),
        label_at=f"{x - 8 if left else x + 8:.1f}",
        anchor="end" if left else "start",
    )


def _spread(order: np.ndarray, most: int) -> list[int]:  # type: ignore[type-arg, unused-ignore]
    if len(order) <= most:
        return [int(c) for c in order]
    places = np.unique(np.linspace(0, len(order) - 1, most).round().astype(int))
    return [int(order[place]) for place in places]


def _paths(rows: Sequence[Sequence[float] | np.ndarray]) -> Outline:  # type: ignore[type-arg, unused-ignore]
    parts = []
    for row in rows:
        places = [
            f"{_across(i / (len(row) - 1)):.1f} {_up(float(v)):.1f}" for i, v in enumerate(row)
        ]
        parts.append("M" + "L".join(places))
    return Outline("".join(parts))


def _across(share: float) -> float:
    return _LEFT + share * (WIDTH - _LEFT - _RIGHT)


def _up(share: float) -> float:
    return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)
