"""ROC curves on a logarithmic axis, which shows what the low false positive rates hide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from leaderboard_site.plots.tools.axes import SHARE_TEXTS, SHARES, across, upwards
from leaderboard_site.plots.tools.labels import LINE, fit, label
from leaderboard_site.plots.tools.lines import stairs
from leaderboard_site.plots.tools.marks import (
    MUTED,
    RULE,
    SERIES,
    Text,
    band,
    in_pixels,
    line,
    pixel_segments,
    segments,
    series_dots,
    series_names,
    texts,
)
from leaderboard_site.plots.tools.marks import curves as drawn_curves
from leaderboard_site.plots.tools.placing import spread
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.tools.vega import Json, chart, render
from leaderboard_site.text import count, plural

MOST_CURVES = len(SERIES)
WIDTH, HEIGHT = 318, 250
_PADDING = (42, 60, 26, 44)
_TICKS = (0.0001, 0.001, 0.01, 0.05, 0.1, 1.0)
_RULE = 0.05
_BELOW = 8
"""Names hang this far below their curve, which rises to the right."""


class RocCurve(NamedTuple):
    """One system: (FPR, TPR) points as fractions, in any order."""

    name: str
    points: Sequence[tuple[float, float]]


class _Frame(NamedTuple):
    """The axis: its left end as FPR, and the FPR of a single false positive."""

    low: float
    one: float

    def across(self, fpr: float) -> float:
        """Units from the left edge; everything left of the axis stands on its edge."""
        return WIDTH * (1 - math.log10(max(fpr, self.low)) / math.log10(self.low))


def roc_plot(curves: Sequence[RocCurve], *, negatives: int) -> Svg | None:
    """Up to eight curves; ``None`` when there is none, or nothing to be accused.

    ``negatives`` are the human texts behind the FPR. Left of 1 / ``negatives`` a single text
    decides, so that part is shaded.
    """
    drawn = [curve for curve in curves if curve.points]
    if not drawn or negatives < 1:
        return None
    shown = drawn[:MOST_CURVES]
    frame = _Frame(_low(negatives), 1 / negatives)
    names = ", ".join(label(curve.name) for curve in shown)
    return render(
        _spec(shown, frame),
        kind="roc",
        name=f"ROC curves on a logarithmic false positive rate: {names}",
        title="ROC",
        caption=_caption(negatives, len(drawn) - len(shown)),
    )


def _low(negatives: int) -> float:
    """At least 0.1%, and far enough left of one false positive to see where it ends."""
    return min(0.5 / negatives, max(0.001, 0.2 / negatives))


def _caption(negatives: int, left_out: int) -> str:
    said = (
        f"True positive rate against false positive rate on a logarithmic scale, "
        f"{count(negatives)} human texts. Shaded: less than one false positive, not resolved by "
        "these texts. Dotted: chance. Names stand by the curve at 5% FPR."
    )
    return f"{said} {plural(left_out, 'more system')} not drawn." if left_out else said


def _spec(curves: Sequence[RocCurve], frame: _Frame) -> Json:
    ticks = [tick for tick in _TICKS if tick >= frame.low * 0.999]
    return chart(
        width=WIDTH,
        height=HEIGHT,
        padding=_PADDING,
        x={
            "scale": {"type": "log", "domain": [frame.low, 1], "nice": False},
            "axis": across(ticks, [f"{tick * 100:g}%" for tick in ticks],
                           title="False positive rate", width=WIDTH),
        },
        y={
            "scale": {"domain": [0, 1]},
            "axis": upwards(SHARES, SHARE_TEXTS, title="True positive rate", left=_PADDING[0],
                            grid=False),
        },
        layers=_layers(curves, frame),
    )  # fmt: skip


def _layers(curves: Sequence[RocCurve], frame: _Frame) -> list[Json]:
    layers = [
        band(frame.low, min(1.0, frame.one), 0, 1, colour="var(--band)"),
        segments([(frame.low, share, 1, share) for share in SHARES], colour=RULE),
        segments([(_RULE, 0, _RULE, 1)], colour=MUTED, width=0.75),
        line(_chance(frame), colour=MUTED, width=1.25, dash=(1, 3), strokeCap="round"),
    ]
    layers.append(drawn_curves([_line(curve.points, frame) for curve in curves]))
    fade = frame.across(frame.one)
    if fade > LINE:
        layers.append(
            in_pixels(texts([Text(fade / 2, HEIGHT / 2, "not resolved")], align="center",
                            colour=MUTED, angle=270, fontSize=11, halo="unresolved"))
        )  # fmt: skip
    return layers + _names(curves, frame)


def _chance(frame: _Frame) -> list[tuple[float, float]]:
    steps = 40
    shares = [frame.low ** (1 - i / steps) for i in range(steps + 1)]
    return [(share, share) for share in shares]


def _line(points: Sequence[tuple[float, float]], frame: _Frame) -> list[tuple[float, float]]:
    """The curve in the axis, thinned to what can be seen."""
    start = max((tpr for fpr, tpr in points if fpr <= frame.low), default=0.0)
    inside = [(frame.low, start), *sorted(p for p in points if p[0] > frame.low)]
    kept = stairs([(frame.across(fpr), tpr * HEIGHT) for fpr, tpr in inside])
    return [(frame.low ** (1 - x / WIDTH), y / HEIGHT) for x, y in kept]


def tpr_at(points: Sequence[tuple[float, float]], fpr: float) -> float:
    """The highest TPR that is reached without going beyond a FPR."""
    return max((tpr for x, tpr in points if x <= fpr), default=0.0)


def _names(curves: Sequence[RocCurve], frame: _Frame) -> list[Json]:
    """Names right of the 5% rule at the height of their curves, spread apart."""
    reached = [tpr_at(curve.points, _RULE) for curve in curves]
    start = frame.across(_RULE)
    heights = [HEIGHT * (1 - tpr) for tpr in reached]
    places = spread(
        [height + _BELOW for height in heights], gap=LINE, low=LINE / 2, high=HEIGHT - LINE / 2
    )
    room = WIDTH + _PADDING[1] - start - 14
    names = [
        Text(start + 12, place, fit(curve.name, room))
        for place, curve in zip(places, curves, strict=True)
    ]
    ends = [
        (start + 3, height, start + 10, place)
        for height, place in zip(heights, places, strict=True)
    ]
    return [
        pixel_segments(ends),
        series_dots([(_RULE, tpr) for tpr in reached], radius=2.5),
        series_names(names, halo="names"),
    ]
