"""Pictures of single-item suites as plain coordinates: ROC on log FPR, scores against opinion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from leaderboard_site.charts import Outline
from leaderboard_site.text import clip, metric_name, points

WIDTH, HEIGHT = 420, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 24, 10, 36
MOST_POINTS = 1500
MOST_CURVES = 8
TARGETS = (0.001, 0.01, 0.05, 0.1)


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on an axis: its place in pixels and its label."""

    at: str
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One system's ROC as a path; ``number`` picks its line style."""

    name: str
    number: int
    path: Outline


@dataclass(frozen=True, slots=True)
class RocPicture:
    """ROC curves of several systems; left of ``unresolved`` one text decides everything."""

    curves: tuple[Curve, ...]
    chance: Outline
    x_marks: tuple[Mark, ...]
    y_marks: tuple[Mark, ...]
    unresolved: str
    negatives: str
    left_out: int


@dataclass(frozen=True, slots=True)
class ScatterPicture:
    """One system's scores against opinion scores, with the fitted map."""

    name: str
    dots: Outline
    curve: Outline
    x_marks: tuple[Mark, ...]
    y_marks: tuple[Mark, ...]
    said: str
    shown: int


def roc_picture(
    systems: Sequence[tuple[str, Sequence[tuple[float, float]]]], negatives: int
) -> RocPicture | None:
    """Curves of (FPR, TPR) points; ``None`` when there is none or there are no negatives."""
    drawn = [(name, pairs) for name, pairs in systems if pairs]
    if not drawn or negatives < 1:
        return None
    low = math.log10(0.5 / negatives)
    curves = tuple(
        Curve(clip(name), number, _steps(pairs, low))
        for number, (name, pairs) in enumerate(drawn[:MOST_CURVES])
    )
    grid = [10**exponent for exponent in range(math.ceil(low), 1)]
    marks = tuple(
        Mark(f"{_x(share, low):.1f}", f"{share * 100:g}%")
        for share in sorted({*grid, 0.05})
        if share >= 10**low
    )
    diagonal = [(10 ** (low * (1 - i / 40)),) * 2 for i in range(41)]
    return RocPicture(
        curves=curves,
        chance=_line([(_x(f, low), _y(t)) for f, t in diagonal]),
        x_marks=marks,
        y_marks=tuple(Mark(f"{_y(i / 4):.1f}", f"{25 * i}%") for i in range(5)),
        unresolved=f"{_x(1 / negatives, low):.1f}",
        negatives=f"{negatives:,}",
        left_out=max(0, len(drawn) - MOST_CURVES),
    )


def _steps(pairs: Sequence[tuple[float, float]], low: float) -> Outline:
    ordered = sorted(pairs)
    path = [f"M{_LEFT} {_y(0):.1f}"]
    last = ""
    for fpr, tpr in ordered:
        step = f"L{_x(fpr, low):.1f} {_y(tpr):.1f}"
        if step != last:
            path.append(step)
        last = step
    return Outline("".join(path))


def _x(fpr: float, low: float) -> float:
    place = 0.0 if fpr <= 10**low else 1 - math.log10(fpr) / low
    return _LEFT + place * (WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)


def scatter_picture(
    name: str,
    pairs: Sequence[tuple[float, float]],
    curve: Sequence[tuple[float, float]],
    scale: tuple[float, float],
    metrics: Sequence[tuple[str, float | None]],
) -> ScatterPicture | None:
    """Scores (x) against opinions (y) with a map as (x, y) points; ``None`` without any pair."""
    if not pairs:
        return None
    every = math.ceil(len(pairs) / MOST_POINTS)
    kept = sorted(pairs)[::every]
    low, high = _range([x for x, _ in pairs])
    bottom, top = _range([*scale, *(y for _, y in pairs)])

    def place(x: float, y: float) -> tuple[float, float]:
        across = _LEFT + (x - low) / (high - low) * (WIDTH - _LEFT - _RIGHT)
        return across, _y((y - bottom) / (top - bottom))

    inside = [(x, y) for x, y in sorted(curve) if bottom <= y <= top]
    said = ", ".join(
        f"{metric_name(metric).full} {'–' if value is None else points(value)}"
        for metric, value in metrics
    )
    return ScatterPicture(
        name=clip(name),
        dots=Outline("".join(f"M{x:.1f} {y:.1f}h0" for x, y in (place(*p) for p in kept))),
        curve=_line([place(x, y) for x, y in inside]),
        x_marks=tuple(Mark(f"{place(v, bottom)[0]:.1f}", f"{v:.3g}") for v in _ends(low, high)),
        y_marks=tuple(Mark(f"{place(low, v)[1]:.1f}", f"{v:.3g}") for v in _ends(bottom, top)),
        said=said,
        shown=len(kept),
    )


def _line(places: Sequence[tuple[float, float]]) -> Outline:
    return Outline(
        "".join(f"{'L' if i else 'M'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(places))
    )


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if high - low < 1e-12:
        low, high = low - 1, high + 1
    margin = (high - low) * 0.03
    return low - margin, high + margin


def _ends(low: float, high: float) -> list[float]:
    return [low + (high - low) * part for part in (0.03, 0.5, 0.97)]
