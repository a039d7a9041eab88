"""What is explained below a table is what the table shows, and its letters can be read."""

from __future__ import annotations

import dataclasses
import re

import pytest

from leaderboard_site.making.assets import static_files
from leaderboard_site.pages.reading import Reading, reading_of
from leaderboard_site.tables.about import about_metric
from leaderboard_site.tables.grid import Cell, Column, Grid, GridRow

RANK, SYSTEM = Column("rank", "Rank"), Column("system", "System", kind="system")
SCORE = Column("score", "S", kind="number", about=about_metric("reranking", "nDCG@10"))
OTHER = Column("m0", "O", kind="number", about=about_metric("reranking", "AP"), optional=True)
NOTHING = Reading((), False, False, False, False, False, False, False, False, False)


def read(cell: Cell, *columns: Column, caption: str = "", rank: float | None = None) -> Reading:
    """What is explained of a table whose one row has this figure."""
    more = tuple(Cell("") for _ in columns)
    row = GridRow("r", "n", (Cell("1", sort=rank), Cell("n"), cell, *more))
    columns = (RANK, SYSTEM, dataclasses.replace(SCORE, about=None), *columns)
    return reading_of([Grid("g", caption, columns, (row,), 1)])


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, read(Cell("1"))),
        ({"points": True}, read(Cell("1"), caption="Points, best first")),
        ({"intervals": True}, read(Cell("1", small="[0, 2]"))),
        ({"intervals": True, "rough": True}, read(Cell("1", small="~[0, 2]"))),
        ({"ranks": True}, read(Cell("1"), rank=1.0)),
        ({"shades": True}, read(Cell("1", shade=0))),
        ({"dashes": True}, read(Cell("–"))),
        ({"gains": True}, read(Cell("1"), Column("gain", "Gain"))),
        ({"speed": True}, read(Cell("1"), Column("speed", "Items/s"))),
    ],
)
def test_only_what_stands_there_is_explained(told: dict[str, bool], found: Reading) -> None:
    assert found == dataclasses.replace(NOTHING, **told)


def test_metrics_are_spelt_out_once_and_those_that_are_hidden_not_at_all() -> None:
    again = dataclasses.replace(SCORE, key="again")
    (about,) = read(Cell("1"), SCORE, again, OTHER).names
    assert (about.name, about.spelt) == ("nDCG@10", "normalised discounted cumulative gain")
    assert about.page.startswith("method/index.html#")


def test_no_rule_for_a_screen_sets_letters_below_13_px() -> None:
    style = static_files()["static/style.css"].decode()
    screen = re.sub(r"@media print \{.*?\n\}", "", style, flags=re.DOTALL)
    sizes = [
        float(size) for size in re.findall(r"(?:font-size:|font: [^;]*?)\s*([\d.]+)rem", screen)
    ]
    assert len(sizes) > 20
    assert min(sizes) >= 13 / 16


def test_no_page_of_a_visit_keeps_the_face_that_stood_in() -> None:
    style = static_files()["static/style.css"].decode()
    assert re.findall(r"font-display: (\w+)", style) == ["swap", "swap"]
