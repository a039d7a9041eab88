"""How to read the board: ranks, verdicts, evidence, and every metric on it."""

from __future__ import annotations

from dataclasses import dataclass

from leaderboard_site.addresses import Render
from leaderboard_site.board.board import Board
from leaderboard_site.board.ranks import clearly_better, rank_intervals
from leaderboard_site.pages.metric_cards import metric_cards
from leaderboard_site.tables.charts import Axis, Whisker, make_axis
from leaderboard_site.text import bounds, listing, points

PAGE = "method/index.html"

EXAMPLE = {
    "A": (0.45, (0.43, 0.47)),
    "B": (0.44, (0.421, 0.459)),
    "C": (0.41, (0.394, 0.426)),
    "D": (0.37, (0.352, 0.388)),
}
"""Made-up systems with value and interval, for the example."""


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """One made-up system: its rank interval, and why it is that."""

    name: str
    value: str
    interval: str
    whisker: Whisker | None
    rank: str
    why: str


def method_files(board: Board, render: Render) -> dict[str, bytes]:
    """The page on the method, with the metrics that the board holds."""
    axis = make_axis([bound for _, interval in EXAMPLE.values() for bound in interval])
    assert axis is not None, "the example has values"
    page = render(
        "method.html.j2",
        root="../",
        example=example_rows(axis),
        axis=axis,
        suites_cards=metric_cards(board),
    )
    return {PAGE: page}


def example_rows(axis: Axis) -> tuple[ExampleRow, ...]:
    """The example with its ranks, as the board finds them."""
    ranks = rank_intervals([interval for _, interval in EXAMPLE.values()])
    return tuple(
        ExampleRow(
            name=name,
            value=points(value),
            interval=bounds(interval),
            whisker=axis.whisker(value, interval),
            rank=str(rank),
            why=_why(name),
        )
        for (name, (value, interval)), rank in zip(EXAMPLE.items(), ranks, strict=True)
    )


def _why(name: str) -> str:
    own = EXAMPLE[name][1]
    others = {other: interval for other, (_, interval) in EXAMPLE.items() if other != name}
    above = [other for other, interval in others.items() if clearly_better(interval, own)]
    level = [
        other
        for other, interval in others.items()
        if other not in above and not clearly_better(own, interval)
    ]
    first = f"{_those(above)} wholly above" if above else "nobody lies wholly above"
    second = f"{listing(level)} cannot be told apart from it" if level else "nobody overlaps it"
    return f"{first}; {second}"


def _those(names: list[str]) -> str:
    return f"{listing(names)} {'lies' if len(names) == 1 else 'lie'}"
