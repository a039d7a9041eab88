"""Axes with ticks and texts of our own: no text is ever placed by its width."""

from __future__ import annotations

from collections.abc import Sequence

from leaderboard_site.plots.tools.marks import MUTED
from leaderboard_site.plots.tools.vega import Json

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
SHARE_TEXTS = ("0%", "25%", "50%", "75%", "100%")


def axis(values: Sequence[float], texts: Sequence[str], **more: object) -> Json:
    """An axis with ticks at values. ``texts`` are ours, never from a record."""
    written = "".join(
        f"abs(datum.value - {value!r}) <= {abs(value) * 1e-9!r} ? '{text}' : "
        for value, text in zip(values, texts, strict=True)
    )
    return {"title": None, "values": list(values), "labelExpr": f"{written}''", **more}


def across(
    values: Sequence[float], texts: Sequence[str], *, title: str, width: float, grid: bool = False
) -> Json:
    """The axis below a plot, its title in the middle; a base line with ticks, or a grid."""
    line = {} if grid else {"ticks": True, "tickColor": MUTED, "domain": True, "domainColor": MUTED}
    return axis(values, texts, title=title, titleX=width / 2, titleY=28, grid=grid, **line)


def upwards(
    values: Sequence[float], texts: Sequence[str], *, title: str, left: float, grid: bool = True
) -> Json:
    """The axis on the left, its title level above it, over the ``left`` padding of the chart."""
    return axis(values, texts, title=title, titleAngle=0, titleAlign="left", titleX=2 - left,
                titleY=-12, grid=grid)  # fmt: skip
