"""What did not hold when asked for again: a note at the name, and lines on the run's page."""

from __future__ import annotations

from leaderboard_site.board.board import make_board
from leaderboard_site.tables.suite_table import suite_table
from tests.leaderboard_site.made_up import revision, run
from tests.leaderboard_site.submission_samples import ALPHA, submitted
from tests.leaderboard_site.test_run_pages import page_of
from tests.leaderboard_site.test_tables import View, cell, named, only, view
from tests.records.invariance_samples import LISTWISE, row

__all__ = ["view"]

SAID = "candidates reversed, 6 of 8 first documents and 7 of 8 top tens change"


def told(found: object) -> dict[str, object]:
    return {"run.invariance": found, "run.invariance_reason": None}


def test_a_note_at_the_name_says_what_changed_the_answers(view: View) -> None:
    table = only(
        view(
            {"name": "moved", "gain": 0.5, "later": told(LISTWISE)},
            {"name": "steady", "later": told(row())},
            {"name": "old"},
        )
    )
    grid = table.grid
    notes = {
        name: cell(grid, named(grid, name), "system").note for name in ("moved", "steady", "old")
    }
    assert notes["steady"] is None
    assert notes["old"] is None
    assert notes["moved"] is not None
    assert grid.notes[notes["moved"] - 1] == f"Answers to a sample did not hold: {SAID}"


def test_the_page_of_a_run_has_a_line_for_each() -> None:
    page = page_of(submitted(tasks=(ALPHA,), about={"later": told(LISTWISE)}))
    assert "Invariance, batch" in page.text
    assert "batch 1: not measured: no batch" in page.text
    assert SAID.replace("reversed,", "reversed:") in page.text
    old = page_of(submitted(tasks=(ALPHA,)))
    assert "not measured: the run was made before this was measured" in old.text


def test_a_suite_says_on_how_many_tasks() -> None:
    runs = [
        run("reranking/a", unsteady="batch 1 against 32, 1 of 8 top tens change"),
        run("reranking/b", unsteady="another"),
        run("reranking/c"),
    ]
    board = make_board([revision("small", "r1", *runs)])
    suite = next(suite for suite in board.suites if suite.name == "reranking")
    grid = suite_table(suite).grid
    (row_,) = grid.rows
    note = cell(grid, row_, "system").note
    assert note is not None
    assert grid.notes[note - 1] == (
        "Answers to a sample did not hold: batch 1 against 32, 1 of 8 top tens change; "
        "so on 1 further task"
    )
