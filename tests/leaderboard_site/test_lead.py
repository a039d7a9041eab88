"""How few items hold first place, as pages say it of tables that the command line wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from leaderboard_site.board.board import Section, make_board
from leaderboard_site.build import build_site
from leaderboard_site.pages.lead import MOST_RIVALS, lead_text, rivals
from leaderboard_site.reading.sources import local_sources, read_source
from leaderboard_site.reading.summarise import summarise
from tests.leaderboard_site.flipping import ITEMS, write_runs

WRONG = {"best": range(4), "next": range(10, 20), "last": range(30, 90)}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lead")
    write_runs(folder, WRONG)
    return folder / "runs"


def section_of(folder: Path) -> Section:
    board = make_board(summarise(read_source(source)) for source in local_sources(folder))
    (task,) = (task for suite in board.suites for task in suite.tasks)
    assert task.main is not None
    return task.main


def test_the_count_is_that_of_the_answers(runs: Path) -> None:
    section = section_of(runs)
    lines = rivals(section)
    assert [line.system.name for line in lines] == ["best", "next", "last"]
    # Six more right answers: without six of the items that "best" alone has right, it is level.
    assert lead_text(lines, 3) == (
        f"First place by value hangs on 6 items of {ITEMS} (3 %): without them, next is level or "
        "ahead."
    )
    assert lead_text(lines, 30).endswith("level or ahead, of the first 3 systems.")
    assert lead_text(lines[:1], 1) == ""
    assert len(lines) <= MOST_RIVALS


def test_pages_of_task_and_suite_say_it(runs: Path, tmp_path: Path) -> None:
    site = build_site(runs, tmp_path / "site").parent
    for pattern in ("tasks/flips*.html", "suites/flips.html"):
        (path,) = site.glob(pattern)
        assert path.read_text(encoding="utf-8").count("First place by value hangs on 6 items") == 1


def test_level_systems_have_no_leader(tmp_path: Path) -> None:
    write_runs(tmp_path, {"one": range(4), "two": range(4, 8)})
    lines = rivals(section_of(tmp_path / "runs"))
    assert lead_text(lines, 2) == "Nobody leads by value: two is level with the first."
