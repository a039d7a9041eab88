"""From records to rows: what is ranked, what is set apart, what is a dash."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from leaderboard_site.board.board import Section, TaskBoard, make_board
from leaderboard_site.drawing.drawn import first_record
from leaderboard_site.pages.task import details
from leaderboard_site.reading.sources import local_sources, read_source
from leaderboard_site.reading.summarise import summarise
from leaderboard_site.tables.grid import Cell, Grid, GridRow
from leaderboard_site.tables.task_table import TaskTable, label_text, task_table

View = Callable[..., TaskBoard]


def task_of(records: Path) -> TaskBoard:
    board = make_board(summarise(read_source(source)) for source in local_sources(records))
    (task,) = (task for suite in board.suites for task in suite.tasks)
    return task


@pytest.fixture
def view(record_writer: Callable[..., Path], tmp_path: Path) -> View:
    number = count()

    def make(*abouts: dict[str, Any]) -> TaskBoard:
        folder = tmp_path / f"board-{next(number)}"
        for place, about in enumerate(abouts):
            record_writer(folder / str(place), **about)
        return task_of(folder)

    return make


def table_of(section: Section) -> TaskTable:
    stage = first_record(section).first_stage
    return task_table(section, stage, title="Invented", full_page="")


def only(task: TaskBoard) -> TaskTable:
    assert len(task.full) == 1
    return table_of(task.full[0])


def cell(grid: Grid, row: GridRow, key: str) -> Cell:
    return row.cells[[column.key for column in grid.columns].index(key)]


def by_title(grid: Grid, row: GridRow, title: str) -> Cell:
    return row.cells[[column.title for column in grid.columns].index(title)]


def texts(grid: Grid, key: str) -> list[str]:
    return [cell(grid, row, key).text for row in grid.rows]


def named(grid: Grid, name: str) -> GridRow:
    return next(row for row in grid.rows if row.name == name)


def test_rows_stand_best_first_around_the_first_stage(view: View) -> None:
    table = only(view({"name": "good", "gain": 0.2}, {"name": "bad", "gain": -0.2}))
    assert texts(table.grid, "system") == ["good", "BM25", "bad"]
    assert texts(table.grid, "rank") == ["1", "–", "2"]
    assert texts(table.grid, "verdict") == ["better", "", "worse"]
    assert table.ties == "good is proven better than the other, and than BM25 (40.3)."


def test_a_difference_around_zero_cannot_be_told(view: View) -> None:
    changes = {"first_stage.differences.0.interval": [-0.01, 0.02]}
    grid = only(view({"name": "a", "changes": changes})).grid
    assert cell(grid, named(grid, "a"), "verdict").text == "cannot tell"
    assert cell(grid, named(grid, "a"), "gain").small == "[−1.0, +2.0]"


def test_decimals_grow_only_for_the_bounds_that_decide(view: View) -> None:
    changes = {
        "first_stage.differences.0.value": 0.000003,
        "first_stage.differences.0.interval": [0.0002, 0.02],
    }
    grid = only(view({"name": "a", "changes": changes})).grid
    row = named(grid, "a")
    assert cell(grid, row, "verdict").text == "better"
    gain = cell(grid, row, "gain")
    assert (gain.text, gain.small) == ("0.00", "[+0.02, +2.00]")


def test_a_lone_first_stage_is_a_line_without_shades_or_ranks(view: View) -> None:
    table = only(view({"name": "bm25", "capability": "keep_first_stage"}))
    (row,) = table.grid.rows
    assert (row.cells[0].text, table.ties) == ("–", "No system with a value so far.")
    assert {found.shade for found in row.cells} == {None}


def test_lower_is_better_turns_order_rank_and_verdict(view: View) -> None:
    down = {"metrics.0.higher_is_better": False, "first_stage.metrics.0.higher_is_better": False}
    table = only(
        view(
            {"name": "good", "gain": 0.2, "changes": down},
            {"name": "bad", "gain": -0.2, "changes": down},
        )
    )
    grid = table.grid
    assert texts(grid, "system") == ["bad", "BM25", "good"]
    assert texts(grid, "rank") == ["1", "–", "2"]
    assert cell(grid, grid.rows[0], "verdict").text == "better"
    assert "↓ lower is better" in next(c.sub for c in grid.columns if c.key == "score")
    assert not grid.descending


def test_the_first_stage_evaluated_as_a_system_is_the_first_stage_row(view: View) -> None:
    own = {"name": "bm25", "capability": "keep_first_stage"}
    grid = only(view(own, {"name": "good", "gain": 0.2})).grid
    assert [(row.name, row.kind) for row in grid.rows] == [("good", ""), ("bm25", "first-stage")]
    assert cell(grid, grid.rows[1], "speed").note is None
    assert cell(grid, grid.rows[1], "system").page == "m/local__bm25/index.html"


def test_quick_looks_are_set_apart_and_never_ranked(view: View) -> None:
    task = view({"name": "whole"}, {"name": "part", "limit": 20, "queries": 20})
    assert [row.name for row in only(task).grid.rows if not row.kind] == ["whole"]
    (quick,) = task.quick
    table = table_of(quick)
    assert set(texts(table.grid, "rank")) == {"–"}
    assert "first 20 groups: not a result" in table.grid.caption
    assert table.ties == ""


def test_equal_fingerprints_with_and_without_limit_are_still_set_apart(view: View) -> None:
    same = {"changes": {"task.fingerprint": "ab" * 32}}
    task = view({"name": "whole", **same}, {"name": "part", "limit": 20, **same})
    assert len(task.full) == len(task.quick) == 1


def test_different_fingerprints_never_share_a_table(view: View) -> None:
    task = view({"name": "a"}, {"name": "b", "stage": "other"}, {"name": "c"})
    names = [{row.name for row in table_of(section).grid.rows} for section in task.full]
    assert names == [{"a", "c", "BM25"}, {"b", "other"}]
    labels = [label_text(section) for section in task.full]
    assert labels[0].startswith("First stage BM25, task ")
    assert labels[1].startswith("First stage other, task ")
    assert task.full[1].fingerprint[:8] in labels[1]


def test_undefined_values_are_dashes_with_their_reason(view: View) -> None:
    changes = {
        "metrics.0.value": None, "metrics.0.interval": None, "metrics.0.reason": "all constant",
        "run.latency": None, "run.latency_reason": "too quick to time",
    }  # fmt: skip
    grid = only(view({"name": "odd", "gain": 0.5, "changes": changes}, {"name": "fine"})).grid
    row = grid.rows[-1]
    score, speed = cell(grid, row, "score"), cell(grid, row, "speed")
    assert (row.name, cell(grid, row, "rank").text, score.text) == ("odd", "–", "–")
    assert cell(grid, row, "interval").whisker is None
    assert score.note is not None
    assert speed.note is not None
    assert grid.notes[score.note - 1] == "all constant"
    assert "too quick to time" in grid.notes[speed.note - 1]
    pooled = by_title(grid, row, "AUC(pooled)")
    assert (pooled.text, pooled.shade, pooled.sort) == ("–", None, None)
    assert pooled.note is not None
    assert "do not compare" in grid.notes[pooled.note - 1]


def test_a_value_without_interval_is_tied_and_says_why(view: View) -> None:
    changes = {"metrics.0.interval": None, "metrics.0.reason": "one cluster only"}
    grid = only(view({"name": "a", "gain": 0.3, "changes": changes}, {"name": "b"})).grid
    assert [cell(grid, row, "rank").text for row in grid.rows if not row.kind] == ["1–2", "1–2"]
    note = cell(grid, grid.rows[0], "score").note
    assert note is not None
    assert "one cluster only" in grid.notes[note - 1]


ROUGH = {"method": "t-logit", "units": 12, "rough": "12 units, fit from 20 on"}


def test_a_rough_interval_is_marked_and_its_reason_stands_below(view: View) -> None:
    later = {"metrics.0.basis": ROUGH, "first_stage.differences.0.basis": ROUGH}
    grid = only(view({"name": "few", "gain": 0.2, "later": later}, {"name": "many"})).grid
    few, many = named(grid, "few"), named(grid, "many")
    reason = "Rough interval: 12 units, fit from 20 on"
    for key in ("score", "gain"):
        rough, sure = cell(grid, few, key), cell(grid, many, key)
        assert rough.note is not None
        assert grid.notes[rough.note - 1] == rough.reason == reason
        assert sure.note is None
        if rough.small.startswith("~"):
            assert rough.small.startswith("~[")
            assert "~" not in sure.small
    assert sum(note == reason for note in grid.notes) == 1
    assert any("~[" in each.small for each in few.cells)
    assert not any("~" in each.small for each in many.cells)


def test_shades_are_darkest_for_the_best_and_alike_for_near_equals(view: View) -> None:
    near = {"metrics.1.value": 0.50, "first_stage.metrics.1.value": 0.495}
    grid = only(view({"name": "a", "changes": near})).grid
    assert {by_title(grid, row, "RR@10").shade for row in grid.rows} == {6}
    far = {"metrics.1.value": 0.50, "first_stage.metrics.1.value": 0.20}
    grid = only(view({"name": "a", "changes": far})).grid
    shades = {by_title(grid, row, "RR@10").shade for row in grid.rows}
    assert shades == {0, 6}
    assert {by_title(grid, row, "AP").shade for row in grid.rows} != {None}
    assert {by_title(grid, row, "Judged@10").shade for row in grid.rows} == {None}


def test_an_aggregate_has_no_first_stage_and_no_run(view: View) -> None:
    changes = {
        "first_stage": None, "run": None, "checks": None, "predictions": None,
        "task.members": {"reranking/invented/one": "aa" * 32, "reranking/invented/two": "bb" * 32},
    }  # fmt: skip
    task = view({"changes": changes})
    grid = only(task).grid
    assert "gain" not in [column.key for column in grid.columns]
    assert label_text(task.full[0]).startswith("Mean over 2 tasks, task ")
    note = cell(grid, grid.rows[0], "speed").note
    assert note is not None
    assert "mean over tasks" in grid.notes[note - 1]


def test_absurd_claims_are_dashes_and_end_no_build(view: View) -> None:
    changes = {
        "metrics.0.value": 1e300, "metrics.0.interval": [-1e300, 1e300],
        "metrics.1.value": 5e-324, "first_stage.metrics.0.value": -1e300,
        "first_stage.differences.0.value": 1e300, "run.latency.median_seconds": 1e-300,
    }  # fmt: skip
    task = view({"name": "absurd", "changes": changes}, {"name": "fine"})
    grid = only(task).grid
    row = named(grid, "absurd")
    assert [cell(grid, row, key).text for key in ("score", "gain", "rank")] == ["–", "–", "–"]
    note = cell(grid, row, "score").note
    assert note is not None
    assert "beyond 1,000,000" in grid.notes[note - 1]
    assert "no run can have taken" in cell(grid, row, "speed").reason
    assert cell(grid, named(grid, "fine"), "rank").text == "1"


def test_a_cell_is_sorted_by_its_exact_value(view: View) -> None:
    grid = only(view({"name": "a", "changes": {"metrics.0.value": 0.41237}})).grid
    found = cell(grid, named(grid, "a"), "score")
    assert (found.text, found.sort) == ("41.2", 0.41237)


def test_a_page_holds_fewer_rows_with_more_columns(view: View) -> None:
    grid = only(view({"name": "a"})).grid
    many = Grid(**{name: getattr(grid, name) for name in Grid.__slots__} | {
        "rows": grid.rows * 100, "total": 200,
    })  # fmt: skip
    cut = many.cut()
    assert cut.is_cut
    assert len(cut.rows) * len(cut.columns) <= 2400
    assert cut.rows == many.rows[: len(cut.rows)]
    assert not many.is_cut


def test_order_does_not_depend_on_folders(
    record_writer: Callable[..., Path], tmp_path: Path
) -> None:
    for name, folders in {"one": ("a", "b", "c"), "two": ("z", "m/n", "b")}.items():
        for folder, gain in zip(folders, (0.0, 0.05, 0.1), strict=True):
            record_writer(tmp_path / name / folder, name=f"system {gain}", gain=gain)
    first, second = (only(task_of(tmp_path / name)).grid for name in ("one", "two"))
    assert first == second
    assert len(first.rows) == 4


def test_per_query_differences_become_a_skyline(
    record_writer: Callable[..., Path], tmp_path: Path
) -> None:
    record_writer(tmp_path / "a", groups=True, gain=0.1)
    (picture,) = details(task_of(tmp_path).full[0]).queries
    assert picture.skyline.queries == "240"
    assert picture.skyline.per_bar == 1
    assert picture.skyline.gains.startswith("M0 ")
    assert picture.skyline.losses.endswith("Z")
