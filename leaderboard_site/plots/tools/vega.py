"""From a Vega-Lite specification to SVG that a strict page can hold.

Layout never rests on the width of a text: sizes and paddings are fixed, and every title has its
place. So the same data give the same bytes whatever fonts the building machine has.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from harness.environment import install
from harness.errors import UsageError
from leaderboard_site.plots.tools.compact import SvgError, compact
from leaderboard_site.plots.tools.svg import Svg
from leaderboard_site.text import visible

Json = dict[str, Any]

_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"

THEME: Json = {
    "background": None,
    "font": "Liberation Sans",  # vl-convert brings it along; the page's stylesheet sets another
    "view": {"stroke": None},
    "axis": {
        "domain": False,
        "ticks": False,
        "gridColor": "var(--rule)",
        "gridWidth": 1,
        "labelColor": "var(--muted)",
        "labelFontSize": 12,
        "labelPadding": 6,
        "labelLimit": 0,
        "labelOverlap": False,
        "labelFlush": False,
        "titleColor": "var(--muted)",
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titleLimit": 0,
        "translate": 0,
    },
    "text": {"fontSize": 12, "fill": "var(--ink)", "limit": 0, "baseline": "middle"},
}


class PlotError(RuntimeError):
    """A picture that could not be drawn: a bug of ours, and the message names the picture."""


def chart(
    *,
    width: float,
    height: float,
    padding: tuple[float, float, float, float],
    x: Json,
    y: Json,
    layers: Sequence[Json],
) -> Json:
    """A layered chart on two shared axes, read from the fields ``x`` and ``y`` of every row.

    ``padding`` is left, right, top, bottom. All lengths are in units of the SVG's ``viewBox``.
    """
    left, right, top, bottom = padding
    return {
        "$schema": _SCHEMA,
        "width": width,
        "height": height,
        "autosize": {"type": "none"},
        "padding": {"left": left, "right": right, "top": top, "bottom": bottom},
        "config": THEME,
        "encoding": {
            "x": {"field": "x", "type": "quantitative", **x},
            "y": {"field": "y", "type": "quantitative", **y},
        },
        "layer": list(layers),
    }


def render(spec: Json, *, kind: str, name: str, title: str, caption: str) -> Svg:
    """Draw a specification.

    ``kind`` is a word of ours for the class; ``name`` is the accessible name; ``title`` and
    ``caption`` go into the figcaption. Raises :class:`PlotError` naming the picture when it cannot
    be drawn, and :class:`UsageError` when vl-convert is not installed.
    """
    try:
        import vl_convert
    except ImportError as error:
        raise UsageError(
            "the site's charts need vl-convert",
            fix=f"Install with: {install('site')}",
        ) from error
    name = visible(name)
    try:
        text = vl_convert.vegalite_to_svg(json.dumps(spec, allow_nan=False), allowed_base_urls=[])
        drawn = compact(text, kind=kind, name=name)
    except (ValueError, SvgError) as error:
        raise PlotError(f"the picture {kind!r} ({name}) cannot be drawn: {error}") from error
    return Svg(text=drawn, name=name, title=title, caption=caption)
