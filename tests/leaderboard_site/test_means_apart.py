"""A mean over tasks counts no set of items twice."""

from __future__ import annotations

import pytest

from leaderboard_site.board.board import make_board
from leaderboard_site.board.means import best_first, core_sections, suite_means
from leaderboard_site.tables.suite_table import suite_table
from tests.leaderboard_site.made_up import metric, revision, run

KONIQ = tuple(
    f"image-quality/{name}"
    for name in ("koniq-10k", "koniq-10k-2010", "koniq-10k-2010-votes", "koniq-10k-votes")
)
SPAQ = "image-quality/spaq"


def test_four_forms_of_one_set_count_once() -> None:
    values = dict(zip((*KONIQ, SPAQ), (0.9, 0.8, 0.7, 0.6, 0.2), strict=True))
    runs = [run(task, metric(value, 0.02)) for task, value in values.items()]
    board = make_board([revision("m", "r1", *runs)])
    (suite,) = (suite for suite in board.suites if suite.tasks)
    assert [section.run.task for section in core_sections(suite)] == [KONIQ[0], SPAQ]
    (mean,) = suite_means(suite).means.values()
    assert mean.value == pytest.approx((0.9 + 0.2) / 2)
    assert mean.interval is not None
    half = (mean.interval[1] - mean.interval[0]) / 2
    assert half == pytest.approx(2**0.5 * 0.02 / 2)  # two samples, not five


def test_what_is_left_of_a_group_counts() -> None:
    board = make_board(
        [revision("m", "r1", run(KONIQ[2], metric(0.7, 0.02)), run(SPAQ, metric(0.2, 0.02)))]
    )
    (suite,) = (suite for suite in board.suites if suite.tasks)
    assert [section.run.task for section in core_sections(suite)] == [KONIQ[2], SPAQ]


def test_a_compilation_gives_way_to_its_parts() -> None:
    tasks = [f"detection/{name}" for name in ("coling", "hc3", "mage", "raid")]
    board = make_board([revision("m", "r1", *(run(t, metric(0.5, 0.1)) for t in tasks))])
    (suite,) = (suite for suite in board.suites if suite.tasks)
    assert [section.run.task for section in core_sections(suite)] == tasks[1:]


def test_whoever_was_not_run_there_does_not_turn_the_column() -> None:
    """A lower-is-better figure that one system lacks keeps its direction, head and order."""
    task, other = "flips/digits", "flips/imagenet-1k"
    figures = {"a": (task, 0.3), "b": (task, 0.1), "c": (other, 0.2)}
    board = make_board(
        revision(name, "r1", run(place, metric(value, 0.02, higher=False)))
        for name, (place, value) in figures.items()
    )
    (suite,) = (suite for suite in board.suites if suite.tasks)
    means = suite_means(suite)
    assert {mean.higher_is_better for mean in means.means.values()} == {False}
    grid = suite_table(suite).grid
    assert not grid.descending
    names = [system.current.manifest.model for system in best_first(suite, means)]
    assert names.index("b") < names.index("a")
