"""Parts of a chart: lines, whiskers, dots and names as layers of a specification."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from leaderboard_site.plots.tools.placing import Placed
from leaderboard_site.plots.tools.vega import Json

INK, MUTED, RULE = "var(--ink)", "var(--muted)", "var(--rule)"


class Series(NamedTuple):
    """How one system is drawn: a colour and a dash pattern that no other has."""

    colour: str
    dash: tuple[float, ...]
    shape: str


SERIES = (
    Series("var(--series-1)", (), "circle"),
    Series("var(--series-2)", (7, 3), "square"),
    Series("var(--series-3)", (2, 2), "triangle-up"),
    Series("var(--series-4)", (9, 3, 2, 3), "diamond"),
    Series("var(--series-5)", (4, 2), "triangle-down"),
    Series("var(--series-1)", (12, 4), "cross"),
    Series("var(--series-2)", (1, 3), "circle"),
    Series("var(--series-3)", (12, 3, 2, 3, 2, 3), "square"),
)
"""Petrol, rust, moss, plum and grey, then again with other dashes."""


def layer(mark: Json, rows: Iterable[Json], *, name: str | None = None, **encoding: Json) -> Json:
    """One layer with its own rows; ``x`` and ``y`` come from the chart."""
    made: Json = {"data": {"values": list(rows)}, "mark": mark}
    if name is not None:
        made["name"] = name
    if encoding:
        made["encoding"] = encoding
    return made


def line(points: Sequence[tuple[float, float]], *, colour: str, width: float = 1.75,
         dash: Sequence[float] = (), **more: object) -> Json:  # fmt: skip
    """A line through points in their order."""
    mark: Json = {"type": "line", "stroke": colour, "strokeWidth": width, "strokeJoin": "round"}
    if dash:
        mark["strokeDash"] = list(dash)
    rows = [{"x": x, "y": y, "i": i} for i, (x, y) in enumerate(points)]
    return layer({**mark, **more}, rows, order={"field": "i", "type": "quantitative"})


def lines(many: Sequence[Sequence[tuple[float, float]]], *, colour: str, width: float = 1,
          dash: Sequence[float] = (), **more: object) -> Json:  # fmt: skip
    """Several lines of one look."""
    made = line([], colour=colour, width=width, dash=dash, **more)
    made["data"]["values"] = [
        {"x": x, "y": y, "i": i, "k": k} for k, points in enumerate(many)
        for i, (x, y) in enumerate(points)
    ]  # fmt: skip
    made["encoding"]["detail"] = {"field": "k", "type": "nominal"}
    return made


def curves(many: Sequence[Sequence[tuple[float, float]]], *, width: float = 1.75) -> Json:
    """Lines of several systems, each in the look of its place in :data:`SERIES`."""
    mark: Json = {"type": "line", "strokeWidth": width, "strokeJoin": "round"}
    rows = [
        {"x": x, "y": y, "i": i, "k": k, "c": SERIES[k].colour, "d": list(SERIES[k].dash)}
        for k, points in enumerate(many)
        for i, (x, y) in enumerate(points)
    ]
    return layer(mark, rows, order={"field": "i", "type": "quantitative"},
                 detail={"field": "k", "type": "nominal"}, stroke=_raw("c"),
                 strokeDash=_raw("d"))  # fmt: skip


def _raw(field: str) -> Json:
    """What stands in a field of ours is drawn as it is: a colour, a dash pattern."""
    return {"field": field, "type": "nominal", "scale": None}


def segments(
    ends: Sequence[tuple[float, float, float, float]], *, colour: str, width: float = 1,
    dash: Sequence[float] = (), **more: object,
) -> Json:  # fmt: skip
    """Straight lines from (x, y) to (x2, y2)."""
    mark: Json = {"type": "rule", "stroke": colour, "strokeWidth": width, **more}
    if dash:
        mark["strokeDash"] = list(dash)
    rows = [{"x": x, "y": y, "x2": x2, "y2": y2} for x, y, x2, y2 in ends]
    return layer(mark, rows, x2={"field": "x2"}, y2={"field": "y2"})


def band(x: float, x2: float, y: float, y2: float, *, colour: str) -> Json:
    """A filled rectangle."""
    row = {"x": x, "x2": x2, "y": y, "y2": y2}
    mark: Json = {"type": "rect", "fill": colour}
    return layer(mark, [row], x2={"field": "x2"}, y2={"field": "y2"})


def dots(
    points: Sequence[tuple[float, float]], *, colour: str, radius: float = 3.5,
    shape: str = "circle",
) -> Json:  # fmt: skip
    """Filled marks, twice the radius wide."""
    mark = _dot(radius) | {"shape": shape, "fill": colour}
    return layer(mark, ({"x": x, "y": y} for x, y in points))


def series_dots(points: Sequence[tuple[float, float]], *, radius: float) -> Json:
    """One dot for each system in the colour of its place in :data:`SERIES`."""
    rows = ({"x": x, "y": y, "c": SERIES[k].colour} for k, (x, y) in enumerate(points))
    return layer(_dot(radius), rows, fill=_raw("c"))


def _dot(radius: float) -> Json:
    return {"type": "point", "filled": True, "opacity": 1, "strokeWidth": 0, "size": 4 * radius**2}


def specks(points: Sequence[tuple[float, float]], *, colour: str, width: float) -> Json:
    """Very many small dots, drawn as one stroke without length."""
    mark: Json = {
        "type": "point",
        "shape": "M0,0h0",
        "stroke": colour,
        "strokeWidth": width,
        "strokeCap": "round",
        "filled": False,
        "opacity": 1,
    }
    return layer(mark, ({"x": x, "y": y} for x, y in points))


class Text(NamedTuple):
    """A text at (x, y) in the chart's own units."""

    x: float
    y: float
    text: str


def texts(
    rows: Sequence[Text], *, align: str = "left", colour: str = INK, halo: str | None = None,
    **more: object,
) -> Json:  # fmt: skip
    """Texts of one look; ``halo`` is a word that tells haloed layers of a chart apart."""
    return layer(
        {"type": "text", "align": align, "fill": colour, **more},
        ({"x": row.x, "y": row.y, "t": row.text} for row in rows),
        name=None if halo is None else f"halo_{halo}",
        text={"field": "t", "type": "nominal"},
    )


def series_names(rows: Sequence[Text], *, halo: str | None = None) -> Json:
    """Names of systems, each in the colour of its place in :data:`SERIES`, in pixels."""
    made = in_pixels(texts(rows, halo=halo))
    del made["mark"]["fill"]
    for k, row in enumerate(made["data"]["values"]):
        row["c"] = SERIES[k].colour
    made["encoding"]["fill"] = _raw("c")
    return made


def in_pixels(made: Json) -> Json:
    """A layer whose rows are measured from the top left of the plot, in units of the viewBox."""
    raw = {axis: {"field": axis, "type": "quantitative", "scale": None} for axis in ("x", "y")}
    made["encoding"] = {**raw, **made.get("encoding", {})}
    return made


def placed_names(names: Sequence[Placed], *, colour: str = INK) -> list[Json]:
    """Names where :func:`leaderboard_site.plots.tools.placing.place` put them."""
    aligns = {"start": "left", "middle": "center", "end": "right"}
    return [
        in_pixels(
            texts([Text(n.x, n.y, n.text) for n in names if n.anchor == anchor],
                  align=align, colour=colour, halo=align)
        )
        for anchor, align in aligns.items()
        if any(n.anchor == anchor for n in names)
    ]  # fmt: skip


def leaders(spots: Sequence[tuple[float, float, str]], names: Sequence[Placed]) -> list[Json]:
    """Thin lines from points to those of their names that stand apart, in pixels."""
    ends = [
        (x, y, name.x, name.y + (4 if name.y < y else -4) * (name.anchor == "middle"))
        for (x, y, _), name in zip(spots, names, strict=True)
        if name.far
    ]
    return [pixel_segments(ends)] if ends else []


def pixel_segments(ends: Sequence[tuple[float, float, float, float]]) -> Json:
    """Thin lines from (x, y) to (x2, y2) in units of the viewBox."""
    made = in_pixels(segments(ends, colour=MUTED, width=0.75))
    made["encoding"] |= {end: {"field": end, "scale": None} for end in ("x2", "y2")}
    return made
