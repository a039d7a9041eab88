"""A table as it stands in the page: whole without a script, small, and deaf to hostile text."""

from __future__ import annotations

import dataclasses
import re

import lxml.html
import pytest

from leaderboard_site.drawing.rendering import environment
from leaderboard_site.making.assets import static_files
from leaderboard_site.tables.charts import Axis
from leaderboard_site.tables.grid import Cell, Column, Grid, GridRow
from leaderboard_site.tables.rows import column_classes
from tests.browser.sample_site import hostile_grid, make_grid, render

HOSTILE = "<script>alert(1)</script>\"' onmouseover='alert(2)' {{ 7*7 }} ]]> \u202etxt"


def page(*grids: Grid) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(render("index.html", list(grids)))


def one_cell(cell: Cell, **about: object) -> lxml.html.HtmlElement:
    """The only number cell of a table of one row."""
    column = dataclasses.replace(Column(key="x", head="X", kind="number"), **about)
    grid = Grid(
        id="g", caption="C", columns=(Column("system", "System", kind="system"), column),
        rows=(GridRow("r", "name", (Cell("name", sort="name"), cell)),), total=1,
    )  # fmt: skip
    return page(grid).xpath("//tbody/tr/td")[0]


def test_every_cell_of_the_grid_is_in_the_page():
    grid = make_grid()
    document = page(grid)
    rows = document.xpath("//table/tbody/tr")
    assert [row.get("data-id") for row in rows] == [row.id for row in grid.rows]
    for drawn, row in zip(rows, grid.rows, strict=True):
        texts = [" ".join(cell.text_content().split()) for cell in drawn.xpath("td | th")]
        for text, cell in zip(texts, row.cells, strict=True):
            assert cell.text in text
            assert cell.small in text
    heads = [head.text_content() for head in document.xpath("//thead//span[@class='head']")]
    assert heads == [column.head for column in grid.columns]


def test_nothing_that_needs_a_script_stands_outside_the_tools():
    document = page(make_grid())
    for control in document.xpath("//button | //input | //select | //details"):
        assert control.xpath("ancestor::*[@class='tools']")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (Cell("85.9", sort=0.8593124), "0.859312"),
        (Cell("3", sort=3.0), None),
        (Cell("–"), ""),
        (Cell("x", sort="x"), None),
        (Cell("17 May 2031", sort="2031-05-17"), "2031-05-17"),
        (Cell("0.0", sort=0.0), "0"),
        (Cell("−3.2", sort=-0.032), "-0.032"),
    ],
)
def test_the_value_to_sort_by_stands_only_where_the_text_does_not_tell(cell: Cell, value: str):
    assert one_cell(cell).get("data-v") == value


def test_a_column_that_is_not_sorted_has_no_values_and_no_type():
    assert one_cell(Cell("x"), sortable=False).get("data-v") is None
    ways = page(make_grid()).xpath("//th[@data-key='ci']")
    assert ways[0].get("data-type") is None


def test_shade_best_small_glyph_note_and_title():
    made = one_cell(
        Cell("1", sort=1, small="±2", glyph="●", title="T", shade=3, best=True, note=1, reason="R")
    )
    assert made.get("class") == "s3"
    assert made.get("title") == "T"
    assert made.xpath("string(b)") == "1"
    assert made.xpath("string(small)") == "±2"
    assert made.xpath("string(span[@aria-hidden='true'])") == "●"
    assert made.xpath("a[@class='note']/@href") == ["#note-g-1"]


def test_notes_are_listed_and_linked():
    document = page(make_grid())
    targets = set(document.xpath("//a[@class='note']/@href"))
    assert targets == {"#note-board-1"}
    assert len(document.xpath("//*[@id='note-board-1']")) == 1


def test_kinds_of_rows():
    document = page(make_grid())
    struck = document.xpath("//tr[@class='withdrawn']//s")
    assert [item.text_content() for item in struck] == ["qwen-reranker-012"]
    assert document.xpath("string(//tr[@class='withdrawn']//small[1])") == "withdrawn"
    assert len(document.xpath("//tr[@class='first-stage']")) == 1


def test_a_cut_table_says_so_and_leads_to_all_rows():
    document = page(make_grid(cut=20))
    assert len(document.xpath("//tbody/tr")) == 20
    assert document.xpath("//div[@class='grid']/@data-full") == ["all.html"]
    assert document.xpath("string(//p[@class='cut'])").startswith("Shown are the first 20 of 60")
    assert document.xpath("//p[@class='cut']/a/@href") == ["all.html"]
    assert page(make_grid()).xpath("//p[@class='cut'] | //@data-full") == []


def test_a_row_holds_the_places_of_its_values_among_the_choices():
    grid = make_grid(number=4)
    rows = page(grid).xpath("//tbody/tr")
    for drawn, row in zip(rows, grid.rows, strict=True):
        places = drawn.get("data-f").split(" ")
        told = [f.values[int(place)] for f, place in zip(grid.facets, places, strict=True)]
        assert told == [row.facets[facet.key] for facet in grid.facets]


def test_a_phone_keeps_name_and_value_in_view_and_shows_that_a_table_scrolls():
    assert column_classes(Column("score", "Score", kind="number")) == "v"
    style = static_files()["static/style.css"].decode()
    assert len(re.findall(r"\.grid \.(?:system|v) \{\s*position: sticky; left: ", style)) == 2
    assert re.search(r"\.scroll \{[^}]*var\(--edge\)", style)


def test_the_order_of_the_rows_is_told():
    heads = page(make_grid()).xpath("//th[@aria-sort]")
    assert [(head.get("data-key"), head.get("aria-sort")) for head in heads] == [
        ("mean", "descending")
    ]


def test_an_empty_table_is_a_table():
    empty = dataclasses.replace(make_grid(), rows=(), total=0, facets=())
    document = page(empty)
    assert document.xpath("//tbody/tr") == []
    assert document.xpath("string(//p[@role='status'])").startswith("0 of 0 rows")


def test_hostile_text_is_text():
    cell = Cell(HOSTILE, sort=HOSTILE, small=HOSTILE, glyph=HOSTILE, title=HOSTILE, page=HOSTILE)
    grid = dataclasses.replace(
        make_grid(),
        caption=HOSTILE,
        columns=(Column("system", HOSTILE, kind="system", sub=HOSTILE, title=HOSTILE),),
        rows=(GridRow(HOSTILE, HOSTILE, (cell,), {"family": HOSTILE}, "withdrawn"),),
        notes=(HOSTILE,),
        axis=None,
    )
    text = render("index.html", [grid])
    document = lxml.html.fromstring(text)
    assert len(document.xpath("//script")) == 2
    assert document.xpath("//@onmouseover") == []
    assert "\u202e" not in text
    assert "49" not in document.xpath("string(//tbody)")
    names = page(hostile_grid()).xpath("//tbody/tr/th")
    assert names[-1].text_content() == "<b>bold</b>"


def wide(grid: Grid, columns: int) -> Grid:
    """The grid with its last column repeated."""
    extra = columns - len(grid.columns)
    last = grid.columns[-1]
    more = tuple(dataclasses.replace(last, key=f"more-{i}") for i in range(extra))
    rows = (dataclasses.replace(r, cells=r.cells + r.cells[-1:] * extra) for r in grid.rows)
    return dataclasses.replace(grid, columns=grid.columns + more, rows=tuple(rows))


def test_150_rows_of_16_columns_are_small():
    grid = wide(make_grid(number=150), 16)
    assert len(grid.columns) == 16
    assert isinstance(grid.axis, Axis)
    assert len(render("index.html", [grid]).encode()) < 200 * 1024


def test_the_same_grid_gives_the_same_bytes():
    assert render("index.html", [make_grid()]) == render("index.html", [make_grid()])


def test_plain_cells_are_those_that_a_template_writes():
    texts = ["4 GB", "<b>&amp;</b>", 'it\'s "so"', "a\u202eb\nc", "–", "x" * 120, HOSTILE, "4 GB"]
    written = "{% for text in texts %}<td>{{ text }}</td>{% endfor %}"
    wanted = environment().from_string(written).render(texts=texts)
    assert environment().from_string("{{ plain_cells(texts) }}").render(texts=texts) == wanted
