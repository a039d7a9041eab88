"""Pages of systems, and how they are put in order, named and cited."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from harness.errors import InvalidError
from harness.submission.manifest.status import Standing
from leaderboard_site.addresses import run_page, system_page
from leaderboard_site.board.ranks import RankInterval
from leaderboard_site.board.systems import day, systems_of
from leaderboard_site.pages.citing import bibtex, escaped
from leaderboard_site.pages.system import MOST_REVISIONS, Ranks, rank_texts, set_ranks, system_draft
from leaderboard_site.reading.submitted import Submitted
from leaderboard_site.reading.summarise import summarise
from tests.leaderboard_site.submission_samples import (
    ALPHA,
    BETA,
    HOSTILE,
    Page,
    hostile,
    render,
    shown_literally,
    submitted,
)

PATH = "m/example__small/index.html"


def system_files(submissions: Sequence[Submitted], ranks: Ranks | None = None) -> dict[str, bytes]:
    known = {item.manifest.id: item.manifest for item in submissions}
    files = {}
    for system in systems_of(map(summarise, submissions)):
        texts = rank_texts(system, ranks or {})
        draft = system_draft(system, known, render, ranked=bool(texts))
        files[system.page] = set_ranks(draft, texts)
    return files


def page_of(*submissions: Submitted, path: str = PATH, ranks: Ranks | None = None) -> Page:
    return Page(system_files(submissions, ranks)[path])


def test_one_system_shows_its_results_with_interval_and_evidence():
    item = submitted()
    page = page_of(item)
    metric = item.runs[0].record.primary
    row = next(row for row in page.rows if "Invented Alpha" in row[1])
    assert row[3] == f"{metric.value * 100:.1f}"
    assert re.fullmatch(r"\[\d+\.\d, \d+\.\d\]", row[4])
    assert row[6] == "◐ recomputed predictions were given, not the weights"
    for said in ("MIT", "22,700,000", "code.example.org", "test data of no task"):
        assert said in page.text
    assert "marginbench evaluate --model cross-encoder:example/small" in page.text
    assert "../../tasks/reranking.invented.alpha.html" in page.links
    assert "Rank" not in page.text


def test_ranks_of_the_board_are_shown_where_given():
    page = page_of(submitted(), ranks={("example__small/1", ALPHA): RankInterval(2, 5)})
    assert [row[2] for row in page.rows if len(row) == 8][1:] == ["2–5", "–"]


def test_no_text_is_taken_for_the_place_of_a_rank():
    said = "<!--rank--> & <!--rank-->"
    page = page_of(
        submitted(name=said, description=said),
        ranks={("example__small/1", ALPHA): RankInterval(2, 5)},
    )
    assert page.text.count("<!--rank-->") >= 4
    assert [row[2] for row in page.rows if len(row) == 8][1:] == ["2–5", "–"]


def test_two_revisions_stand_newest_first_with_their_predecessor():
    first = submitted("1", tasks=(ALPHA,), date="2031-01-01")
    second = submitted("2", predecessor="example__small/1", date="2031-02-01")
    page = page_of(second, first)
    rows = [row for row in page.rows if row[0] in ("1", "2")]
    assert [row[:3] for row in rows] == [
        ["2", "2031-02-01", "example__small/1"],
        ["1", "2031-01-01", "–"],
    ]
    assert "The revision was not submitted on this task" in page.text
    assert "../../r/example__small/1/index.html" in page.links


def test_revisions_of_one_day_stand_in_order_of_predecessors():
    second = submitted("a", predecessor="example__small/b")
    first = submitted("b")
    (system,) = systems_of([second, first])
    assert [item.manifest.revision for item in system.revisions] == ["b", "a"]
    circle = submitted("b", predecessor="example__small/a")
    assert len(systems_of([second, circle])[0].revisions) == 2


def test_other_work_never_shares_a_column():
    old = submitted("1", tasks=(BETA,), about={"queries": 100}, date="2031-01-01")
    new = submitted("2", tasks=(BETA,), date="2031-02-01")
    head = next(row for row in page_of(old, new).rows if row[0] == "Revision")
    assert len(head) == 5
    assert head[3] != head[4]


def test_a_withdrawn_revision_stays_with_reason_and_date():
    gone = submitted("2", standing=Standing("withdrawn", "wrong weights", "2031-06-01"))
    alone = page_of(gone)
    assert "Withdrawn on 2031-06-01: wrong weights" in alone.text
    beside = page_of(submitted("1"), gone)
    assert "shown here: 1" in beside.text
    assert "Withdrawn on 2031-06-01: wrong weights" in beside.text
    assert {"class": "withdrawn"} in beside.named("tr")


def test_hostile_text_is_shown_and_never_obeyed():
    page = page_of(hostile(), path="m/example__hostile/index.html")
    assert shown_literally(page)
    assert "javascript:alert(1)" in page.text
    assert not [link for link in page.links if "example.org" in link]


def test_the_same_submissions_give_the_same_bytes_in_any_order():
    items = [submitted("1"), submitted("2"), submitted(model="large"), hostile()]
    assert system_files(items) == system_files(items[::-1])


def test_many_tasks_and_revisions_stay_within_the_budget():
    tasks = [f"reranking/invented/t{number}" for number in range(120)]
    page = page_of(submitted(tasks=tasks))
    assert "20 more tasks" in page.text
    many = page_of(*(submitted(str(n), tasks=(ALPHA,)) for n in range(MOST_REVISIONS + 5)))
    assert "Older revisions stand in board.csv" in many.text


def test_what_is_not_stated_is_a_dash():
    page = page_of(submitted(parameters=None, links={}, trained_on=[ALPHA]))
    assert "– (not stated)" in page.text
    assert "– (none given)" in page.text
    assert f"may have seen: {ALPHA}" in page.text


def test_paths_come_from_slugs_alone():
    with pytest.raises(InvalidError, match="not a name for a folder"):
        system_page(submitted(org="../..").manifest)
    with pytest.raises(InvalidError, match="not a name for a folder"):
        run_page(submitted().manifest.model_copy(update={"revision": "a/b"}))


def test_one_revision_given_twice_is_refused():
    with pytest.raises(InvalidError, match="submitted twice"):
        systems_of([submitted(), submitted()])


def test_bibtex_cannot_be_broken_by_a_name():
    entry = bibtex(submitted(name=HOSTILE + "}}\n@evil{%").manifest)
    assert entry.count("{") == entry.count("}")
    assert "@evil" in entry
    assert "\n@" not in entry
    assert escaped("a{b}%\\\x00\u202e") == (
        r"a\textbraceleft{}b\textbraceright{}\%\textbackslash{}"
    )
    linked = submitted(links={"code": "https://example.org/%20{"}).manifest
    assert r"url = {https://example.org/\%20\%7B}" in bibtex(linked)


@pytest.mark.parametrize("text", ["2031-02-30", "١٢٣٤-٠١-٠١", "20310101", ""])
def test_a_day_that_is_none_is_empty(text):
    assert day(text) == ""
