"""The compare page without a script, and the data that its script reads."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import leaderboard_site
from leaderboard_site.board.board import make_board
from leaderboard_site.board.ranks import oriented
from leaderboard_site.board.systems import systems_of
from leaderboard_site.comparing.data import CALL, LARGEST, WorkKeys, index_script, system_script
from leaderboard_site.comparing.words import APART, TOGETHER, UNKNOWN
from leaderboard_site.making.assets import static_files
from leaderboard_site.pages.compare import compare_files, compare_href
from leaderboard_site.reading.submitted import Standing
from leaderboard_site.reading.summarise import summarise
from leaderboard_site.reading.summary import Revision, Run
from leaderboard_site.tables.paging import cut, page_links
from tests.leaderboard_site.flipping import read_runs, write_runs
from tests.leaderboard_site.made_up import ALPHA, BETA, many, metric, revision, run
from tests.leaderboard_site.submission_samples import (
    HOSTILE,
    Page,
    hostile,
    render,
    shown_literally,
)

INDEX = "compare/index.html"
SCRIPTS = Path(leaderboard_site.__file__).parent / "scripts"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    folder = tmp_path_factory.mktemp("flips")
    write_runs(folder, {"old": range(40), "new": range(100, 120), "near": range(41)})
    return read_runs(folder)


def pages(*revisions: Revision) -> dict[str, bytes]:
    return compare_files(make_board(revisions), render)


def data(script: bytes) -> Any:
    """What the script hands over; it is one call with strict JSON that no parser takes for HTML."""
    text = script.decode("ascii")
    match = re.fullmatch(rf"{CALL}\((.*)\);\n", text, re.DOTALL)
    assert match, text[:80]
    assert not set("<>&\u2028\u2029") & set(text)
    return json.loads(match[1], parse_constant=lambda name: pytest.fail(name))


def test_an_update_is_listed_with_verdict_and_flips(runs: dict[str, Run]) -> None:
    files = pages(
        revision("one", "r1", runs["old"], date="2031-01-01"),
        revision("one", "r2", runs["new"], date="2031-02-01"),
    )
    page = Page(files[INDEX])
    assert page.rows[-1][1].split()[0] == "better"
    assert (
        "The update is better than its predecessor: the whole interval is on its side." in page.text
    )
    assert "40 won, 20 lost, 140 equal" in page.text
    assert "One task in common: better." in page.text
    assert "../r/example__one/r1/index.html" in page.links
    assert "../compare/index.html?a=example__one/r1&b=example__one/r2" in page.links


def test_an_update_without_tables_is_told_by_intervals_alone() -> None:
    old = [run(f"reranking/x/t{n}", metric(0.4)) for n in range(3)]
    new = [run(f"reranking/x/t{n}", metric(v)) for n, v in enumerate((0.5, 0.3, 0.41))]
    page = Page(pages(revision("one", "r1", *old), revision("one", "r2", *new))[INDEX])
    assert "3 tasks in common: worse on 1, better on 1, cannot tell on 1." in page.text
    assert "By intervals alone: worse on 1, better on 1, cannot tell on 1 (" in page.text
    assert "(Invented t0 and Invented t1)." in page.text


def test_first_against_second_of_each_task() -> None:
    board = [
        revision("a", "r1", run(ALPHA, metric(0.6)), run(BETA, metric(0.5))),
        revision("b", "r1", run(ALPHA, metric(0.4)), run(BETA, metric(0.51))),
        revision("c", "r1", run(ALPHA, metric(0.3))),
    ]
    page = Page(pages(*board)[INDEX])
    assert "Invented a is better than Invented b by the two intervals alone" in page.text
    assert page.text.count(TOGETHER) == 1  # beta
    assert "../compare/index.html?a=example__b/r1&b=example__a/r1" in page.links
    assert "../compare/index.html?a=example__a/r1&b=example__b/r1" in page.links


def test_an_empty_board_and_one_system() -> None:
    assert "No system has a second revision so far." in Page(pages()[INDEX]).text
    files = pages(revision())
    assert "No system has a second revision so far." in Page(files[INDEX]).text
    assert set(files) == {INDEX, "data/systems/index.js", "data/systems/example__small.js"}


def test_a_withdrawn_update_says_so() -> None:
    gone = Standing("withdrawn", "trained on the test", "2031-06-01")
    page = Page(pages(revision("a", "r1"), revision("a", "r2", standing=gone))[INDEX])
    assert "Withdrawn on 2031-06-01: trained on the test" in page.text


def test_many_updates_go_on_further_pages() -> None:
    found = [
        revision(f"m{n:03d}", number, date=f"2031-0{1 + n % 9}-11")
        for n in range(200)
        for number in ("r1", "r2")
    ]
    files = pages(*found)
    names = sorted(name for name in files if name.startswith("compare/"))
    assert len(names) > 2
    shown = [link for name in names for link in Page(files[name]).links if "?a=" in link]
    assert len([link for link in shown if "r1&b=" in link and "/r2" in link]) == 200
    assert "../compare/page-2.html" in Page(files[INDEX]).links
    for name in names[1:]:
        assert "Choose a system" not in Page(files[name]).text


@given(st.lists(st.integers(1, 40), max_size=60))
def test_paging_keeps_every_item_in_order_and_every_page_small(sizes: list[int]) -> None:
    found = cut(sizes, lambda size: size, most=30)
    assert [size for page in found for size in page] == sizes
    assert all(sum(page) <= 30 or len(page) == 1 for page in found)
    assert [link.here for link in page_links("x", len(found), 1)][:1] in ([], [True])


def test_the_data_hold_the_very_numbers_that_ranks_are_made_of(runs: dict[str, Run]) -> None:
    lower = metric(0.1, 0.0123456789, name="OPIS[FAR=1%..10%]", higher=False)
    consistency = run("consistency/invented", lower)
    files = pages(
        revision("one", "r1", runs["old"], consistency, date="2031-01-01"),
        revision("one", "r2", runs["new"], date="2031-02-01"),
        revision("two", "r1", runs["near"]),
    )
    index = data(files["data/systems/index.js"])
    assert [entry[:3] for entry in index["systems"]] == [
        ["example__one", "Invented one", "r2"],
        ["example__two", "Invented two", "r1"],
    ]
    assert [entry[0] for entry in index["systems"][0][3]] == ["r2", "r1"]
    one = data(files["data/systems/example__one.js"])
    values = {index["works"][key][1]: rest for key, *rest in one["revisions"]["r1"]["runs"]}
    assert tuple(values["consistency"][2:4]) == oriented(lower)
    assert values["consistency"][0] == "10.0"
    pairs = one["revisions"]["r2"]["pairs"]
    assert set(pairs) == {"example__one/r1", "example__two/r1"}
    key, word, sentence, gap, difference, interval, flips, rule = pairs["example__two/r1"][0]
    assert index["works"][key][2] == "tasks/flips.predictions.labels.html"
    assert (word, sentence) == (
        "worse",
        "B is worse than A, by more than the 1 point that may not matter.",
    )
    assert gap == pytest.approx(0.105)
    assert (difference, flips) == ("−10.5", "20 won, 41 lost, 139 equal")
    assert interval.startswith("[−")
    assert rule == "items: the predicted class is the label"


def test_missing_values_come_with_their_reason() -> None:
    bare = run(ALPHA, metric(None, reason="the scores have 2 distinct values"))
    files = pages(revision("a", "r1", bare, run(BETA, metric(0.5, None, reason="one cluster"))))
    (alpha, beta) = data(files["data/systems/example__a.js"])["revisions"]["r1"]["runs"]
    assert alpha[1:] == ["–", "", None, None, None, "the scores have 2 distinct values"]
    assert beta[1:] == ["50.0", "", None, None, None, "No interval: one cluster"]


def test_works_keep_their_names_when_others_come() -> None:
    first = data(pages(revision("a", "r1", run(BETA)))["data/systems/index.js"])["works"]
    both = data(pages(revision("a", "r1", run(ALPHA), run(BETA)))["data/systems/index.js"])["works"]
    assert first.items() <= both.items()
    assert len(both) == 2


def test_the_data_of_a_system_stay_small_newest_first() -> None:
    tasks = [f"reranking/invented/t{n:03d}" for n in range(60)]
    found = [
        revision("a", f"r{n:02d}", *(run(task) for task in tasks), date=f"2031-{n:02d}-01")
        for n in range(1, 13)
    ]
    (system,) = systems_of(found)
    script = system_script(system, {}, WorkKeys(), largest=20_000)
    assert len(script) <= 20_000
    kept = data(script)["revisions"]
    assert set(kept) == {f"r{n:02d}" for n in range(1, 13)}
    assert len(kept["r12"]["runs"]) == 60
    assert kept["r01"]["runs"] == []
    assert kept["r01"]["cut"]
    assert not kept["r12"]["cut"]


def test_hostile_texts_are_shown_and_never_obeyed() -> None:
    first = summarise(hostile())
    manifest = first.manifest.model_copy(update={"revision": "r0", "date": "2030-01-01"})
    files = pages(first, replace(first, manifest=manifest), revision("small", "r1"))
    assert shown_literally(Page(files[INDEX]))
    index = data(files["data/systems/index.js"])
    assert index["systems"][0][1].startswith("<script>alert(1)</script>")
    system = data(files["data/systems/example__hostile.js"])
    assert system["revisions"]["r0"]["standing"].startswith("Disputed on <script>")
    assert "\u202e" not in json.dumps(index, ensure_ascii=False)


@given(st.text(max_size=90), st.sampled_from(["</script>", "\u2028", "\u2029", "]]>", "&lt;"]))
def test_any_name_survives_the_way_into_the_browser(text: str, more: str) -> None:
    name = (text + more).encode("utf-8", "replace").decode()
    (system,) = systems_of([revision("a", "r1", name=name)])
    index = data(index_script([system], WorkKeys()))
    assert len(index["systems"][0][1]) <= 80 * len("⟨U+10FFFF⟩")


def test_the_script_says_what_python_says() -> None:
    page = Page(pages(revision())[INDEX])
    (place,) = [tag for tag in page.named("section") if tag.get("id") == "compare"]
    said = [place["data-apart"], place["data-together"], place["data-unknown"]]
    assert said == [APART, TOGETHER, UNKNOWN]
    script = static_files()["static/site.js"].decode()
    assert f"window.{CALL} = " in script
    compare = (SCRIPTS / "50-compare.js").read_text()
    assert "innerHTML" not in compare
    assert not re.search(r"\bfetch\(|import\(|eval\(|\.style\b", compare)


def test_addresses_are_made_of_ids_alone() -> None:
    assert compare_href("a__b/r1", "c__d") == "compare/index.html?a=a__b/r1&b=c__d"


def test_five_hundred_systems_cost_little() -> None:
    tasks = [f"reranking/invented/t{n:02d}" for n in range(40)]
    board = make_board(many(500, tasks))
    start = time.process_time()
    files = compare_files(board, render)
    assert time.process_time() - start < 4  # 0.4 s on an idle core
    assert max(map(len, files.values())) <= LARGEST
    assert HOSTILE not in files
