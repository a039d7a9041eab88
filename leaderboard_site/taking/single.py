"""One picture of some runs, as a file for a paper: the charts of the pages, without a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.exhibits import Bundle, Curves, Dots, Exhibit, Scatter, Shown, Trade, exhibits_of
from harness.records.record import MetricValue, Record
from harness.records.systems import system_names
from leaderboard_site.drawing.standalone import png_file, svg_file
from leaderboard_site.exhibits.draw import Picture, drawing
from leaderboard_site.plots.forest import ForestRow, Reference, forest_plot
from leaderboard_site.plots.latency import SpeedPoint, latency_plot
from leaderboard_site.plots.tools.svg import Svg

if TYPE_CHECKING:
    from harness.compare.sides import Side

FOREST, LATENCY = "forest", "latency"
EXHIBITS: dict[str, type[Exhibit]] = {
    "curves": Curves,
    "dots": Dots,
    "scatter": Scatter,
    "bundle": Bundle,
    "trade": Trade,
}
KINDS = (FOREST, LATENCY, *EXHIBITS)
"""Values with intervals, values against time, and what the suite itself shows of its runs."""


def pictures(sides: Sequence[Side], kind: str, metric: str = "") -> list[bytes]:
    """The pictures of a kind of some runs of one task as SVG files, none where there is nothing.

    Systems stand in the order of their values, the best first. ``metric`` is the one shown in
    place of the task's primary one, by ``forest`` and ``latency`` alone.
    """
    ordered = best_first(sides, metric)
    if kind in EXHIBITS:
        names = system_names([side.record for side in ordered])
        shown = [Shown(name, side) for name, side in zip(names, ordered, strict=True)]
        chosen = [one for one in exhibits_of(shown) if isinstance(one, EXHIBITS[kind])]
        drawn = drawing(chosen)
        return [_exhibit(picture) for picture in drawn.pictures] if drawn else []
    make = _forest if kind == FOREST else _latency
    plot = make([side.record for side in ordered], metric)
    return [] if plot is None else [svg_file(plot.text, f"{plot.title}. {plot.caption}")]


def as_png(svg: bytes) -> bytes:
    """The same picture as PNG."""
    return png_file(svg)


def best_first(sides: Sequence[Side], metric: str) -> list[Side]:
    """Runs by their value of a metric; those without any come last."""

    def place(side: Side) -> tuple[bool, float]:
        found = _wanted(side.record, metric)
        if found is None or found.value is None:
            return True, 0.0
        return False, found.value if found.higher_is_better is False else -found.value

    return sorted(sides, key=place)


def _exhibit(picture: Picture) -> bytes:
    return svg_file(picture.plot.text, f"{picture.title}. {picture.caption}")


def _wanted(record: Record, metric: str) -> MetricValue | None:
    return record.metric(metric) if metric else record.primary


def _forest(records: Sequence[Record], metric: str) -> Svg | None:
    rows, first = [], None
    for record, name in zip(records, system_names(records), strict=True):
        found = _wanted(record, metric)
        if found is None or found.value is None:
            continue
        first = first or found
        low, high = found.interval or (None, None)
        rows.append(ForestRow(name, found.value, low, high))
    if first is None:
        return None
    return forest_plot(
        rows,
        metric=first.name,
        higher_is_better=first.higher_is_better,
        unit=first.unit,
        reference=_reference(records, first.name),
    )


def _reference(records: Sequence[Record], metric: str) -> Reference | None:
    """The first stage's value, where all runs have the same one."""
    found = set()
    for record in records:
        stage = record.first_stage
        known = {one.name: one.value for one in stage.metrics} if stage else {}
        found.add((stage.name if stage else "", known.get(metric)))
    if len(found) != 1:
        return None
    ((name, value),) = found
    return None if value is None else Reference(name, value)


def _latency(records: Sequence[Record], metric: str) -> Svg | None:
    points, first = [], None
    for record, name in zip(records, system_names(records), strict=True):
        found, run = _wanted(record, metric), record.run
        if run is None or run.latency is None or not run.latency.median_seconds:
            continue
        if found is None or found.value is None:
            continue
        first = first or found
        low, high = found.interval or (None, None)
        seconds, device = run.latency.median_seconds, f"{run.device} {run.device_name}"
        points.append(SpeedPoint(name, seconds, found.value, low, high, device))
    if first is None:
        return None
    return latency_plot(
        points, metric=first.name, higher_is_better=first.higher_is_better, unit=first.unit
    )
