"""The method page: its example follows the rule, and it names every metric on the board."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.ranking.compute import describe_metrics
from harness.registry import suites
from leaderboard_site.board.board import make_board
from leaderboard_site.board.ranks import RANK_RULE, VERDICT_RULE
from leaderboard_site.pages.method import EXAMPLE, PAGE, example_rows, method_files
from leaderboard_site.pages.metric_cards import MOST_OTHERS, RANKING, kind_of, metric_cards
from leaderboard_site.reading.summarise import summarise
from leaderboard_site.reading.summary import Revision
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
        "nobody lies wholly above; B cannot be told apart from it",
        "nobody lies wholly above; A and C cannot be told apart from it",
        "A lies wholly above; B cannot be told apart from it",
        "A, B and C lie wholly above; nobody overlaps it",
    ]
    for row, (value, interval) in zip(rows, EXAMPLE.values(), strict=True):
        assert interval[0] <= value <= interval[1]
        assert row.whisker is not None


def test_an_empty_board_lists_every_metric_that_suites_describe() -> None:
    names = {row.name for cards in metric_cards(make_board([])) for row in cards.rows}
    assert {card.name for suite in suites() for card in suite.described} <= names
    assert {found.name for found in describe_metrics()} <= names
    assert "nDCG@k" in page().text


def test_a_board_lists_its_own_metrics_under_their_kind() -> None:
    names = ("nDCG@10", "AP(rel=2)", "nDCG(judged_only=True)@10", "AUC(rel=2,pooled)", "Own@3")
    board = make_board([revision("a", "r1", run(ALPHA, *(metric(name=name) for name in names)))])
    (cards,) = (cards for cards in metric_cards(board) if cards.suite == RANKING)
    found = {row.name: row.names for row in cards.rows}
    assert found == {
        "nDCG@k": "nDCG@10",
        "nDCG(judged_only=True)@k": "nDCG(judged_only=True)@10",
        "AP": "AP(rel=2)",
        "AUC(pooled)": "AUC(rel=2,pooled)",
        "Own@3": "",
    }
    assert cards.rows[-1].summary == "its suite gives no description"


@pytest.mark.parametrize(
    ("card", "name"),
    [
        ("TPR@FPR=1%[oracle_per_domain]", "TPR@FPR=0.1%[oracle_per_domain]"),
        ("FPR[calibrated@1%]", "FPR[calibrated@5%]"),
        ("TAR@FAR=x", "TAR@FAR=0.01%"),
        ("R@k", "R@100"),
        ("OPIS[FAR=1%..10%]", "OPIS[FAR=1%..10%]"),
    ],
)
def test_numbers_do_not_make_another_kind(card: str, name: str) -> None:
    assert kind_of(card) == kind_of(name)


def test_other_kinds_stay_apart() -> None:
    names = [card.name for suite in suites() for card in suite.described]
    names += [found.name for found in describe_metrics()]
    for suite in suites():
        own = [card.name for card in suite.described]
        assert len({kind_of(name) for name in own}) == len(own)
    assert kind_of("AUC[better/worse]") != kind_of("AUC[different/similar]")
    assert kind_of("FRR[carried@1%]") != kind_of("FRR[carried@1%,worst class]")


def test_a_suite_of_somebody_else_is_listed_with_its_directions() -> None:
    found = [metric(name=f"loss {n:02d}", higher=False) for n in range(MOST_OTHERS + 5)]
    board = make_board([revision("a", "r1", run("theirs/task", *found))])
    cards = metric_cards(board)[-1]
    assert cards.suite == "theirs"
    assert (len(cards.rows), cards.more) == (MOST_OTHERS, 5)
    assert {row.better for row in cards.rows} == {"lower"}


def test_hostile_metrics_are_shown_and_never_obeyed() -> None:
    assert shown_literally(page(summarise(hostile())))


@given(st.text(max_size=80))
def test_any_name_of_a_metric_has_a_kind(name: str) -> None:
    assert kind_of(kind_of(name)) == kind_of(name)
