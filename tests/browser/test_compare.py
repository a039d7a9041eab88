"""Comparing two systems in a real browser: choice, address, verdicts, keyboard, bad addresses."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from leaderboard_site.board.board import make_board
from leaderboard_site.comparing.words import say_intervals
from leaderboard_site.making.assets import static_files
from leaderboard_site.pages.compare import compare_files
from leaderboard_site.reading.submitted import Standing
from leaderboard_site.reading.summary import Metric, Revision
from tests.leaderboard_site.flipping import read_runs, write_runs
from tests.leaderboard_site.made_up import ALPHA, BETA, metric, revision, run
from tests.leaderboard_site.submission_samples import HOSTILE, INVISIBLE, render

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Visit = Callable[..., "Page"]
PAGE = "compare/index.html"
HOSTILE_TASK = "reranking/invented/hostile"
LOWER = "OPIS[FAR=1%..10%]"
VALUES: dict[str, Metric] = {
    "low": metric(0.30)._replace(interval=(0.25, 0.35)),
    "edge": metric(0.36)._replace(interval=(0.31, 0.41)),
    "high": metric(0.52)._replace(interval=(0.46, 0.58)),
    "bare": metric(0.9, None, reason="one cluster"),
}
"""Values of systems that were never paired; ``edge`` is too near to ``low`` to be told from it."""


def interval_revisions() -> list[Revision]:
    tasks = [("reranking/invented/up", 1), ("consistency/invented/down", -1)]
    found = []
    for model, value in VALUES.items():
        runs = [
            run(
                task,
                value._replace(name="nDCG@10" if sign > 0 else LOWER, higher_is_better=sign > 0),
            )
            for task, sign in tasks
        ]
        found.append(revision(model, "r1", *runs))
    return found


@pytest.fixture(scope="session")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A compare page of paired updates, of systems known by intervals, and of a hostile name."""
    folder = tmp_path_factory.mktemp("compare")
    write_runs(folder, {"old": range(40), "new": range(100, 120), "near": range(41)})
    runs = read_runs(folder)
    doubted = Standing("disputed", "not the same here", "2031-07-01")
    revisions = [
        revision("one", "r1", runs["old"], run(ALPHA, metric(0.4)), date="2031-01-01"),
        revision("one", "r2", runs["new"], run(ALPHA, metric(0.6)), date="2031-02-01"),
        revision("two", "r1", runs["near"], run(BETA), standing=doubted),
        revision(
            "hostile", "r1", run(HOSTILE_TASK, title=HOSTILE), run(ALPHA), name=HOSTILE + INVISIBLE
        ),
        *interval_revisions(),
    ]
    site = folder / "site"
    files = compare_files(make_board(revisions), render) | static_files()
    for name, content in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_bytes(content)
    return site


@pytest.fixture
def opened(visit: Visit, board: Path) -> Callable[..., Page]:
    """The page with a query, once what it asks for has been drawn."""

    def call(query: str = "", **options: Any) -> Page:
        page = visit(PAGE, root=board, query=query, **options)
        page.wait_for_selector("select[name=a] option:nth-child(3)", state="attached")
        return page

    return call


def shown(page: Page) -> list[list[str]]:
    """Rows of the comparison as drawn, cell by cell."""
    page.wait_for_selector(".found table")
    rows = page.locator(".found tbody tr").all()
    return [
        [" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()] for row in rows
    ]


def said(page: Page) -> str:
    return page.locator(".compare .status").inner_text()


def choose(page: Page, a: str, b: str) -> None:
    page.select_option("select[name=a]", a)
    page.select_option("select[name=b]", b)
    page.wait_for_selector(".found dl")


def test_two_systems_are_chosen_and_the_address_says_so(opened: Callable[..., Page]) -> None:
    page = opened()
    choose(page, "example__two", "example__one")
    assert page.url.endswith("?a=example__two&b=example__one")
    (row,) = shown(page)
    assert row[0] == "labels accuracy ↑"
    assert row[1] == "better B is better than A: the whole interval is on its side."
    assert row[2].startswith("+10.5 [+")
    assert (row[3].split()[0], row[4].split()[0]) == ("79.5", "90.0")
    assert row[5] == "41 won, 20 lost, 139 equal items: the predicted class is the label"
    assert said(page) == "B against A on the one task in common: better."
    assert "Disputed on 2031-07-01: not the same here" in page.locator(".found dl").inner_text()
    left = page.locator(".found p").all_inner_texts()
    assert left == [
        "Only A, or on other data or candidates: Invented beta.",
        "Only B, or on other data or candidates: Invented alpha.",
    ]


def test_an_address_restores_revisions_and_order(opened: Callable[..., Page]) -> None:
    page = opened("?a=example__one/r1&b=example__one")
    rows = shown(page)
    assert [row[0] for row in rows] == ["labels accuracy ↑", "Invented alpha nDCG@10 ↑"]
    assert rows[0][1].startswith("better")  # paired, so it goes first
    assert rows[1][1].startswith("better B is better than A by the two intervals alone")
    assert rows[1][2] == "not paired"
    assert said(page) == "B against A on 2 tasks in common: better on 2."
    assert page.input_value("select[name=a-revision]") == "r1"
    assert page.input_value("select[name=b-revision]") == "r2"
    page.reload()
    assert shown(page) == rows


def test_a_swap_shows_the_other_side(opened: Callable[..., Page]) -> None:
    page = opened("?a=example__one/r1&b=example__one")
    before = shown(page)
    page.get_by_role("button", name="Swap A and B").click()
    assert page.url.endswith("?a=example__one&b=example__one/r1")
    page.locator(".compare .status", has_text="worse").wait_for()
    after = shown(page)
    assert (before[0][3:5], before[0][2].split()[0]) == (after[0][4:2:-1], "+10.0")
    assert after[0][2].split()[0] == "−10.0"
    assert after[1][1].startswith("worse A is better than B by the two intervals alone")


def test_every_pair_by_intervals_is_told_as_python_tells_it(opened: Callable[..., Page]) -> None:
    page = opened()
    revisions = {r.manifest.model: r for r in interval_revisions()}
    seen = set()
    for first, second in permutations(VALUES, 2):
        choose(page, f"example__{first}", f"example__{second}")
        rows = {row[0].split()[1]: row[1] for row in shown(page)}
        for old, new in zip(revisions[first].runs, revisions[second].runs, strict=True):
            told = say_intervals(old.main, new.main, first="A", second="B")
            assert rows[old.task.split("/")[-1]] == f"{told.word} {told.sentence}"
            seen.add(told.sentence.replace("A", "B"))
    assert len(seen) == 3  # apart, together, unknown


def test_a_revision_and_nothing_chosen(opened: Callable[..., Page]) -> None:
    page = opened("?a=example__one")
    assert said(page) == "Choose a second system."
    page.select_option("select[name=b]", "example__one")
    page.locator(".compare .status", has_text="same").wait_for()
    assert said(page) == "A and B are the same revision: choose two."
    page.select_option("select[name=b-revision]", "r1")
    assert shown(page)[0][1].startswith("worse")
    assert page.url.endswith("?a=example__one&b=example__one/r1")


def test_systems_without_a_common_task(opened: Callable[..., Page]) -> None:
    page = opened("?a=example__low&b=example__two")
    page.wait_for_selector(".found dl")
    assert said(page) == "Invented low and Invented two have no task in common."
    assert page.locator(".found table").count() == 0


@pytest.mark.parametrize(
    "query",
    [
        "?a=nobody__nothing&b=../../secret",
        "?a=https://example.org/x&b=%3Cscript%3Ealert(1)%3C/script%3E",
        "?a=example__one/r9&b=__proto__",
        "?a=constructor&b=%00",
    ],
)
def test_addresses_of_nobody_load_nothing(opened: Callable[..., Page], query: str) -> None:
    page = opened(query)
    assert page.input_value("select[name=b]") == ""
    assert page.locator(".found table").count() == 0
    scripts = page.eval_on_selector_all("script", "nodes => nodes.map(node => node.src)")
    assert not [src for src in scripts if re.search("secret|example.org|script%|proto", src)]


def test_hostile_names_are_text(opened: Callable[..., Page]) -> None:
    page = opened("?a=example__hostile&b=example__one")
    shown(page)
    assert "<script>alert(1)</script>" in page.locator(".found p").first.inner_text()
    assert "<script>" in page.locator(".found thead").inner_text()
    assert page.locator(".found script").count() == 0


def test_the_keyboard_alone(opened: Callable[..., Page]) -> None:
    page = opened()
    page.locator("select[name=a]").focus()
    page.keyboard.type("Invented one")
    page.keyboard.press("Tab")  # to the revision
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Invented two")
    page.wait_for_selector(".found table")
    assert page.url.endswith("?a=example__one/r1&b=example__two")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith("?a=example__two&b=example__one/r1"))
    assert page.evaluate("document.activeElement.textContent") == "Swap A and B"


def test_without_a_script_the_tables_stand_alone(visit: Visit, board: Path) -> None:
    page = visit(PAGE, root=board, java_script_enabled=False)
    assert not page.locator(".compare .tools").is_visible()
    assert page.get_by_text("needs JavaScript").is_visible()
    text = page.locator("main").inner_text()
    assert "The update is better than its predecessor" in text
    assert "40 won, 20 lost, 140 equal" in text
    scripted = visit(PAGE, root=board)
    for id in ("leaders", "updates"):
        rows = [
            p.locator(f"section[aria-labelledby={id}] tr").all_inner_texts()
            for p in (page, scripted)
        ]
        assert rows[0] == rows[1]
        assert rows[0]


def test_data_that_cannot_be_loaded_are_said_to_be_missing(browser: Browser, board: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/example__one.js", lambda route: route.abort())
    page.goto((board / PAGE).as_uri() + "?a=example__one&b=example__two")
    page.locator(".compare .status", has_text="could not").wait_for()
    assert said(page) == "The data of example__one could not be loaded."
    page.unroute("**/example__one.js")
    page.select_option("select[name=a-revision]", "r1")
    assert shown(page)
    context.close()


def test_a_phone_scrolls_the_table_and_never_the_page(opened: Callable[..., Page]) -> None:
    page = opened("?a=example__one/r1&b=example__one", viewport={"width": 360, "height": 800})
    shown(page)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_comparison(opened: Callable[..., Page], scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-core")
    page = opened("?a=example__one/r1&b=example__one", color_scheme=scheme)
    shown(page)
    results: Any = axe.Axe().run(page, options={"preload": False})
    assert [found["id"] for found in results.response["violations"]] == []
