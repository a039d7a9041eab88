"""Every kind of exhibit, from the records and tables of waiting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.compare.sides import Side
from harness.exhibits import (
    Axis,
    Bundle,
    Curve,
    Curves,
    Dot,
    Dots,
    DotSeries,
    Exhibit,
    Figure,
    Matrix,
    Remark,
    Scatter,
    Shown,
    Table,
    Trade,
    Traded,
)
from waiting_times.cards import MAE
from waiting_times.record import WaitingPart

MINUTES = "minutes"
STEPS = (0.5, 1.0, 2.0, 4.0, 8.0)


def exhibits(shown: Sequence[Shown]) -> tuple[Exhibit, ...]:
    """One of each kind; pictures need the table of stops beside the record."""
    parts = [(run, run.side.record.part) for run in shown]
    known = [(run, part) for run, part in parts if isinstance(part, WaitingPart)]
    if not known:
        return ()
    return (
        Remark(f"Always saying the median wait is {known[0][1].constant:.2f} minutes off."),
        Remark("A wait of nothing is never predicted.", warning=True),
        _stations(known),
        _matrix(known),
        _dots(known),
        _trade(known),
        *_pictures([run for run, _ in known]),
    )


def worst(side: Side) -> tuple[Table, ...]:
    """Stops whose wait was furthest off."""
    error, ids = side.column(MAE), side.ids
    if error is None or ids is None:
        return ()
    order = np.argsort(-error, kind="stable")[:10]
    rows = tuple((str(ids[i]), Figure(float(error[i]), unit=MINUTES)) for i in order)
    return (Table("Waits that were furthest off", ("Stop", "Off by"), rows, of=len(ids)),)


def _stations(known: Sequence[tuple[Shown, WaitingPart]]) -> Table:
    rows = tuple(
        (run.name, s.name, s.n, Figure(s.mae, unit=MINUTES), Figure(s.within))
        for run, part in known
        for s in part.stations
    )
    return Table("Errors by station", ("System", "Station", "Stops", "MAE", "Within"), rows)


def _matrix(known: Sequence[tuple[Shown, WaitingPart]]) -> Matrix:
    names = tuple(station.name for station in known[0][1].stations)
    rows = []
    for run, part in known:
        off = {s.name: s.mae for s in part.stations}
        cells = tuple(
            Figure(off.get(n), unit=MINUTES, shade=min(3, int((off.get(n) or 0) // 2)))
            for n in names
        )
        rows.append((run.name, cells))
    shades = ("two minutes", "four minutes", "six minutes or more")
    return Matrix("Minutes off", "System", names, tuple(rows), shades)


def _dots(known: Sequence[tuple[Shown, WaitingPart]]) -> Dots:
    series = tuple(
        DotSeries(
            run.name,
            tuple(
                Dot("station", s.name, Figure(s.within, (max(0, s.within - 0.2), 1.0)))
                for s in part.stations
                if s.within is not None
            ),
        )
        for run, part in known
    )
    return Dots("Waits predicted closely, by station", series, Axis("Share within two minutes"))


def _trade(known: Sequence[tuple[Shown, WaitingPart]]) -> Trade:
    points = []
    for run, part in known:
        won = sum((s.mae or 0) < part.constant for s in part.stations) / len(part.stations)
        points.append(Traded(run.name, won, 1 - won, (0.0, 1.0)))
    return Trade("Against always the median", tuple(points), Axis("Won"), Axis("Lost"))


def _pictures(shown: Sequence[Shown]) -> tuple[Exhibit, ...]:
    made: list[Exhibit] = []
    curves = []
    for run in shown:
        predicted, true = run.side.column("predicted"), run.side.column("true")
        station = run.side.column("station")
        if predicted is None or true is None or station is None:
            continue
        error = np.abs(predicted - true)
        reached = [(step, float((error <= step).mean())) for step in STEPS]
        curves.append(Curve(run.name, reached))
        made.append(_scatter(run.name, predicted, true, run.side.record.part))
        names = tuple(dict.fromkeys(station.tolist()))
        lines = [[float((error[station == n] <= s).mean()) for s in STEPS] for n in names]
        axes = (Axis("Minutes", 0.5, 8.0, unit=MINUTES), Axis("Share"))
        made.append(Bundle(run.name, names, STEPS, lines, *axes, worst=0.2))
    x = Axis("Minutes off", 0.5, 8.0, unit=MINUTES, log=True)
    if curves:
        made.insert(0, Curves("Closer and closer", tuple(curves), x, Axis("Share"), rule=2.0))
    return tuple(made)


def _scatter(name: str, predicted: object, true: object, part: WaitingPart) -> Scatter:
    points = [(float(x), float(y)) for x, y in zip(predicted, true, strict=True)]  # type: ignore[call-overload]
    curve: tuple[tuple[float, float], ...] = ()
    if part.slope is not None and part.intercept is not None:
        ends = (min(x for x, _ in points), max(x for x, _ in points))
        curve = tuple((x, part.slope * x + part.intercept) for x in ends)
    y = Axis("True wait", 0.0, 20.0, unit=MINUTES)
    return Scatter(name, points, curve, Axis("Predicted wait", unit=MINUTES), y)
