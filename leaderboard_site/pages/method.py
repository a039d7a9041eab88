"""How to read the board: ranks, verdicts, evidence, and every metric on it."""

from __future__ import annotations

from dataclasses import dataclass

from leaderboard_site.addresses import Render
from leaderboard_site.board.board import Board
from leaderboard_site.board.contenders import Contender, proven, ranks_of
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
"""Made-up systems with value and interval, for the example: each was run on items of its own."""


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
    ranked = [Contender(value, interval) for value, interval in EXAMPLE.values()]
    ranks, better = ranks_of(ranked), proven(ranked).tolist()
    return tuple(
        ExampleRow(
            name=name,
            value=points(value),
            interval=bounds(interval),
            whisker=axis.whisker(value, interval),
            rank=str(rank),
            why=_why(place, better),
        )
        for place, ((name, (value, interval)), rank) in enumerate(
            zip(EXAMPLE.items(), ranks, strict=True)
        )
    )


def _why(own: int, better: list[list[bool]]) -> str:
    above = [name for place, name in enumerate(EXAMPLE) if better[place][own]]
    level = [
        name
        for place, name in enumerate(EXAMPLE)
        if place != own and not better[place][own] and not better[own][place]
    ]
    first = f"{_those(above)} proven better" if above else "nobody is proven better"
    second = f"{listing(level)} cannot be told apart from it" if level else "nobody is level"
    return f"{first}; {second}"


def _those(names: list[str]) -> str:
    return f"{listing(names)} {'is' if len(names) == 1 else 'are'}"
