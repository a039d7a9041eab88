"""What is said of first place, on small boards where other words would be false."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from harness.metrics.intervals.families import influences
from leaderboard_site.board.board import Section, SuiteBoard, make_board
from leaderboard_site.board.headline import ALONE, certainty
from leaderboard_site.board.means import headline_of, suite_means
from leaderboard_site.pages.overview import systems_grid
from leaderboard_site.reading.summary import BarRow, Metric, Revision, Spread
from leaderboard_site.tables.grid import Grid
from leaderboard_site.tables.suite_table import suite_table
from leaderboard_site.tables.task_table import task_table
from tests.leaderboard_site.made_up import ALPHA, BETA, metric, revision, run

Row = np.ndarray
OPIS, R1, TAR = "OPIS[FAR=1%..10%]", "R@1", "TAR@FAR=1%"
UTILITY = "utility[FAR=1%..10%]"
FACES = "consistency/faces"


def drawn(seed: int, *gaps: float, own: float = 0.02, units: int = 200) -> list[Row]:
    """Values of systems on one sample, so far from its own values, which vary much more."""
    random = np.random.default_rng(seed)
    shared = random.uniform(0.1, 0.9, units)
    return [shared + gap + random.normal(0, own, units) for gap in gaps]


def spread(row: Row) -> Spread:
    found = influences(row).astype("<f4").tobytes()
    return Spread("one", len(row), False, base64.b64encode(found).decode())


def of(row: Row) -> Metric:
    return metric(float(row.mean()), 0.04)


def bar(row: Row, name: str = "bm25") -> BarRow:
    return BarRow("first stage", name, (of(row),), (), spread(row))


def system(name: str, row: Row, stage: Row | None, **changes: Any) -> Revision:
    told: dict[str, Any] = {"spread": spread(row), **changes}
    if stage is not None:
        told["bar"] = bar(stage)
    return revision(name, "r1", run(ALPHA, of(row), **told))


def suite_of(*revisions: Revision) -> SuiteBoard:
    (suite,) = (suite for suite in make_board(revisions).suites if suite.tasks)
    return suite


def section_of(*revisions: Revision) -> Section:
    main = suite_of(*revisions).tasks[0].main
    assert main is not None
    return main


def said(*revisions: Revision) -> str:
    suite = suite_of(*revisions)
    whole = headline_of(suite, suite_means(suite))
    assert whole == section_of(*revisions).headline, "a suite of one task says what its task does"
    return whole


def table(section: Section) -> Grid:
    return task_table(section, None, title="", full_page="").grid


def cells(grid: Grid, key: str) -> list[str]:
    place = [column.key for column in grid.columns].index(key)
    return [row.cells[place].text for row in grid.rows]


def names(grid: Grid) -> list[str]:
    return [row.name for row in grid.rows]


def test_nobody_is_ahead_of_a_baseline_on_top() -> None:
    stage, good, bad = drawn(1, 0.005, 0.0, -0.2)
    told = said(system("good", good, stage), system("bad", bad, stage))
    assert told == (
        f"No system here is known to beat bm25 ({100 * stage.mean():.1f}). "
        "Among the systems, Invented good is proven better than the other."
    )
    grid = suite_table(suite_of(system("good", good, stage), system("bad", bad, stage))).grid
    assert names(grid) == ["bm25", "Invented good", "Invented bad"]
    assert cells(grid, "rank") == ["–", "1", "2"]


def test_a_leader_below_nobody_but_level_with_the_baseline_is_not_ahead() -> None:
    stage, good, bad = drawn(2, 0.0, 0.0, -0.2, own=0.05)
    good += stage.mean() - good.mean() + 0.002  # ahead by value alone
    assert said(system("good", good, stage), system("bad", bad, stage)).startswith("No system here")


def test_a_leader_that_beats_the_baseline_is_said_to() -> None:
    stage, good, fair, bad = drawn(3, 0.0, 0.1, 0.05, -0.2)
    told = said(*(system(n, r, stage) for n, r in (("g", good), ("f", fair), ("b", bad))))
    assert told == (
        "Invented g is proven better than every other ranked system, and than bm25 "
        f"({100 * stage.mean():.1f}). 1 more is known to beat that."
    )


def test_all_of_several_at_the_top_may_beat_it() -> None:
    stage, one, two = drawn(4, 0.0, 0.1, 0.1)
    told = said(system("one", one, stage), system("two", two, stage))
    assert told.startswith("Invented ")
    assert "are known to beat bm25" in told
    assert "The two systems cannot be told apart at the top" in told


def test_a_board_of_one_system_says_whether_it_beats_the_baseline() -> None:
    stage, good, bad = drawn(5, 0.0, 0.1, -0.1)
    assert said(system("good", good, stage)).startswith("Invented good is known to beat bm25")
    assert said(system("bad", bad, stage)).startswith("No system here is known to beat bm25")
    assert said(system("bad", bad, None)) == ALONE
    assert certainty(section_of(system("bad", bad, None)).standing) == ""


def test_overlapping_intervals_of_one_sample_are_separable() -> None:
    first, second = drawn(6, 0.02, 0.0)
    both = [system("first", first, None), system("second", second, None)]
    metrics = [line.run.main for line in section_of(*both).lines]
    ends = [m.interval for m in metrics if m is not None and m.interval is not None]
    assert ends[0][0] < ends[1][1], "they overlap"
    assert said(*both) == "Invented first is proven better than the other."
    told = certainty(section_of(*both).standing)
    assert told == "2 of 2 systems have a certain rank, and 1 of 1 neighbouring pair is told apart."


def test_pairs_that_rest_on_intervals_alone_are_counted() -> None:
    rows = drawn(7, 0.2, 0.1, 0.0)
    found = [system(f"m{n}", row, None) for n, row in enumerate(rows)]
    alone = system("alone", rows[0] - 0.3, None, spread=None)
    assert "intervals" not in certainty(section_of(*found).standing)
    assert "3 of 6 pairs were compared by two intervals" in certainty(
        section_of(*found, alone).standing
    )
    bare = [system(f"m{n}", row, None, spread=None) for n, row in enumerate(rows[:2])]
    assert "The pair was compared by two intervals" in certainty(section_of(*bare).standing)


@pytest.mark.parametrize("control", ["random", "constant", "length"])
def test_a_control_row_on_top_is_no_rival(control: str) -> None:
    top, good, bad = drawn(8, 0.1, 0.0, -0.1)
    row = revision("rule", "r1", run(ALPHA, of(top), spread=spread(top)), control=control)
    section = section_of(row, system("good", good, None), system("bad", bad, None))
    assert set(section.ranks) == {"example__good", "example__bad"}
    assert section.headline.startswith("No system here is known to beat Invented rule")
    grid = table(section)
    assert names(grid)[0] == "Invented rule"
    assert cells(grid, "rank") == ["–", "1", "2"]
    assert f"control: {control}" in grid.rows[0].cells[1].small


@pytest.mark.parametrize("control", ["oracle", "human"])
def test_a_ceiling_is_a_line_that_nobody_need_beat(control: str) -> None:
    top, good, bad = drawn(9, 0.4, 0.0, -0.1)
    row = revision("top", "r1", run(ALPHA, of(top), spread=spread(top)), control=control)
    section = section_of(row, system("good", good, None), system("bad", bad, None))
    assert section.headline == "Invented good is proven better than the other."
    assert names(table(section))[0] == "Invented top"


def face(name: str, opis: float, r1: float, tar: float, **about: Any) -> Revision:
    found = (
        metric(opis, 0.004, name=OPIS, higher=False),
        *(metric(v, 0.05, name=n) for n, v in ((R1, r1), (TAR, tar), (UTILITY, tar))),
    )
    return revision(name, "r1", run(FACES, *found, beside=(R1, TAR)), **about)


def test_noise_never_leads() -> None:
    board = [face("noise", 0.003, 0.075, 0.011), face("pixels", 0.03, 0.99, 0.54)]
    board.append(face("pca", 0.06, 0.98, 0.52))
    section = section_of(*board)
    assert set(section.ranks) == {"example__pixels", "example__pca"}
    assert section.headline.startswith("Invented pixels is proven better than the other")
    grid = table(section)
    assert names(grid) == ["Invented pixels", "Invented pca", "Invented noise"]
    assert cells(grid, "rank") == ["1", "2", "–"]
    assert any(note.startswith("Not ranked: R@1 is below 50") for note in grid.notes)
    assert grid.rows[2].cells[2].best is False
    suite = suite_of(*board)
    heads = [column.title for column in suite_table(suite).grid.columns]
    assert {R1, TAR, UTILITY} <= set(heads), "OPIS does not stand alone"
    means = {suite.name: suite_means(suite)}
    every = systems_grid(make_board(board), _all(board, means))
    (row,) = (row for row in every.rows if row.name == "Invented noise")
    (small,) = (cell.small for cell in row.cells if "R@1 7.5" in cell.small)
    assert "rank" not in small


def test_noise_as_a_control_is_nothing_to_beat() -> None:
    """Below the floor it stands last, and no sentence holds systems to its figure."""
    board = [face("noise", 0.003, 0.075, 0.011, control="random"), face("pca", 0.06, 0.98, 0.52)]
    board.append(face("pixels", 0.03, 0.99, 0.54))
    section, suite = section_of(*board), suite_of(*board)
    means = suite_means(suite)
    for headline in (section.headline, headline_of(suite, means)):
        assert headline == "Invented pixels is proven better than the other."
    wanted = ["Invented pixels", "Invented pca", "Invented noise"]
    for grid in (table(section), suite_table(suite).grid):
        assert names(grid) == wanted
        assert "control: random" in grid.rows[2].cells[1].small
    assert not means.stands("example__noise")


def _all(board: Sequence[Revision], means: dict[str, Any]) -> dict[str, Any]:
    return {suite.name: suite_means(suite) for suite in make_board(board).suites} | means


@pytest.mark.parametrize(("r1", "tar", "ranked"), [(0.5, 0.1, 2), (0.49, 0.1, 1), (0.5, 0.09, 1)])
def test_floors_are_those_of_the_cards(r1: float, tar: float, ranked: int) -> None:
    section = section_of(face("near", 0.003, r1, tar), face("pixels", 0.03, 0.99, 0.54))
    assert len(section.ranks) == ranked


def flipper(name: str, nfr: float, accuracy: float, **changes: Any) -> Revision:
    found = (
        metric(nfr, 0.002, name="NFR", higher=False),
        metric(accuracy, 0.01, name="accuracy"),
    )
    reference = BarRow(
        "reference", "the old model",
        (metric(0.0, None, name="NFR", higher=False), metric(0.93, None, name="accuracy")),
        ("NFR",),
    )  # fmt: skip
    told = {"beside": ("accuracy",), "bar": reference, **changes}
    return revision(name, "r1", run("flips/digits", *found, **told))


def test_the_reference_is_named_and_no_copy_of_it_is_ranked() -> None:
    svc, forest = flipper("svc", 0.004, 0.96), flipper("forest", 0.02, 0.93)
    section = section_of(svc, forest)
    assert section.headline == (
        "Invented svc is proven better than the other. Counted against the reference the old model "
        "(accuracy 93.0), which itself has none."
    )
    grid = table(section)
    assert names(grid) == ["the old model", "Invented svc", "Invented forest"]
    assert cells(grid, "rank") == ["–", "1", "2"]
    assert cells(grid, "m0") == ["93.0", "96.0", "93.0"], "accuracy stands beside"
    copy = flipper("copy", 0.0, 0.93, role="reference")
    copied = section_of(svc, forest, copy)
    assert set(copied.ranks) == set(section.ranks)
    assert copied.headline == section.headline
    assert names(table(copied)) == ["Invented copy", "Invented svc", "Invented forest"]
    assert cells(suite_table(suite_of(svc, forest)).grid, "rank") == ["–", "1", "2"]


MARKS = {
    "declares the test set": {"trained_on": [ALPHA]},
    "white-box": {"white_box": "white-box: it wrote them"},
    "fitted on the task": {"learned": "calibration"},
}


@pytest.mark.parametrize("word", MARKS)
def test_a_fitted_leader_is_marked_in_words_and_in_every_table(word: str) -> None:
    top, good, bad = drawn(10, 0.2, 0.0, -0.2)
    changes: dict[str, Any] = MARKS[word]
    manifest = {k: v for k, v in changes.items() if k == "trained_on"}
    own = {k: v for k, v in changes.items() if k != "trained_on"}
    knows = revision("top", "r1", run(ALPHA, of(top), spread=spread(top), **own), **manifest)
    board = [knows, system("good", good, None), system("bad", bad, None)]
    assert said(*board) == (
        f"Invented top ({word}) is proven better than every other ranked system. "
        "Of those without such a mark, nobody is proven better than Invented good."
    )
    suite = suite_of(*board)
    every = systems_grid(make_board(board), _all(board, {}))
    for grid in (table(section_of(*board)), suite_table(suite).grid, every):
        (facet,) = (facet for facet in grid.facets if facet.key == "fitted")
        assert facet.values == tuple(sorted((word, "zero-shot, as declared")))
        (row,) = (row for row in grid.rows if row.name == "Invented top")
        assert row.facets["fitted"] == word
        shown = " ".join(cell.small for cell in row.cells)
        assert word in shown or {"trained_on": "declares that it saw", "white_box": "white-box",
                                 "learned": "fitted on this task’s calibration split"}[
                                     next(iter(changes))] in shown  # fmt: skip


def test_marks_of_systems_that_were_not_named_are_counted() -> None:
    rows = [row - row.mean() + 0.5 for row in drawn(14, 0.0, 0.0, 0.0)]
    marks = [{"learned": "learning"}, {"white_box": "white-box"}, {}]
    board = [
        system(f"m{n}", row, None, **mark)
        for n, (row, mark) in enumerate(zip(rows, marks, strict=True))
    ]
    assert said(*board) == (
        "All 3 systems cannot be told apart at the top: none is proven better than another. "
        "2 of them are marked: fitted on the task and white-box."
    )


def test_marks_that_all_share_are_said_once() -> None:
    rows = drawn(11, 0.2, 0.0)
    board = [system(f"m{n}", row, None, learned="learning") for n, row in enumerate(rows)]
    assert said(*board) == (
        "Invented m0 is proven better than the other. All are marked: fitted on the task."
    )


def good_and_bad() -> tuple[dict[str, Any], list[Revision]]:
    """Items of a first stage, of a system above it and of one below it, on two tasks; the two."""
    tasks = {ALPHA: drawn(12, 0.0, 0.1, -0.1), BETA: drawn(13, 0.0, 0.1, -0.1)}
    board = [
        revision(
            name, "r1",
            *(run(task, of(rows[n]), spread=spread(rows[n]), bar=bar(rows[0]))
              for task, rows in tasks.items()),
        )
        for n, name in ((1, "good"), (2, "bad"))
    ]  # fmt: skip
    return tasks, board


def test_a_mean_is_read_against_the_mean_of_its_bars() -> None:
    tasks, board = good_and_bad()
    suite = suite_of(*board)
    means = suite_means(suite)
    whole = np.mean([rows[0].mean() for rows in tasks.values()])
    assert headline_of(suite, means) == (
        f"Invented good is proven better than the other, and than bm25 ({100 * whole:.1f})."
    )
    grid = suite_table(suite).grid
    assert names(grid) == ["Invented good", "bm25", "Invented bad"]
    assert cells(grid, "score")[1] == f"{100 * whole:.1f}"
    bare = revision("bad", "r1", *(run(task, of(rows[2])) for task, rows in tasks.items()))
    assert suite_means(suite_of(board[0], bare)).bar is not None, "any run of a task tells it"
    assert suite_means(suite_of(bare)).bar is None


def test_a_first_stage_run_on_some_tasks_takes_no_line_from_the_mean() -> None:
    """It is a row where it was run; the mean is still read against the mean of all first stages."""
    tasks, board = good_and_bad()
    rows = tasks[ALPHA]
    role = {"role": "first stage", "spread": spread(rows[0]), "bar": bar(rows[0])}
    board.append(revision("bm25", "r1", run(ALPHA, of(rows[0]), **role)))
    suite = suite_of(*board)
    means = suite_means(suite)
    whole = np.mean([own[0].mean() for own in tasks.values()])
    assert means.bar is not None
    assert means.bar.metrics[0].value == pytest.approx(whole)
    assert headline_of(suite, means).endswith(f"and than bm25 ({100 * whole:.1f}).")
    cells_of = cells(suite_table(suite).grid, "score")
    assert f"{100 * whole:.1f}" in cells_of
    second = [run(BETA, of(tasks[BETA][0]), **{**role, "bar": bar(tasks[BETA][0])})]
    board[-1] = revision("bm25", "r1", run(ALPHA, of(rows[0]), **role), *second)
    assert suite_means(suite_of(*board)).bar is None, "the row is the line on every core task"
