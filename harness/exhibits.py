"""Exhibits: what a suite shows beside its figures, as plain data of eight kinds.

A suite makes them from runs of one task (``suites/X/exhibits.py``). The terminal and the site draw
every kind, clip texts, escape them and leave out what lies off an axis, each in one place; neither
knows a suite. Texts are plain, without markup; numbers are numbers, never formatted by the suite.

The kinds: :class:`Table`, :class:`Matrix`, :class:`Curves`, :class:`Dots`, :class:`Scatter`,
:class:`Bundle`, :class:`Trade` and :class:`Remark`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, NamedTuple, TypeAlias

from harness.errors import SuiteError
from harness.registry import blaming, suite_named

Point: TypeAlias = tuple[float, float]
Interval: TypeAlias = tuple[float, float]

FRACTION = ""
"""The unit of shares: shown as fractions in the terminal and in points on the site."""


P_VALUE = "p"
"""The unit of the p of a test."""

LEAST_P = 1e-4
"""A p below this says no more than that it is."""


class Shown(NamedTuple):
    """A run on its way into an exhibit: the name that tables give it, and its
    :class:`harness.compare.sides.Side` (the record with the tables beside it)."""

    name: str
    side: Any


class Figure(NamedTuple):
    """A number of a cell, with its interval where it has one.

    ``unit`` is :data:`FRACTION`, or the name of the unit that the number is shown in as it is
    (``"distance"``, ``"p"``). ``shade`` is 0 to 3: how far it is, for sure, beyond what is meant to
    be.
    """

    value: float | None
    interval: Interval | None = None
    unit: str = FRACTION
    shade: int = 0


class Of(NamedTuple):
    """A count of a whole: 12 of 300. ``None`` where it is unknown."""

    part: int | None
    whole: int


Cell: TypeAlias = str | int | Figure | Of | None
"""What stands in a cell of a table; ``None`` is shown as a dash."""

CELLS = (str, int, Integral, Figure, Of, type(None))


class Axis(NamedTuple):
    """An axis: its title, and its ends where the data do not set them.

    What lies beyond a given end is not drawn, and counted. Of two given ends ``low`` may be the
    larger number: the axis is then turned. ``unit`` as in :class:`Figure`. ``log`` makes it
    logarithmic.
    """

    title: str
    low: float | None = None
    high: float | None = None
    unit: str = FRACTION
    log: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, the most telling first.

    ``of`` counts the rows there could have been, where only the first ones are given.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    of: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Figures by a name for the row and a name for the column, shaded by :attr:`Figure.shade`.

    ``corner`` says what the names of rows are; ``shades`` what the shades 1 to 3 mean.
    """

    title: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Figure, ...]], ...]
    shades: tuple[str, str, str]
    note: str = ""


class Curve(NamedTuple):
    """A named line through points in any order."""

    name: str
    points: Sequence[Point]

    def reached(self, x: float) -> float | None:
        """The highest it rises without going beyond ``x``; ``None`` where it begins later."""
        return max((height for place, height in self.points if place <= x), default=None)


@dataclass(frozen=True, slots=True)
class Curves:
    """One rising curve for each run, over a common axis.

    Left of ``resolved`` the data are too few to tell; ``rule`` is where curves are compared;
    ``chance`` is the line that telling nothing apart would give, where there is one.
    """

    title: str
    curves: tuple[Curve, ...]
    x: Axis
    y: Axis
    resolved: float | None = None
    rule: float | None = None
    chance: tuple[Point, ...] = ()
    note: str = ""


class Dot(NamedTuple):
    """A value of one slice: the column it is cut by, the column's value, the figure."""

    by: str
    slice: str
    figure: Figure


class DotSeries(NamedTuple):
    """The slices of one run."""

    name: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Dots:
    """A figure by slice, with intervals, for each run."""

    title: str
    series: tuple[DotSeries, ...]
    x: Axis
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scatter:
    """Single items of one run, and the curve that was fitted through them (or none).

    ``said`` are figures to stand beside it, by name.
    """

    title: str
    points: Sequence[Point]
    curve: tuple[Point, ...]
    x: Axis
    y: Axis
    said: tuple[tuple[str, Figure], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """One line for each of many classes of a run, all at the same places of the x axis.

    Drawn are the mean, and apart from the others the ``worst`` share of the lines, those with the
    lowest mean.
    """

    title: str
    names: tuple[str, ...]
    places: tuple[float, ...]
    lines: Sequence[Sequence[float]]
    x: Axis
    y: Axis
    worst: float
    note: str = ""

    def parted(self) -> tuple[list[int], list[int]]:
        """Places of the worst lines, one at least, and of all others; the lowest mean first."""
        means = [sum(line) / max(1, len(line)) for line in self.lines]
        order = sorted(range(len(means)), key=means.__getitem__)
        share = self.worst if 0 <= self.worst <= 1 else 0.0
        most = max(1, math.ceil(share * len(order) - 1e-9))
        return order[:most], order[most:]


class Traded(NamedTuple):
    """One run between two shares: what it won (x), and what it cost (y) with its interval."""

    name: str
    x: float
    y: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Trade:
    """What each run won against what that cost; on the diagonal the two are equal."""

    title: str
    points: tuple[Traded, ...]
    x: Axis
    y: Axis
    note: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence that belongs to the figures; a warning is never left out where room is short."""

    text: str
    warning: bool = False


Exhibit: TypeAlias = Table | Matrix | Curves | Dots | Scatter | Bundle | Trade | Remark


def own_text(value: float, unit: str) -> str:
    """A number in a unit of its own as it is, with four digits; of a p two, or ``< 0.0001``."""
    if unit != P_VALUE:
        return f"{value:.4g}"
    return f"< {LEAST_P:.4f}" if 0 <= value < LEAST_P else f"{value:.2g}"


def exhibits_of(shown: Sequence[Shown]) -> tuple[Exhibit, ...]:
    """What their suite shows of some runs of one task, the best first.

    A warning says so where the suite's package is not installed, or fails. Raises
    :class:`InvalidError` when a table beside a record is not the one it tells of.
    """
    name = shown[0].side.record.task.suite
    suite = suite_named(name)
    if suite is None:
        said = f"The suite {name} is not installed here or fails, so only its figures are shown."
        return (Remark(said, warning=True),)
    if suite.exhibits is None:
        return ()
    try:
        return _made(name, "what it shows", suite.exhibits, shown)
    except SuiteError as fault:
        return (Remark(f"Not shown: {fault.message}.", warning=True),)


def worst_of(side: Any) -> tuple[Table, ...]:
    """Tables of what a run did worst on, as its suite has them; else as :func:`exhibits_of`."""
    name = side.record.task.suite
    suite = suite_named(name)
    if suite is None or suite.worst is None:
        return ()
    try:
        found = _made(name, "what it does worst on", suite.worst, side)
    except SuiteError as fault:
        return (Table("Items it does worst on", ("Not shown",), ((fault.message,),)),)
    return tuple(table for table in found if isinstance(table, Table))


def _made(
    suite: str, what: str, make: Callable[[Any], Sequence[Any]], of: Any
) -> tuple[Exhibit, ...]:
    with blaming(suite, what):
        found = tuple(make(of))
        for exhibit in found:
            check_shape(exhibit)
        return found


def check_shape(exhibit: Any) -> None:
    """Raise :class:`TypeError` for what is no exhibit: wrong types, rows of different lengths.

    Numbers are looked at by whoever draws them: a claimed record may hold any.
    """
    match exhibit:
        case Table():
            kinds = {type(cell) for row in exhibit.rows for cell in row}
            fits = all(issubclass(kind, CELLS) for kind in kinds)
            fits &= {len(row) for row in exhibit.rows} <= {len(exhibit.columns)}
        case Matrix():
            rows = [figures for _, figures in exhibit.rows]
            fits = all(isinstance(figure, Figure) for figures in rows for figure in figures)
            fits &= {len(figures) for figures in rows} <= {len(exhibit.columns)}
        case Curves():
            fits = all(map(_are_points, (curve.points for curve in exhibit.curves)))
        case Dots():
            dots = [dot for series in exhibit.series for dot in series.dots]
            fits = all(isinstance(dot.figure, Figure) for dot in dots)
        case Scatter():
            fits = _are_points(exhibit.points) and _are_points(exhibit.curve)
        case Bundle():
            fits = all(isinstance(y, Real) for line in exhibit.lines for y in line)
        case Trade():
            fits = all(isinstance(p.x, Real) and isinstance(p.y, Real) for p in exhibit.points)
        case Remark():
            fits = isinstance(exhibit.text, str)
        case _:
            fits = False
    if not fits or not isinstance(getattr(exhibit, "title", ""), str):
        raise TypeError(f"a {type(exhibit).__name__} is not as harness.exhibits has it")


def _are_points(points: Sequence[Any]) -> bool:
    return all(len(p) == 2 and isinstance(p[0], Real) and isinstance(p[1], Real) for p in points)
