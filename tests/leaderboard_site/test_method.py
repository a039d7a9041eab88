"""The method page: its example follows the rule, and it names every metric on the board."""

from __future__ import annotations

from harness.metrics.cards import range_text
from harness.nouns import MetricCard
from harness.registry import suites
from leaderboard_site.board.board import make_board
from leaderboard_site.board.ranks import RANK_RULE, VERDICT_RULE
from leaderboard_site.pages.method import EXAMPLE, PAGE, example_rows, method_files
from leaderboard_site.pages.metric_cards import MOST_OTHERS, metric_cards
from leaderboard_site.reading.summarise import summarise
from leaderboard_site.reading.summary import Revision
from leaderboard_site.tables.about import about_metric, card_ids
from leaderboard_site.tables.charts import make_axis
from tests.leaderboard_site.made_up import ALPHA, metric, revision, run
from tests.leaderboard_site.submission_samples import Page, hostile, render, shown_literally


def page(*revisions: Revision) -> Page:
    return Page(method_files(make_board(revisions), render)[PAGE])


def test_the_rules_stand_there_word_for_word() -> None:
    text = page().text
    assert RANK_RULE in text
    assert VERDICT_RULE in text


def test_the_example_is_ranked_by_the_rule() -> None:
    axis = make_axis([bound for _, interval in EXAMPLE.values() for bound in interval])
    assert axis is not None
    rows = example_rows(axis)
    assert [(row.name, row.rank) for row in rows] == [
        ("A", "1–2"),
        ("B", "1–3"),
        ("C", "2–3"),
        ("D", "4"),
    ]
    assert [row.why for row in rows] == [
        "nobody is proven better; B cannot be told apart from it",
        "nobody is proven better; A and C cannot be told apart from it",
        "A is proven better; B cannot be told apart from it",
        "A, B and C are proven better; nobody is level",
    ]
    for row, (value, interval) in zip(rows, EXAMPLE.values(), strict=True):
        assert interval[0] <= value <= interval[1]
        assert row.whisker is not None


def test_the_page_tells_all_that_a_card_tells() -> None:
    shown = {cards.suite: cards.rows for cards in metric_cards(make_board([]))}
    text = page().text
    for suite in suites():
        rows = shown[suite.name]
        assert [row.name for row in rows] == [card.name for card in suite.described]
        for row, card in zip(rows, suite.described, strict=True):
            assert (row.long_name, row.summary) == (card.long_name, card.summary)
            assert (row.better, row.range) == (card.better, range_text(card))
            assert row.undefined.lower() == card.undefined.lower()
            assert row.summary in text


def test_a_board_lists_its_own_metrics_under_their_card() -> None:
    names = ("nDCG@10", "AP(rel=2)", "nDCG(judged_only=True)@10", "AUC(rel=2,pooled)", "Own@3")
    board = make_board([revision("a", "r1", run(ALPHA, *(metric(name=name) for name in names)))])
    (cards,) = (cards for cards in metric_cards(board) if cards.suite == "reranking")
    found = {row.name: row.names for row in cards.rows if row.names or not row.long_name}
    assert found == {
        "nDCG@k": "nDCG@10",
        "nDCG(judged_only=True)@k": "nDCG(judged_only=True)@10",
        "AP": "AP(rel=2)",
        "AUC(pooled)": "AUC(rel=2,pooled)",
        "Own@3": "",
    }
    assert cards.rows[-1].summary == "its suite gives no description"


def test_every_name_leads_to_its_definition() -> None:
    ids = {
        attributes["id"] for tag, attributes in page().tags if tag == "tr" and "id" in attributes
    }
    for suite in suites():
        for name in {name for task in suite.tasks for name in task.metrics}:
            about = about_metric(suite.name, name)
            assert about is not None
            target, _, place = about.page.partition("#")
            assert target == PAGE
            assert place in ids
            assert about.title.count(": ") >= 1
    assert about_metric("reranking", "Own@3") is None
    assert about_metric("nobody's", "nDCG@10") is None


def test_equal_slugs_of_cards_get_ids_of_their_own() -> None:
    cards = [MetricCard(name, "m", "higher", 0, 1) for name in ("RMSE", "RMSE*", "rmse")]
    assert len(set(card_ids("x y", cards))) == 3


def test_a_suite_of_somebody_else_is_listed_with_its_directions() -> None:
    found = [metric(name=f"loss {n:02d}", higher=False) for n in range(MOST_OTHERS + 5)]
    board = make_board([revision("a", "r1", run("theirs/task", *found))])
    cards = metric_cards(board)[-1]
    assert cards.suite == "theirs"
    assert (len(cards.rows), cards.more) == (MOST_OTHERS, 5)
    assert {row.better for row in cards.rows} == {"lower"}


def test_hostile_metrics_are_shown_and_never_obeyed() -> None:
    assert shown_literally(page(summarise(hostile())))
