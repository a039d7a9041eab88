"""Exhibits in the terminal: every kind as a table or a line, whatever suite made it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import assert_never

from harness.cli.numbers import bounds, number
from harness.cli.text_table import print_line, print_table
from harness.exhibits import (
    FRACTION,
    Bundle,
    Cell,
    Curves,
    Dots,
    Exhibit,
    Figure,
    Matrix,
    Of,
    Remark,
    Scatter,
    Table,
    Trade,
    own_text,
)

MOST_ROWS, MOST_COLUMNS = 60, 16
"""Rows and columns shown of one table."""

LONGEST_CELL = 100
DASH = "–"
_QUARTERS = (0.25, 0.5, 0.75, 1.0)
_POWERS = range(-9, 10)


def print_exhibits(exhibits: Sequence[Exhibit]) -> None:
    """Print all of them in their order, warnings before everything else."""
    for exhibit in sorted(exhibits, key=lambda e: not (isinstance(e, Remark) and e.warning)):
        drawn = _drawn(exhibit)
        if isinstance(drawn, str):
            print_line(f"  {drawn}")
        elif drawn.rows:
            print_line("")
            print_line(f"  {drawn.title}")
            _print_table(drawn)


def _drawn(exhibit: Exhibit) -> Table | str:
    match exhibit:
        case Remark():
            return f"! {exhibit.text}" if exhibit.warning else exhibit.text
        case Table():
            return exhibit
        case Matrix():
            return _matrix(exhibit)
        case Curves():
            return _curves(exhibit)
        case Dots():
            return _dots(exhibit)
        case Scatter():
            return _scatter(exhibit)
        case Bundle():
            return _bundle(exhibit)
        case Trade():
            return _trade(exhibit)
        case _:
            assert_never(exhibit)


def _print_table(table: Table) -> None:
    """The rows with a column of intervals beside every column that has some."""
    shown = table.rows[:MOST_ROWS]
    lines: list[list[str]] = [[] for _ in range(1 + len(shown))]
    right = []
    for name, cells in list(zip(table.columns, zip(*shown, strict=True), strict=True))[
        :MOST_COLUMNS
    ]:
        if {type(cell) for cell in cells} - {type(None)} <= {int, Figure, Of}:
            right.append(len(lines[0]))
        columns = [[name, *map(cell_text, cells)]]
        if any(_interval(cell) for cell in cells):
            columns.append(["interval", *map(_bounds_text, cells)])
        for line, *found in zip(lines, *columns, strict=True):
            line += found
    print_table(lines, right=right, longest=LONGEST_CELL)
    _say_rest(max(table.of or 0, len(table.rows)) - len(shown), "rows")
    _say_rest(len(table.columns) - MOST_COLUMNS, "columns")
    if table.note:
        print_line(f"  {table.note}")


def _say_rest(count: int, what: str) -> None:
    if count > 0:
        print_line(f"  … and {count:,} more {what}")


def cell_text(cell: Cell) -> str:
    """A cell in words; a mark of exclamation for each step of its shade."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, Figure):
        return _figure_text(cell) + (f" {'!' * cell.shade}" if cell.shade else "")
    if isinstance(cell, Of):
        return DASH if cell.part is None else f"{cell.part:,}/{cell.whole:,}"
    return DASH if cell is None else f"{cell:,}"


def _figure_text(figure: Figure) -> str:
    if figure.value is None or not math.isfinite(figure.value):
        return DASH
    if figure.unit == FRACTION:
        return number(figure.value)
    return own_text(figure.value, figure.unit)


def _interval(cell: Cell) -> tuple[float, float] | None:
    found = cell.interval if isinstance(cell, Figure) else None
    return found if found is not None and all(map(math.isfinite, found)) else None


def _bounds_text(cell: Cell) -> str:
    found = _interval(cell)
    if found is None or not isinstance(cell, Figure):
        return DASH
    if cell.unit == FRACTION:
        return bounds(found)
    return f"[{', '.join(own_text(end, cell.unit) for end in found)}]"


def _matrix(matrix: Matrix) -> Table:
    used = {figure.shade for _, figures in matrix.rows for figure in figures}
    said = [f"{'!' * shade} {text}" for shade, text in enumerate(matrix.shades, 1) if shade in used]
    return Table(
        title=matrix.title,
        columns=(matrix.corner, *matrix.columns),
        rows=tuple((name, *figures) for name, figures in matrix.rows),
        note=" ".join(filter(None, [matrix.note, ", ".join(said)])),
    )


def _curves(curves: Curves) -> Table:
    """How high each curve is where curves are compared, and at a few places around it."""
    places = _places(curves)
    fraction = curves.x.unit == FRACTION
    return Table(
        title=f"{curves.title} ({curves.y.title} by {curves.x.title})",
        columns=("system", *(f"at {100 * x:g}%" if fraction else f"at {x:g}" for x in places)),
        rows=tuple(
            (curve.name, *(Figure(curve.reached(x), unit=curves.y.unit) for x in places))
            for curve in curves.curves
        ),
        note=curves.note,
    )


def _places(curves: Curves) -> list[float]:
    known = [x for curve in curves.curves for x, _ in curve.points if math.isfinite(x)]
    low, high = _end(curves.x.low, known, min), _end(curves.x.high, known, max)
    if curves.x.log:
        every = [10.0**power for power in _POWERS]
    else:
        every = [low + (high - low) * share for share in _QUARTERS]
    found = {x for x in every if max(low, curves.resolved or low) <= x <= high}
    if curves.rule is not None and math.isfinite(curves.rule):
        found.add(curves.rule)
    return sorted(found)


def _end(
    given: float | None, known: Sequence[float], of: Callable[[Iterable[float]], float]
) -> float:
    return given if given is not None else of(known or [0.0])


def _dots(dots: Dots) -> Table:
    return Table(
        title=dots.title,
        columns=("system", "by", "slice", dots.x.title),
        rows=tuple(
            (one.name, dot.by, dot.slice, dot.figure) for one in dots.series for dot in one.dots
        ),
        note=dots.note,
    )


def _scatter(scatter: Scatter) -> str:
    said = [f"{name} {_figure_text(figure)}" for name, figure in scatter.said]
    axes = f"{scatter.y.title} against {scatter.x.title}"
    return f"{scatter.title}: {', '.join([axes, *said, f'{len(scatter.points):,} points'])}"


def _bundle(bundle: Bundle) -> str:
    worst, others = bundle.parted()
    mean, low = _mean(bundle, [*worst, *others]), _mean(bundle, worst)
    said = f"{bundle.y.title} of {len(bundle.lines):,} classes"
    return f"{bundle.title}: {said}: mean {mean}, of the worst {bundle.worst:.0%} {low}"


def _mean(bundle: Bundle, places: Sequence[int]) -> str:
    values = [value for place in places for value in bundle.lines[place]]
    mean = sum(values) / len(values) if values else None
    return _figure_text(Figure(mean, unit=bundle.y.unit))


def _trade(trade: Trade) -> Table:
    return Table(
        title=trade.title,
        columns=("system", trade.x.title, trade.y.title),
        rows=tuple((one.name, Figure(one.x), Figure(one.y, one.interval)) for one in trade.points),
        note=trade.note,
    )
