"""Exhibits as drawn things: cells as texts, rows within bounds, nothing obeyed, nothing lost."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

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
    Table,
    Trade,
    Traded,
)
from leaderboard_site.drawing.rendering import environment
from leaderboard_site.exhibits.draw import MOST_PICTURES, MOST_REMARKS, Drawing, drawing
from leaderboard_site.exhibits.draw_tables import (
    FEWEST_ROWS,
    LONGEST_CELL,
    MOST_COLUMNS,
    drawn_tables,
    rooms_for,
)
from leaderboard_site.exhibits.sane import marks, sane
from tests.leaderboard_site import exhibit_samples as samples
from tests.leaderboard_site.plot_reading import drawn, read
from tests.leaderboard_site.submission_samples import Page

NAMES = ("alpha", "beta", "gamma")
numbers = st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.floats(0, 1))
names = st.text(max_size=12)
axes = st.builds(Axis, names, st.none() | numbers, st.none() | numbers, st.sampled_from(["", "m"]),
                 st.booleans())  # fmt: skip
pairs = st.lists(st.tuples(numbers, numbers), max_size=8)


def found(exhibits: Sequence[Exhibit], **rows: int) -> Drawing:
    made = drawing(exhibits, **rows)
    assert made is not None
    return made


def page_of(view: Drawing) -> Page:
    """What the template makes of a drawing, as a page of its own."""
    source = '{% from "_exhibits.html.j2" import exhibits with context %}{{ exhibits(view, "e") }}'
    body = environment().from_string(source).render(view=view)
    return Page(f"<html><h1 id='top'>t</h1><h2 id='e'>e</h2>{body}</html>".encode())


def test_every_kind_has_its_place():
    view = found(samples.every_kind(NAMES))
    assert view.warnings == ("alpha was invented.",)
    assert view.remarks == ("Nothing here was measured.",)
    assert [re.search(r"plot-(\w+)", picture.plot.text)[1] for picture in view.pictures] == [
        "curves", "dots", "scatter", "bundle", "trade",
    ]  # fmt: skip
    assert len(view.tables) == 1
    assert len(view.matrices) == 1
    page = page_of(view)
    place = [page.text.index(said) for said in (
        "alpha was invented", "Nothing here", "Rising of", "Cells of", "Matrix of",
    )]  # fmt: skip
    assert place == sorted(place), "warnings, remarks, pictures, tables, matrices"
    assert drawing([]) is None
    assert drawing([Table("t", ("a",), ())]) is None


def test_cells_are_written_by_what_they_are():
    ((table,),) = found([samples.table(NAMES)]).tables
    assert table.title == "Cells of alpha, 3 of 900; shares in points"
    assert [cell.text for cell in table.rows[0]] == [
        "alpha", "1,234", "12.3", "−2.5", "3/1,200", "–",
    ]  # fmt: skip
    assert table.rows[0][2].bounds == "[10.0, 20.0]"
    assert [column.numeric for column in table.columns] == [False, True, True, True, True, False]
    assert [column.bounded for column in table.columns] == [False, False, True, *[False] * 3]
    rows = page_of(found([samples.table(NAMES)])).rows
    assert rows[0] == ["Name", "Count", "Share", "Interval", "Own unit", "Of", "Unknown"]
    assert rows[1] == ["alpha", "1,234", "12.3", "[10.0, 20.0]", "−2.5", "3/1,200", "–"]


@pytest.mark.parametrize(
    ("cell", "said"),
    [(None, "–"), ("", "–"), (0, "0"), (Figure(None), "–"), (Figure(math.nan), "–"),
     (Figure(0.5, (math.nan, 1.0)), "50.0"), (Figure(1e-7, unit="m"), "1e−07"),
     (Figure(1e-7, unit="p"), "< 0.0001"), (Figure(0.0123, unit="p"), "0.012"), (Of(None, 3), "–"),
     (Figure(0.25, shade=99), "25.0")],
)  # fmt: skip
def test_a_cell_that_is_odd(cell: Any, said: str) -> None:
    (table,) = drawn_tables([Table("t", ("a", "b"), (("x", cell),))], 9)
    drawn_cell = table.rows[0][1]
    assert (drawn_cell.text, drawn_cell.bounds, drawn_cell.shade) == (said, "", 0)


def test_matrices_say_what_their_shades_mean():
    view = found([samples.matrix(NAMES)])
    (group,) = view.matrices
    assert dict(group.shades) == {1: "a bit", 2: "more"}, "those that are found in it"
    page = page_of(view)
    assert "A matrix has a note. Shaded: a bit, more." in page.text
    assert page.rows[1] == ["alpha", "0.0", "10.0 a bit", "20.0 more"]
    cells = [a["class"] for a in page.named("td")]
    assert cells[1:3] == ["figure beyond-1", "figure beyond-2"]
    assert page.named("table")[0]["class"] == "plain matrix"


def test_matrices_of_one_meaning_share_its_words_and_whole_ones_are_shown():
    one, two = samples.matrix(NAMES), samples.matrix(("x", "y"))
    other = Matrix("Other", "From", ("a",), (("b", (Figure(0.5),)),), ("", "", ""), "Another note.")
    view = found([one, other, two], matrix_rows=9)
    assert [[table.title for table in group.tables] for group in view.matrices] == [
        ["Matrix of alpha; shares in points", "Matrix of x; shares in points"],
        ["Other; shares in points"],
    ]
    assert view.left_out == ()
    cut = found([one, two, other], matrix_rows=2)
    ((table,),) = [group.tables for group in cut.matrices]
    assert table.title == "Matrix of alpha, 2 of 3; shares in points", (
        "one at least, if need be cut"
    )
    assert cut.left_out == ("2 more tables",)
    assert "2 more tables: see the records" in page_of(cut).text


def test_a_note_of_several_pictures_stands_below_them_once():
    many = [samples.scatter(name) for name in NAMES]
    view = found([*many, samples.trade(NAMES)])
    assert view.notes == ("Each dot is an item.",)
    assert [picture.caption.startswith("A trade.") for picture in view.pictures] == [
        False, False, False, True,
    ]  # fmt: skip
    assert page_of(view).text.count("Each dot is an item.") == 1
    assert "alpha 90.0 [88.0, 92.0], offset −1.25." in view.pictures[0].caption
    assert "500 of 3,000 drawn." in view.pictures[0].caption
    alone = found(many[:1])
    assert alone.notes == ()
    assert alone.pictures[0].caption.startswith("Each dot is an item.")


def test_what_there_is_no_room_for_is_counted():
    exhibits = [samples.trade(NAMES)] * (MOST_PICTURES + 2)
    exhibits += [Remark(str(number)) for number in range(MOST_REMARKS + 1)]
    exhibits += [Remark(f"w{number}", warning=True) for number in range(60)]
    view = found(exhibits)
    assert len(view.pictures) == MOST_PICTURES
    assert len(view.remarks) == MOST_REMARKS
    assert len(view.warnings) == 60, "a warning is never left out"
    assert view.left_out == ("2 more pictures", "1 more remark")


def test_a_remark_of_several_is_said_once():
    assert found([Remark("same"), Remark("same"), Remark("same", warning=True)]).remarks == (
        "same",
    )


@given(st.lists(st.integers(1, 90), min_size=1, max_size=12), st.integers(1, 90))
@example([1, 3, 6, 6], 15)  # of two tables alike, the one row that is over goes to the second
def test_rows_are_shared_fairly(rows: list[int], most: int) -> None:
    rooms = rooms_for(rows, most)
    assert all(min(length, FEWEST_ROWS) <= room <= length
               for room, length in zip(rooms, rows, strict=True))  # fmt: skip
    assert sum(rooms) <= max(most, FEWEST_ROWS * len(rows))
    cut = [room for room, length in zip(rooms, rows, strict=True) if room < length]
    assert max(cut, default=0) - min(cut, default=0) <= 1, "those that are cut are cut alike"
    assert all(room <= min(cut) + 1 for room, length in zip(rooms, rows, strict=True)
               if cut and room == length)  # fmt: skip


def test_tables_are_cut_to_the_room_there_is_and_say_so():
    table = Table("t", ("a",), tuple((str(n),) for n in range(30)))
    assert [len(cut.rows) for cut in drawn_tables([table, table], 20)] == [10, 10]
    assert [cut.title for cut in drawn_tables([table], 12)] == ["t, 12 of 30"]
    noted = [Table("t", ("a",), (("x",),), note="said once")] * 2
    assert [cut.note for cut in drawn_tables(noted, 9)] == ["", "said once"]
    wide = Table("t", tuple(map(str, range(99))), (tuple(map(str, range(99))),))
    ((cut,),) = found([wide]).tables
    assert len(cut.columns) == len(cut.rows[0]) == MOST_COLUMNS


def test_narrow_tables_stand_side_by_side():
    narrow = Table("t", ("a", "b"), (("x", "y"),))
    wide = Table("t", ("a", "b"), (("x", "y" * 80),))
    view = found([narrow, narrow, wide, narrow])
    assert [len(group) for group in view.tables] == [2, 1, 1]
    assert [a for a in page_of(view).named("div") if a.get("class") == "side-by-side"] == [
        {"class": "side-by-side"}
    ]


def test_hostile_texts_are_shown_and_never_obeyed():
    view = found(samples.hostile())
    page = page_of(view)
    assert samples.MARKUP in page.text
    assert not page.named("script")
    assert "\u202e" not in page.text
    assert "⟨U+202E⟩ltr⟨U+200B⟩" in page.text
    assert "n" * 401 not in page.text
    for picture in view.pictures:
        assert samples.MARKUP not in picture.plot.text
    assert any(html.escape(samples.MARKUP, quote=False) in p.plot.text for p in view.pictures)
    assert all(len(cell.text) <= LONGEST_CELL for group in view.tables for table in group
               for row in table.rows for cell in row)  # fmt: skip


def test_numbers_that_no_axis_holds_are_left_out_and_counted():
    view = found(samples.absurd("absurd"))
    kinds = {re.search(r"plot-(\w+)", p.plot.text)[1]: p for p in view.pictures}
    assert kinds.keys() == {"dots", "scatter", "trade", "curves"}, "no line of the bundle is whole"
    assert kinds["scatter"].caption.startswith("48 off the axes, not drawn.")
    assert kinds["trade"].caption.startswith("48 off the axes, not drawn.")
    (dot,) = drawn(read(kinds["trade"].plot.text), fill="var(--mark)")
    assert dot.tag == "circle"
    for picture in view.pictures:
        assert not re.search(
            r"nan|inf", picture.plot.text.partition("aria-label")[2].partition(">")[2]
        )
    ((table,),) = view.tables
    assert {row[1].text for row in table.rows} >= {"–", "25.0"}
    page_of(view)


@example(
    points=[], more=[(5e-324, 0.0)], x=Axis("", 2.0, None, "m", True),
    y=Axis("", None, None, "", False), worst=0.0, resolved=None, rule=None,
)  # fmt: skip
@given(pairs, pairs, axes, axes, numbers, st.none() | numbers, st.none() | numbers)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_numbers_end_a_build(
    points: list[tuple[float, float]],
    more: list[tuple[float, float]],
    x: Axis,
    y: Axis,
    worst: float,
    resolved: float | None,
    rule: float | None,
) -> None:
    figures = [Figure(a, b) for (a, _), b in zip(points, [*more, None] * 9, strict=False)]
    every: list[Exhibit] = [
        Curves("t", (Curve("a", points), Curve("b", more)), x, y, resolved, rule, tuple(more)),
        Dots("t", (DotSeries("a", tuple(Dot("by", str(n), f) for n, f in enumerate(figures))),), x),
        Scatter("t", points, tuple(more), x, y, (("said", Figure(worst, None, "m")),)),
        Bundle("t", tuple(str(n) for n in range(len(points))), tuple(a for a, _ in more),
               [[b for _, b in more] for _ in points], x, y, worst),
        Trade("t", tuple(Traded("a", a, b, (a, b)) for a, b in points), x, y),
        Table("t", ("a",), tuple((figure,) for figure in figures)),
    ]  # fmt: skip
    view = drawing(every)
    if view is not None:
        page_of(view)
    for exhibit in every[:5]:
        clean = sane(exhibit)  # type: ignore[arg-type]
        assert marks(clean) <= marks(exhibit)  # type: ignore[arg-type]
        assert sane(clean) == clean


def test_the_same_exhibits_give_the_same_bytes():
    first, second = (page_of(found(samples.every_kind(NAMES))) for _ in range(2))
    assert first.text == second.text
    assert first.tags == second.tags
