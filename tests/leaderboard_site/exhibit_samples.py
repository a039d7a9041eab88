"""Exhibits of every kind that no suite of ours makes, plain and hostile."""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from typing import Any

import numpy as np

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
    Of,
    Remark,
    Scatter,
    Shown,
    Table,
    Trade,
    Traded,
)
from harness.nouns import Suite

STRANGE = "strange-suite"
QUESTION = "Which of two invented answers is the one that nobody gave?"
MARKUP = "<script>alert(1)</script>"
HOSTILE = (
    MARKUP,
    "\"' onload='x'",
    "\u202eltr\u200b",
    "{signal: x}",
    "x\x00\ufffe\ud800y",
    "n" * 9000,
)
"""Texts that want to be obeyed, or to fill a page."""

ABSURD = (math.nan, math.inf, -math.inf, 1e300, -1e300, 2.0)
"""Numbers that are on no axis of shares."""


def every_kind(names: Sequence[str]) -> tuple[Exhibit, ...]:
    """One exhibit of each kind under these names, and remarks of both sorts."""
    return (
        Remark(f"{names[0]} was invented.", warning=True),
        Remark("Nothing here was measured."),
        curves(names),
        dots(names),
        scatter(names[0]),
        bundle(names[0]),
        trade(names),
        table(names),
        matrix(names),
    )


def curves(names: Sequence[str]) -> Curves:
    """Stairs of scores that are easier to tell apart from name to name, with all extras."""
    random = np.random.default_rng(3)
    found = []
    for number, name in enumerate(names):
        scores = np.concatenate([random.normal(size=700), random.normal(size=700) + number / 2])
        high = (np.argsort(-scores) >= 700).cumsum()
        low = np.arange(1, 1401) - high
        points = zip((low / 700).tolist(), (high / 700).tolist(), strict=True)
        found.append(Curve(name, [(0.0, 0.0), *points]))
    return Curves(
        title=f"Rising of {names[0]}",
        curves=tuple(found),
        x=Axis(f"across {names[0]}", 0.0005, 1, log=True),
        y=Axis(f"upwards {names[0]}", 0, 1),
        resolved=1 / 700,
        rule=0.05,
        chance=tuple((10 ** (-step / 10), 10 ** (-step / 10)) for step in range(50)),
        note=f"A note of {names[0]}.",
    )


def dots(names: Sequence[str]) -> Dots:
    """Every name as a system, as a column and as a slice."""
    values = np.random.default_rng(4).uniform(0, 1, (3, len(names))).tolist()
    found = tuple(
        Dot(by, name, Figure(value, (max(0.0, value - 0.1), min(1.0, value + 0.1))))
        for by, row in zip(names[:3], values, strict=False)
        for name, value in zip(names, row, strict=True)
    )
    series = tuple(DotSeries(name, found) for name in names)
    return Dots(f"Slices of {names[0]}", series, Axis("share", 0, 1), note="Dots have a note.")


def scatter(name: str) -> Scatter:
    """Three thousand points around a line on axes in units of their own."""
    random = np.random.default_rng(5)
    across = random.normal(size=3000)
    upwards = np.clip(3 + across + random.normal(size=3000) * 0.3, 1, 5)
    return Scatter(
        title=f"Items of {name}",
        points=list(zip(across.tolist(), upwards.tolist(), strict=True)),
        curve=tuple((x, 3 + x) for x in np.linspace(-2, 2, 60).tolist()),
        x=Axis("score", unit="score"),
        y=Axis("opinion", 1, 5, "opinion"),
        said=((name, Figure(0.9, (0.88, 0.92))), ("offset", Figure(-1.25, unit="opinion"))),
        note="Each dot is an item.",
    )


def bundle(name: str) -> Bundle:
    """Three hundred waves."""
    places = np.linspace(0.2, 0.8, 48)
    waves = np.random.default_rng(6).uniform(1, 4, 300)
    return Bundle(
        title=f"Classes of {name}",
        names=tuple(f"{name} {n}" for n in range(300)),
        places=tuple(places.tolist()),
        lines=[np.abs(np.sin(places * wave)).tolist() for wave in waves],
        x=Axis("distance", 0.2, 0.8, "distance"),
        y=Axis("utility", 0, 1),
        worst=0.1,
    )


def trade(names: Sequence[str]) -> Trade:
    """Rates of some per cent, each with an interval but the last one."""
    rates = np.random.default_rng(7).uniform(0.001, 0.05, (len(names), 2)).tolist()
    points = [
        Traded(name, x, y, None if name == names[-1] else (y * 0.7, y * 1.4))
        for name, (x, y) in zip(names, rates, strict=True)
    ]
    return Trade(f"Trade of {names[0]}", tuple(points), Axis("won"), Axis("lost"), "A trade.")


def table(names: Sequence[str]) -> Table:
    """A cell of each sort, in more rows than there are names."""
    return Table(
        title=f"Cells of {names[0]}",
        columns=("Name", "Count", "Share", "Own unit", "Of", "Unknown"),
        rows=tuple(
            (name, 1234, Figure(0.1234, (0.1, 0.2)), Figure(-2.5, unit="m"), Of(3, 1200), None)
            for name in names
        ),
        of=900,
        note="Cells have a note.",
    )


def matrix(names: Sequence[str]) -> Matrix:
    """Every name against every name, shaded by how far they are apart."""
    return Matrix(
        title=f"Matrix of {names[0]}",
        corner="From",
        columns=tuple(names),
        rows=tuple(
            (
                row,
                tuple(
                    Figure(0.1 * abs(i - j), shade=min(3, abs(i - j))) for j in range(len(names))
                ),
            )
            for i, row in enumerate(names)
        ),
        shades=("a bit", "more", "far"),
        note="A matrix has a note.",
    )


def hostile() -> tuple[Exhibit, ...]:
    """Every kind with hostile texts, then every kind with numbers that nothing can show."""
    return (*every_kind(HOSTILE), *absurd("absurd"))


def absurd(name: str) -> tuple[Exhibit, ...]:
    """Every kind that holds numbers, with one that can be drawn among many that cannot."""
    numbers = (0.25, *ABSURD)
    pairs = [(x, y) for x in numbers for y in numbers]
    figures = tuple(Figure(x, (x, y)) for x, y in pairs)
    share = Axis("share", 0, 1)
    return (
        Curves(name, (Curve(name, pairs),), share, share, math.nan, math.inf, tuple(pairs)),
        Dots(name, (DotSeries(name, tuple(Dot("by", str(n), f) for n, f in enumerate(figures))),),
             Axis("share")),
        Scatter(name, pairs, tuple(pairs), share, Axis("y", -math.inf, math.nan)),
        Bundle(name, (name, name), numbers, [list(numbers), [0.5] * len(numbers), [0.1]], share,
               share, math.inf),
        Trade(name, tuple(Traded(name, x, y, (x, y)) for x, y in pairs), share, share),
        Table(name, ("Name", "Figure", "Metres"),
              tuple((name, f, f._replace(unit="m")) for f in figures)),
        Matrix(name, "From", (name,) * len(figures), ((name, figures),), ("", "", "")),
    )  # fmt: skip


def strange_suite() -> Suite:
    """A suite of somebody else that shows every kind, hostile ones for models named so."""
    return Suite(
        name=STRANGE,
        question=QUESTION,
        tasks=(),
        aggregates=(),
        embedded=(),
        find=lambda _: None,
        exhibits=_exhibits,
        worst=lambda side: (table([f"worst of {side.record.model.name}"]),),
    )


def _exhibits(shown: Sequence[Shown]) -> tuple[Exhibit, ...]:
    return hostile() if shown[0].name == "hostile" else every_kind([run.name for run in shown])


def install(monkeypatch: Any) -> None:
    """Make :func:`strange_suite` known as an installed package makes its suites known."""
    point = EntryPoint(STRANGE, f"{__name__}:strange_suite", "marginbench.suites")
    found = [point]
    monkeypatch.setattr(
        "harness.registry.entry_points", lambda group: found if group == point.group else []
    )
