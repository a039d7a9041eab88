"""Cells of a table: a figure with its interval and shade, or a dash with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from leaderboard_site.board.ranks import Verdict, verdict
from leaderboard_site.reading.summary import BasisLike, GainLike, MetricLike, Run
from leaderboard_site.text import (
    DASH,
    LONGEST_UNIT,
    bounds,
    clip,
    count,
    decimals_for,
    duration,
    quantity,
    rate,
    signed,
    signed_bounds,
)

SHADES = 7
NARROWEST_SHADE = 0.02
"""A shade never stands for less than this (2 points), so that near equals look alike."""

UNIT_SHADE = 0.02
"""The same as a share of the largest value, for a metric in units of its own."""

MOST_NOTES = 40
"""Footnotes below one table; further reasons stand on the pages of their runs."""


ROUGH = "~"
"""Stands before an interval that may cover less than it says; a footnote says why."""


@dataclass(slots=True)
class Notes:
    """Footnotes of one table: each distinct reason once, numbered from 1 as first met."""

    _numbers: dict[str, int] = field(default_factory=dict)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every reason, in the order of their numbers."""
        return tuple(self._numbers)

    def number(self, reason: str) -> int | None:
        """The number of a reason, added when new; ``None`` when the table has too many already."""
        known = self._numbers.get(reason)
        if known is None and len(self._numbers) < MOST_NOTES:
            known = self._numbers[reason] = len(self._numbers) + 1
        return known


class Figure(NamedTuple):
    """One cell, with its interval (or other second line) below.

    ``unit`` is the name of the unit that the number is in, where it is no number of points.
    ``note`` numbers the footnote with the reason when something is undefined, or when the interval
    is rough, which the mark before it says too.
    ``shade`` runs from 0 (lightest) to ``SHADES - 1`` or is ``None``; ``best`` marks the column's
    best value among the ranked systems.
    """

    text: str
    interval: str = ""
    note: int | None = None
    reason: str = ""
    shade: int | None = None
    best: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class DifferenceCell:
    """Paired difference to the first stage with its verdict and counts of queries.

    There is no verdict on a metric that is neither good nor bad.
    """

    figure: Figure
    verdict: Verdict | None
    wins: str
    losses: str
    ties: str


def dash(reason: str | None, notes: Notes) -> Figure:
    """An undefined figure: a dash whose reason stands in a footnote."""
    said = reason or "no reason was recorded"
    return Figure(text=DASH, note=notes.number(said), reason=said)


def metric_figure(
    metric: MetricLike | None,
    notes: Notes,
    *,
    shade: int | None = None,
    best: bool = False,
    decimals: int = 1,
    bare: bool = False,
) -> Figure:
    """The cell of a metric; a missing or rough interval is footnoted like a missing value.

    ``bare`` leaves out the text of the interval, where a table has no room for it.
    """
    if metric is None:
        return dash("The record does not hold this metric", notes)
    if metric.value is None:
        return dash(metric.reason, notes)
    unit, interval = metric.unit, metric.interval
    shown = "" if bare or interval is None else bounds(interval, unit, decimals=decimals)
    said = _remark(interval, metric.basis, metric.reason)
    return Figure(
        text=quantity(metric.value, unit, decimals=decimals),
        interval=f"{ROUGH}{shown}" if said and shown else shown,
        note=notes.number(said) if said else None,
        reason=said,
        shade=shade,
        best=best,
        unit=clip(unit, most=LONGEST_UNIT) if unit else "",
    )


def difference_cell(
    difference: GainLike, metric: MetricLike, notes: Notes, *, decimals: int = 1
) -> DifferenceCell:
    """The cell of a paired difference of a metric, with its verdict in words."""
    return DifferenceCell(
        figure=_difference_figure(difference, metric.unit, notes, decimals),
        verdict=verdict(difference, higher_is_better=metric.higher_is_better),
        wins=count(difference.wins),
        losses=count(difference.losses),
        ties=count(difference.ties),
    )


def _difference_figure(difference: GainLike, unit: str, notes: Notes, least: int) -> Figure:
    if difference.value is None:
        return dash(difference.reason, notes)
    interval = difference.interval
    decimals = max(least, decimals_for(interval or ()))
    shown = "" if interval is None else signed_bounds(interval, unit, decimals=decimals)
    said = _remark(interval, difference.basis, difference.reason)
    return Figure(
        text=signed(difference.value, unit, decimals=decimals),
        interval=f"{ROUGH}{shown}" if said and shown else shown,
        note=notes.number(said) if said else None,
        reason=said,
        unit=clip(unit, most=LONGEST_UNIT),
    )


def _remark(
    interval: tuple[float, float] | None, basis: BasisLike | None, reason: str | None
) -> str:
    """What a footnote says of an interval that is missing or rough; ``""`` for any other."""
    if interval is None:
        return f"No interval: {reason or 'no reason was recorded'}"
    return f"Rough interval: {clip(basis.rough)}" if basis is not None and basis.rough else ""


@dataclass(frozen=True, slots=True)
class Shading:
    """Shades of one column: the best value darkest, one shade lighter per ``step`` behind it."""

    best: float
    step: float
    sign: int

    def shade(self, metric: MetricLike | None) -> int | None:
        """The shade of a value of this column; ``None`` when undefined."""
        if metric is None or metric.value is None:
            return None
        behind = (self.best - self.sign * metric.value) / self.step
        return max(0, SHADES - 1 - round(behind))


def shading(metrics: Iterable[MetricLike | None]) -> Shading | None:
    """Shading over a column's values, or ``None`` when there is nothing to compare."""
    known = [m for m in metrics if m is not None and m.value is not None]
    if len(known) < 2 or known[0].higher_is_better is None:
        return None
    sign = 1 if known[0].higher_is_better else -1
    values = [sign * m.value for m in known if m.value is not None]
    narrowest = UNIT_SHADE * max(map(abs, values)) if known[0].unit else NARROWEST_SHADE
    step = max((max(values) - min(values)) / (SHADES - 1), narrowest)
    if not step:
        return None
    return Shading(best=max(values), step=step, sign=sign)


def scale_text(units: Iterable[str]) -> str:
    """How the numbers of a table are to be read, given the units of its metrics."""
    own = sorted({clip(unit, most=LONGEST_UNIT) for unit in units})
    if own in ([], [""]):
        return "Points"
    return f"In {own[0]}" if len(own) == 1 else "Points, or the unit that stands with a number"


def best_value(metrics: Iterable[MetricLike | None]) -> float | None:
    """The best defined value of a column, or ``None`` when fewer than two are defined.

    ``None`` too where neither end is better.
    """
    known = [m for m in metrics if m is not None and m.value is not None]
    if len(known) < 2 or known[0].higher_is_better is None:
        return None
    values = [m.value for m in known if m.value is not None]
    return max(values) if known[0].higher_is_better else min(values)


def speed_figure(run: Run | None, notes: Notes) -> Figure:
    """Items per second with the median latency of a query below.

    ``None`` stands for a first stage without a record of its own.
    """
    if run is None or run.speed is None:
        return _not_run(run, notes)
    speed = run.speed.items_per_second
    text = DASH if speed is None else rate(speed)
    latency = run.speed.latency_seconds
    if latency is None:
        missing = dash(f"Latency was not measured: {run.untimed}", notes)
        return Figure(text=text, note=missing.note, reason=missing.reason)
    if speed is None:
        missing = dash("The run's speed was not recorded", notes)
        return Figure(DASH, duration(latency), missing.note, missing.reason)
    return Figure(text=text, interval=duration(latency))


def device_figure(run: Run | None, notes: Notes) -> Figure:
    """Device with its name below; ``None`` as in :func:`speed_figure`."""
    if run is None or run.speed is None:
        return _not_run(run, notes)
    return Figure(text=clip(run.speed.device), interval=clip(run.speed.device_name))


def _not_run(run: Run | None, notes: Notes) -> Figure:
    return dash(
        "The first stage was not timed as a system of its own" if run is None else run.untimed,
        notes,
    )
