"""A note that every cell of a column has stands once, at its head, in a table of many rows."""

from __future__ import annotations

from leaderboard_site.tables.grid import MANY_ROWS, Cell, Column, Grid, GridRow
from leaderboard_site.tables.rows import body_rows


def grid(*columns: list[int | None]) -> Grid:
    heads = tuple(Column(key=f"c{place}", head="c") for place in range(len(columns)))
    rows = tuple(
        GridRow(str(number), "row", tuple(Cell("1", note=note, reason="why") for note in notes))
        for number, notes in enumerate(zip(*columns, strict=True))
    )
    return Grid("t", "caption", heads, rows, len(rows), notes=("first", "second"))


def test_what_all_rows_say_is_said_once() -> None:
    n = MANY_ROWS
    made = grid([1] * n, [2] * n, [1] * (n - 1) + [2], [None] * n, [1] * (n - 1) + [None])
    shared = made.with_shared_notes()
    assert [column.note for column in shared.columns] == [1, 2, None, None, None]
    for before, after in zip(made.rows, shared.rows, strict=True):
        assert [cell.note for cell in after.cells[:2]] == [None, None]
        assert after.cells[2:] == before.cells[2:]
    assert shared.notes == made.notes
    assert body_rows(shared, "").count('class="note"') == n + n - 1


def test_a_short_table_keeps_them_where_they_are() -> None:
    made = grid([1] * (MANY_ROWS - 1))
    assert made.with_shared_notes() is made


def test_a_table_without_any_is_as_it_was() -> None:
    made = grid([None] * MANY_ROWS)
    assert made.with_shared_notes() is made
