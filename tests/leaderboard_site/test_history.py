"""The history: what happened when, who led, and how it is cut into pages."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard_site.board.board import make_board
from leaderboard_site.board.events import events_of, suites_in_words
from leaderboard_site.board.leaders import MOST_NAMES, Month, months_of
from leaderboard_site.board.means import suite_means
from leaderboard_site.board.systems import systems_of
from leaderboard_site.pages.history import history_files, month_name
from leaderboard_site.reading.submitted import Standing
from leaderboard_site.reading.summarise import summarise
from leaderboard_site.reading.summary import Revision
from tests.leaderboard_site.made_up import ALPHA, BETA, many, metric, revision, run
from tests.leaderboard_site.submission_samples import Page, hostile, render, shown_literally

INDEX = "history/index.html"


def pages(revisions: Sequence[Revision]) -> dict[str, bytes]:
    board = make_board(revisions)
    means = {suite.name: suite_means(suite) for suite in board.suites}
    return history_files(board, means, render)


def months(revisions: Sequence[Revision]) -> tuple[Month, ...]:
    board = make_board(revisions)
    return months_of(board, {suite.name: suite_means(suite) for suite in board.suites})


def led(revisions: Sequence[Revision], suite: int = 0) -> dict[str, list[str]]:
    """Month -> names of those who led a suite then."""
    return {
        month.month: [leader.name for leader in month.leaders[suite].names]
        for month in months(revisions)
    }


def test_events_stand_newest_first_and_of_one_day_the_last_first() -> None:
    gone = Standing("withdrawn", "by its author", "2031-03-05")
    found = events_of(
        systems_of(
            [
                revision("a", "r1", date="2031-01-05"),
                revision("a", "r2", date="2031-03-05", standing=gone),
                revision("b", "r1", date="2031-03-05"),
                revision("c", "r1", date="someday"),
            ]
        )
    )
    assert [(e.day, e.kind, e.name) for e in found] == [
        ("2031-03-05", "withdrawn", "Invented a, r2"),
        ("2031-03-05", "updated", "Invented a, r2"),
        ("2031-03-05", "new", "Invented b, r1"),
        ("2031-01-05", "new", "Invented a, r1"),
        ("", "new", "Invented c, r1"),
    ]


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (
            Standing("disputed", " cannot be made again ", "2031-06-01"),
            "disputed: cannot be made again",
        ),
        (
            Standing("reproduced", "on one H100", "2031-06-01", (ALPHA, BETA)),
            f"reproduced on {ALPHA} and {BETA}: on one H100",
        ),
        (Standing("reproduced", "", "2031-06-01"), "reproduced"),
    ],
)
def test_marks_of_maintainers_in_words(standing: Standing, words: str) -> None:
    first, second = events_of(systems_of([revision(standing=standing)]))
    assert first.words == words
    assert second.words == "submitted"


def test_updates_name_what_they_follow() -> None:
    found = events_of(
        systems_of(
            [
                revision("a", "r1", date="2031-01-01"),
                revision("a", "r2", date="2031-01-02"),
                revision("b", "r1", date="2031-01-03", predecessor="example__a/r2"),
            ]
        )
    )
    assert [event.words for event in found] == [
        "updated, after example__a/r2",
        "updated, after r1",
        "submitted",
    ]


def test_suites_are_counted() -> None:
    found = revision("a", "r1", run(ALPHA), run(BETA), run("flips/digits"))
    assert suites_in_words(found) == "flips, reranking (2 tasks)"


def test_the_page_lists_events_under_their_months_with_ranks() -> None:
    board = [
        revision("a", "r1", run(ALPHA, metric(0.6)), date="2031-01-05"),
        revision("a", "r2", run(ALPHA, metric(0.7)), date="2031-03-05"),
        revision("b", "r1", run(ALPHA, metric(0.4)), date="2031-03-04"),
    ]
    page = Page(pages(board)[INDEX])
    rows = [[" ".join(cell.split()) for cell in row] for row in page.rows]
    start = rows.index(["March 2031"], 4)
    assert rows[start:] == [
        ["March 2031"],
        ["2031-03-05", "Invented a, r2 example", "updated, after r1", "reranking", "reranking 1"],
        ["2031-03-04", "Invented b, r1 example", "submitted", "reranking", "reranking 2"],
        ["January 2031"],
        ["2031-01-05", "Invented a, r1 example", "submitted", "reranking", "none"],
    ]
    assert "../r/example__a/r2/index.html" in page.links
    assert "../feed.xml" in page.links


def test_leaders_are_those_of_each_month() -> None:
    board = [
        revision("old", "r1", run(ALPHA, metric(0.5)), date="2031-01-05"),
        revision("late", "r1", run(ALPHA, metric(0.51)), date="2031-03-31"),
        revision("best", "r1", run(ALPHA, metric(0.6)), date="2031-05-01"),
        revision("old", "r2", run(ALPHA, metric(0.3)), date="2031-06-01"),
    ]
    assert led(board) == {
        "2031-06": ["Invented best"],
        "2031-05": ["Invented best"],
        "2031-03": ["Invented late", "Invented old"],
        "2031-01": ["Invented old"],
    }
    assert [month.leaders[0].changed for month in months(board)] == [False, True, True, True]


def test_withdrawn_first_stages_and_gaps_never_led() -> None:
    gone = Standing("withdrawn", "wrong", "2031-06-01")
    lower = metric(0.2, name="NFR", higher=False)
    first_stage = run(ALPHA, metric(0.8), capability="keep_first_stage")
    board = [
        revision("gone", "r1", run(ALPHA, metric(0.9)), date="2031-01-05", standing=gone),
        revision("bm25", "r1", first_stage, date="2031-01-05"),
        revision("null", "r1", run(ALPHA, metric(None, reason="no")), date="2031-01-06"),
        revision("real", "r1", run(ALPHA, metric(0.4)), date="2031-02-05"),
        revision("flips", "r1", run("flips/digits", lower), date="2031-02-05"),
    ]  # fmt: skip
    assert led(board) == {"2031-02": ["Invented real"], "2031-01": []}
    assert led(board, suite=1) == {"2031-02": ["Invented flips"], "2031-01": []}


def test_a_crowd_of_leaders_is_counted() -> None:
    board = [revision(f"m{n}", "r1", run(ALPHA, metric(0.5 + n / 1000))) for n in range(9)]
    (month,) = months(board)
    assert [leader.name for leader in month.leaders[0].names] == [
        f"Invented m{n}" for n in (8, 7, 6, 5)
    ]
    assert month.leaders[0].more == 9 - MOST_NAMES
    assert "and 5 more" in Page(pages(board)[INDEX]).text


def test_leaders_of_today_are_those_of_the_suite() -> None:
    board = make_board(many(60, (ALPHA, BETA)))
    (suite,) = (suite for suite in board.suites if suite.systems)
    means = suite_means(suite)
    first = [id for id, rank in means.ranks.items() if rank.best == 1]
    (leaders,) = months_of(board, {suite.name: means})[0].leaders
    assert len(leaders.names) + leaders.more == len(first)
    assert leaders.names[0].name == "Invented m000"


def test_an_empty_board() -> None:
    page = Page(pages([])[INDEX])
    assert "Nothing was submitted so far." in page.text


def test_long_histories_go_on_further_pages() -> None:
    files = pages(many(400))
    assert len(files) == 4
    links = [
        link for data in files.values() for link in Page(data).links if link.startswith("../r/")
    ]
    assert {f"../r/example__m{n:03d}/r1/index.html" for n in range(400)} <= set(links)
    assert "../history/page-4.html" in Page(files[INDEX]).links
    assert "The leaders by month" not in Page(files["history/page-2.html"]).text


def test_months_have_names() -> None:
    assert month_name("2031-05") == "May 2031"
    assert month_name("") == "Without a date"


@given(st.permutations(range(6)))
def test_the_order_of_submissions_changes_nothing(order: list[int]) -> None:
    board = [
        revision(f"m{n}", "r1", run(ALPHA, metric(0.3 + n / 50)), date=f"2031-0{1 + n % 3}-05")
        for n in range(6)
    ]
    assert pages([board[n] for n in order]) == pages(board)


def test_who_led_is_the_same_with_and_without_an_update() -> None:
    board = many(60, (ALPHA, BETA))
    late = revision("late", "r1", run(ALPHA, metric(0.1)), date="2031-09-01")
    update = revision("late", "r2", run(ALPHA, metric(0.1)), date="2031-09-02")
    # An update makes all means anew; without one those of today are taken.
    assert months([*board, late]) == months([*board, late, update])


def test_hostile_texts_are_shown_and_never_obeyed() -> None:
    page = Page(pages([summarise(hostile()), revision()])[INDEX])
    assert shown_literally(page)
    assert "Without a date" in page.text  # of a mark whose date is none


def test_five_hundred_systems_cost_little() -> None:
    tasks = [f"reranking/invented/t{n:02d}" for n in range(40)]
    board = make_board(many(500, tasks))
    means = {suite.name: suite_means(suite) for suite in board.suites}
    start = time.process_time()
    history_files(board, means, render)
    assert time.process_time() - start < 5  # 0.4 s on an idle core
