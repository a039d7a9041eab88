"""The first page answers: who leads against what, how sure that is, and what nobody knows."""

from __future__ import annotations

import lxml.html
import pytest

from leaderboard_site.board.board import Board, make_board
from leaderboard_site.board.families import SIZES, family_of, openness_of, size_of
from leaderboard_site.board.means import suite_means
from leaderboard_site.board.unknown import not_known, not_run, tasks_text
from leaderboard_site.drawing.rendering import renderer
from leaderboard_site.pages.overview import overview_files, systems_grid
from leaderboard_site.reading.summary import BarRow
from leaderboard_site.tables.cells import ALONE, with_facets
from leaderboard_site.tables.grid import GridRow
from leaderboard_site.tables.leading import MOST_LEADING
from leaderboard_site.tables.suite_rows import short_titles
from leaderboard_site.tables.suite_table import suite_table
from leaderboard_site.tables.task_table import task_table
from tests.leaderboard_site.made_up import ALPHA, BETA, many, metric, revision, run

SUITE = "reranking"


def page_of(board: Board) -> lxml.html.HtmlElement:
    means = {suite.name: suite_means(suite) for suite in board.suites}
    names = [suite.name for suite in board.suites]
    files = overview_files(board, means, renderer(names))
    assert set(files) == {"index.html", "all.html"}
    return lxml.html.fromstring(files["index.html"].decode())


def against(bar: float, *values: float) -> Board:
    """Systems on one task, read against a first stage of a value."""
    line = BarRow("first stage", "bm25", (metric(bar),))
    return make_board(
        revision(f"s{number}", "r1", run(ALPHA, metric(value), bar=line))
        for number, value in enumerate(values)
    )


def names_of(page: lxml.html.HtmlElement) -> list[str]:
    heads = page.xpath("//table[contains(@class, 'leading')]/tbody/tr/th")
    return [" ".join(head.xpath("a/text() | text()")).split("  ")[0].strip() for head in heads]


def test_the_best_stand_by_rank_around_the_line_to_beat() -> None:
    page = page_of(against(0.5, 0.3, 0.7, 0.6))
    assert names_of(page) == ["Invented s1", "Invented s2", "bm25", "Invented s0"]
    rows = page.xpath("//table[contains(@class, 'leading')]/tbody/tr")
    ranks = [row.xpath("string(td[1])") for row in rows]
    assert ranks == ["1", "2", "–", "3"]
    lines = [row.xpath(".//line[@class='ref']/@x1") for row in rows]
    assert len({tuple(line) for line in lines}) == 1, "one line through all rows"
    own = rows[2].xpath(".//circle/@cx")
    assert lines[0] == own, "it stands where the baseline does"
    assert [len(row.xpath(".//line[@class='ci']")) for row in rows] == [1, 1, 1, 1]
    assert page.xpath("//td[text()='–' and not(contains(@class, 'rank'))]") == []


def test_a_bar_below_the_first_rows_is_shown_all_the_same() -> None:
    page = page_of(against(0.1, *(0.9 - 0.02 * n for n in range(30))))
    names = names_of(page)
    assert len(names) == MOST_LEADING + 1
    assert names[-1] == "bm25"
    assert page.xpath("//table/@class") == ["leading"], "one table for one suite with systems"
    text = " ".join(page.text_content().split())
    assert "30 systems on 1 of" in text
    assert "There is no overall rank" in text.replace("so there is no", "There is no")


def test_the_better_end_is_told_though_the_first_system_was_run_on_another_task() -> None:
    flips = [metric(0.01 * n, 0.001, name="NFR", higher=False) for n in range(1, 5)]
    ran = [revision(f"b{n}", "r1", run("flips/digits", one)) for n, one in enumerate(flips)]
    other = revision("a", "r1", run("flips/imagenet-1k", metric(0.5, name="NFR", higher=False)))
    page = page_of(make_board([other, *ran]))
    (head,) = page.xpath("//th[contains(@class, 'score')]")
    assert "lower is better" in head.text_content()
    assert names_of(page) == [f"Invented b{n}" for n in range(4)]


def test_what_a_mean_is_over_is_named() -> None:
    board = make_board([revision("m", "r1", run(ALPHA), run(BETA)), revision("n", "r1", run(BETA))])
    page = page_of(board)
    assert "Mean over 2 core tasks: Invented alpha and Invented beta." in page.text_content()
    board = make_board([revision(name, "r1", run(BETA)) for name in "mno"]
                       + [revision("p", "r1", run(ALPHA))])  # fmt: skip
    assert "One task ranks: Invented beta." in page_of(board).text_content()
    page = page_of(against(0.5, 0.3, 0.7))
    assert "ranks:" not in page.text_content(), "the only task there is"


def test_a_long_title_at_the_head_of_a_column_ends_at_its_colon() -> None:
    titles = (
        "Human or machine: documentation and security weaknesses",
        "Human",
        "Of two: a, b",
        "One beginning of two titles: what the first one is",
        "One beginning of two titles: b",
    )
    runs = [run(f"detection/t{n}", title=title) for n, title in enumerate(titles)]
    board = make_board([revision("m", "r1", *runs)])
    (suite,) = (suite for suite in board.suites if suite.tasks)
    sections = [task.main for task in suite.tasks if task.main is not None]
    assert list(short_titles(sections).values()) == ["Human or machine", *titles[1:]]


@pytest.mark.parametrize("second", ["example", "others"])
def test_an_organisation_that_all_share_is_not_said_in_every_row(second: str) -> None:
    board = make_board(
        revision(name, "r1", run(ALPHA, metric(value)), org=org)
        for name, value, org in (("a", 0.3, "example"), ("b", 0.5, second))
    )
    means = {suite.name: suite_means(suite) for suite in board.suites}
    (suite,) = (suite for suite in board.suites if suite.tasks)
    section = suite.tasks[0].main
    assert section is not None
    for grid in (
        systems_grid(board, means),
        suite_table(suite).grid,
        task_table(section, None, title="", full_page="").grid,
    ):
        place = [column.kind for column in grid.columns].index("system")
        said = {org for org in ("example", "others") for row in grid.rows
                if org in row.cells[place].small}  # fmt: skip
        assert said == (set() if second == "example" else {"example", "others"})


def test_a_system_leads_to_its_family_if_there_is_one() -> None:
    board = make_board(revision(name, "r1", run(ALPHA)) for name in ("kin-small", "kin-large", "x"))
    grid = systems_grid(board, {suite.name: suite_means(suite) for suite in board.suites})
    place = [column.key for column in grid.columns].index("family")
    found = {row.name: row.cells[place].page for row in grid.rows}
    assert found == {
        "Invented kin-small": "families/kin.html", "Invented kin-large": "families/kin.html",
        "Invented x": "",
    }  # fmt: skip


def test_what_nobody_knows_is_counted() -> None:
    (suite,) = (s for s in against(0.5, 0.3, 0.7).suites if s.name == SUITE)
    left = len(not_run(suite))
    assert (
        not_known(suite, suite_means(suite)) == f"how any system does on {left} tasks of the suite."
    )
    assert tasks_text(suite) == f"1 of {left + 1} tasks"
    (suite,) = (s for s in make_board(many(4)).suites if s.name == SUITE)
    assert not_known(suite, suite_means(suite)).startswith(
        "the exact rank of any of the 4 systems; what a simple baseline reaches; how any system "
    )
    (suite,) = (s for s in make_board(many(1)).suites if s.name == SUITE)
    assert not_known(suite, suite_means(suite)).startswith("how the one system compares")
    theirs = make_board(
        [revision("a", "r1", run("theirs/one")), revision("b", "r1", run("theirs/one"))]
    )
    (suite,) = (s for s in theirs.suites if s.name == "theirs")
    assert tasks_text(suite) == "1 task", "nobody says how many there are"


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("all-minilm-l6-v2-int8", "all-minilm"),
        ("bge-reranker-large", "bge-reranker"),
        ("bge-reranker-v2-m3", "bge-reranker"),
        ("qwen3-reranker-0-6b", "qwen3-reranker"),
        ("smollm2-135m-instruct", "smollm2"),
        ("efficientnet-lite0", "efficientnet"),
        ("multilingual-e5-small", "multilingual-e5"),
        ("bm25", "bm25"),
        ("base", "base"),
    ],
)
def test_a_family_is_a_name_without_what_tells_checkpoints_apart(model: str, family: str) -> None:
    assert family_of(model) == family


@pytest.mark.parametrize(
    ("parameters", "words"),
    [(None, "not stated"), (0, "no weights"), (22_700_000, "10 to 100 M"), (10**8, "100 M to 1 B"),
     (7 * 10**9, "1 to 10 B"), (10**10, "10 B or more"), (2560, "under 10 M")],
)  # fmt: skip
def test_sizes_are_told_by_their_order(parameters: int | None, words: str) -> None:
    assert size_of(parameters) == words
    assert words in SIZES


@pytest.mark.parametrize(
    ("licence", "words"),
    [
        ("Apache-2.0", "open licence"), ("MIT", "open licence"), ("CC-BY-4.0", "open licence"),
        ("CC-BY-NC-4.0", "with conditions"), ("CC-BY-NC-SA-4.0", "with conditions"),
        ("LicenseRef-Llama3", "with conditions"), ("proprietary", "proprietary"),
        ("MIT OR LicenseRef-Own", "open licence"), ("MIT AND CC-BY-NC-4.0", "with conditions"),
    ],
)  # fmt: skip
def test_openness_follows_from_the_licence(licence: str, words: str) -> None:
    assert openness_of(licence) == words


def test_filters_are_there_where_rows_differ_and_can_be_read() -> None:
    told = [
        {"family": "bge", "size": "1 to 10 B", "date": f"2031-{n % 13 + 1:02d}", "org": "one"}
        for n in range(2)
    ] + [{"family": f"f{n}", "size": "no weights", "date": f"203{n % 2}-{n:02d}", "org": "one"}
         for n in range(1, 13)]  # fmt: skip
    rows, facets = with_facets([GridRow(str(n), "", (), found) for n, found in enumerate(told)])
    assert {facet.key: facet.values for facet in facets} == {
        "size": ("no weights", "1 to 10 B"),
        "family": ("bge", ALONE),
        "date": ("2031", "2030"),
    }
    assert rows[0].facets == {"family": "bge", "size": "1 to 10 B", "date": "2031"}
    assert rows[-1].facets["family"] == ALONE
