"""Scores of one system against what people say, with the curve that maps one to the other."""

from __future__ import annotations

import math
from collections.abc import Sequence

from leaderboard_site.plots.tools.axes import across, upwards
from leaderboard_site.plots.tools.labels import label
from leaderboard_site.plots.tools.lines import simplified
from leaderboard_site.plots.tools.marks import line, specks
from leaderboard_site.plots.tools.scales import Scale, tight
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.plots.tools.vega import chart, render
from leaderboard_site.text import DASH, count, metric_name, points

MOST_POINTS = 500
WIDTH, HEIGHT = 366, 240
_PADDING = (42, 12, 26, 44)


def opinion_plot(
    name: str,
    pairs: Sequence[tuple[float, float]],
    *,
    curve: Sequence[tuple[float, float]],
    scale: tuple[float, float],
    metrics: Sequence[tuple[str, float | None]],
    target: str = "Opinion score",
    lower_is_better: bool = False,
) -> Svg | None:
    """(Score, opinion) pairs with a map as (score, opinion) points; ``None`` without any pair.

    ``scale`` are the ends of the opinion scale and ``target`` says what it measures. Where low
    opinions are the good ones the axis is turned, so that better is always upwards. ``metrics`` are
    fractions that the caption says. Of more than five hundred pairs evenly many are drawn, from
    the lowest score to the highest.
    """
    if not pairs:
        return None
    kept = sorted(pairs)[:: math.ceil(len(pairs) / MOST_POINTS)]
    scores = tight([x for x, _ in pairs])
    up = tight([*scale, *(y for _, y in pairs)], steps=6)
    said = ", ".join(
        f"{metric_name(metric).full} {DASH if value is None else points(value)}"
        for metric, value in metrics
    )
    drawn = count(len(kept)) + (f" of {count(len(pairs))}" if len(kept) < len(pairs) else "")
    return render(
        chart(
            width=WIDTH,
            height=HEIGHT,
            padding=_PADDING,
            x={
                "scale": {"domain": [scores.low, scores.high], "nice": False},
                "axis": across(scores.ticks, scores.tick_texts(),
                               title="Score, turned so that higher is better", width=WIDTH),
            },
            y={
                "scale": {"domain": [up.low, up.high], "nice": False, "reverse": lower_is_better},
                "axis": upwards(up.ticks, up.tick_texts(), title=f"{target}, better upwards",
                                left=_PADDING[0]),
            },
            layers=[
                specks(kept, colour="var(--range)", width=3.5),
                line(_inside(curve, scores, up), colour="var(--mark)", width=2.25),
            ],
        ),
        kind="opinion",
        name=f"Scores of {label(name)} against opinion scores",
        title=label(name),
        caption=f"{said}; {drawn} images{'' if curve else ', no curve fits'}.",
    )  # fmt: skip


def _inside(
    curve: Sequence[tuple[float, float]], scores: Scale, up: Scale
) -> list[tuple[float, float]]:
    """The part of a curve within the axes, with as few points as the eye needs."""
    inside = [(x, y) for x, y in sorted(curve) if up.low <= y <= up.high]
    pixels = [(scores.share(x) * WIDTH, up.share(y) * HEIGHT) for x, y in inside]
    wide, tall = scores.high - scores.low, up.high - up.low
    return [
        (scores.low + x / WIDTH * wide, up.low + y / HEIGHT * tall) for x, y in simplified(pixels)
    ]
