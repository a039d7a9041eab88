"""Preference tables of every layout, and what is wrong in them."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.data.asked import LoadRequest, Told
from harness.data.shown import Dialogue
from harness.errors import InvalidError, MarginBenchError, UsageError
from suites.preference.catalogue import find
from suites.preference.data import PreferenceData

Rows = Sequence[Mapping[str, Any]]


def written(path: Path, rows: Rows) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def loaded(path: Path, **told: Any) -> PreferenceData:
    task = find("preference/folder")
    assert task is not None
    assert task.resolve is not None
    request = LoadRequest(data=path, told=Told(**told))
    found = task.resolve(request)
    data = found.load(request)
    assert isinstance(data, PreferenceData)
    return data


SIDES = [
    {"id": "a", "prompt": "p", "chosen": "good", "rejected": "bad", "subset": "s"},
    {"id": "b", "prompt": "p", "chosen": ["good", "fine"], "rejected": ["bad"]},
]


def test_chosen_and_rejected(tmp_path: Path) -> None:
    data = loaded(written(tmp_path / "x.jsonl", SIDES))
    assert data.gold == {
        "a": {"a/chosen": 1, "a/rejected": 0},
        "b": {"b/chosen-1": 1, "b/chosen-2": 1, "b/rejected": 0},
    }
    assert data.documents["b/chosen-2"] == "fine"
    assert data.subsets == ("s", "")
    assert [group.cluster for group in data.groups] == ["p", "p"]
    assert not data.ordered


def test_the_order_of_candidates_does_not_tell_which_is_chosen(tmp_path: Path) -> None:
    rows = [{"id": str(n), "chosen": "c", "rejected": "r"} for n in range(200)]
    firsts = [group.candidates[0] for group in loaded(written(tmp_path / "x.jsonl", rows)).groups]
    assert 70 < sum(name.endswith("chosen") for name in firsts) < 130


CHAT = [{"role": "user", "content": "p"}, {"role": "assistant", "content": "good"}]
SAME = {
    "a chat": [{"id": "a", "prompt": "p", "chosen": CHAT, "rejected": "bad"}],
    "ranks": [{"id": "a", "prompt": "p", "candidates": ["good", "bad"], "ranking": [1, 2]}],
    "labels": [{"id": "a", "prompt": "p", "responses": ["good", "bad"], "labels": [1, 0]}],
    "votes": [{"id": "a", "prompt": "p", "responses": ["good", "bad"], "votes": [1, 0]}],
    "two": [{"id": "a", "prompt": "p", "response_A": "good", "response_B": "bad", "label": "A>B"}],
    "brackets": [{"id": "a", "prompt": "p", "A": "good", "B": "bad", "label": "[[A>B]]"}],
    "long": [{"prompt_id": "a", "prompt": "p", "text": "good", "rank": 1},
             {"prompt_id": "a", "prompt": "p", "text": "bad", "rank": 2}],
}  # fmt: skip


@pytest.mark.parametrize("rows", SAME.values(), ids=SAME)
def test_layouts_that_say_the_same(tmp_path: Path, rows: Rows) -> None:
    data = loaded(written(tmp_path / "x.jsonl", rows))
    grades = {data.documents[name]: grade for name, grade in data.gold["a"].items()}
    assert grades == {"good": 1, "bad": 0}
    assert data.groups[0].query == "p"


TURNS = [{"role": "system", "content": "s"}, {"role": "user", "content": "p"},
         {"role": "assistant", "content": "a"}, {"role": "user", "content": "q"}]  # fmt: skip
ANSWERS = {side: {"role": "assistant", "content": side} for side in ("chosen", "rejected")}


def test_chats_of_several_turns_are_prompts_of_several_messages(tmp_path: Path) -> None:
    """Whatever column they stand in; an answer is the last message, and no part of its prompt."""
    sides = {side: [*TURNS, answer] for side, answer in ANSWERS.items()}
    rows = [
        {"id": "1", "prompt": TURNS, "chosen": "chosen", "rejected": "rejected"},
        {"id": "2", **sides},
        {"id": "3", "prompt": "p", **sides},
        {"id": "4", **{side: [*TURNS[1:2], answer] for side, answer in ANSWERS.items()}},
    ]
    data = loaded(written(tmp_path / "x.jsonl", rows))
    assert set(data.documents.values()) == {"chosen", "rejected"}
    *several, one = (group.query for group in data.groups)
    for query in several:
        assert isinstance(query, Dialogue)
        assert query.messages == tuple((turn["role"], turn["content"]) for turn in TURNS)
        assert query == "system: s\n\nuser: p\n\nassistant: a\n\nuser: q"
        assert pickle.loads(pickle.dumps(query)).messages == query.messages
    assert one == "p"
    assert not isinstance(one, Dialogue)
    assert type(data.groups[0].cluster) is str


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rejected": [*TURNS[:3], {"role": "user", "content": "z"}, ANSWERS["rejected"]]},
         r"x\.jsonl, row 1: the chats in 'chosen' and 'rejected' differ before their last message"),
        ({"prompt": [{"role": "judge", "content": "p"}, *TURNS]}, "is none of a text"),
        ({"prompt": [{"role": "user", "content": ["p"]}]}, "is none of a text"),
    ],
)  # fmt: skip
def test_chats_that_are_no_prompt(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    row = {"id": "1", **{side: [*TURNS, answer] for side, answer in ANSWERS.items()}, **change}
    with pytest.raises(InvalidError, match=message):
        loaded(written(tmp_path / "x.jsonl", [row]))


def test_lists_in_cells_of_text_tables(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('id,prompt,candidates,ranking\na,p,"[""x"", ""y"", ""z""]","[2, 1, 2]"\n')
    data = loaded(path)
    assert data.gold["a"] == {"a/1": 0, "a/2": 1, "a/3": 0}
    assert data.ordered


def test_texts_that_begin_with_a_bracket_are_texts(tmp_path: Path) -> None:
    data = loaded(written(tmp_path / "x.jsonl", [{"id": "a", "chosen": "[1, 2]", "rejected": "["}]))
    assert set(data.documents.values()) == {"[1, 2]", "["}


def test_pictures_are_no_texts_to_measure(tmp_path: Path) -> None:
    rows = [{"id": "a", "prompt": "p", "generations": ["x.png", "y.png"], "ranking": [2, 1]}]
    data = loaded(written(tmp_path / "x.jsonl", rows))
    assert not data.has_contents
    assert data.gold["a"] == {"a/1": 0, "a/2": 1}


def test_tables_of_a_folder_are_subsets(tmp_path: Path) -> None:
    for name in ("x", "y"):
        written(tmp_path / f"{name}.jsonl", [{"id": "1", "chosen": "c", "rejected": "r"}])
    data = loaded(tmp_path)
    assert [group.id for group in data.groups] == ["x/1", "y/1"]
    assert data.subsets == ("x", "y")


def test_clusters_are_those_that_a_person_names(tmp_path: Path) -> None:
    path = written(tmp_path / "x.jsonl", [{**row, "source": "s"} for row in SIDES])
    assert {group.cluster for group in loaded(path, cluster="source").groups} == {"s"}
    assert [group.cluster for group in loaded(path, cluster="none").groups] == ["a", "b"]
    with pytest.raises(UsageError, match="no column 'nowhere' for --cluster"):
        loaded(path, cluster="nowhere")


def test_opposite_and_repeated_pairs_are_counted_and_named(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "prompt": "p", "chosen": "x", "rejected": "y"},
        {"id": "b", "prompt": "p", "chosen": "y", "rejected": "x"},
        {"id": "c", "prompt": "p", "chosen": "x", "rejected": "y"},
        {"id": "d", "prompt": "other", "chosen": "y", "rejected": "x"},
        {"id": "e", "prompt": "q", "chosen": "x", "rejected": "x"},
    ]
    data = loaded(written(tmp_path / "x.jsonl", rows))
    assert data.notes == {
        "items_with_one_text_on_both_sides": 1, "pairs_again": 1, "pairs_with_opposite_labels": 1,
    }  # fmt: skip
    assert data.origin["pairs_with_opposite_labels"] == ["b"]
    assert data.origin["pairs_again"] == ["c"]


BAD: dict[str, tuple[Rows, str]] = {
    "nothing preferred": ([{"id": "a", "prompt": "p", "text": "t"}], "which people prefer"),
    "unequal lengths": (
        [{"id": "a", "candidates": ["x", "y"], "ranking": [1, 2, 3]}],
        "row 1: 2 candidates and 3 values",
    ),
    "a rank between": ([{"id": "a", "candidates": ["x", "y"], "ranking": [1, 1.5]}], "1.5"),
    "no number": ([{"id": "a", "candidates": ["x", "y"], "ranking": [1, None]}], "no whole number"),
    "an unknown word": ([{"id": "a", "A": "x", "B": "y", "label": "C"}], "'C' says nothing"),
    "ids twice": ([SIDES[0], SIDES[0]], "x.jsonl: 1 ids stand twice: 'a'"),
    "a side is empty": ([{"id": "a", "chosen": [], "rejected": "x"}], "chosen is empty"),
    "a side is missing": ([SIDES[0], {"id": "b", "chosen": "x"}], "row 2: no rejected"),
    "a number is no text": ([{"id": "a", "chosen": 1.5, "rejected": "x"}], "chosen '1.5' is no"),
    "one id for two texts": (
        [{"group": "a", "item": "x", "text": "1", "label": 1},
         {"group": "b", "item": "x", "text": "2", "label": 0}],
        "stand for several texts",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "said"), BAD.values(), ids=BAD)
def test_what_is_wrong_gets_one_line(tmp_path: Path, rows: Rows, said: str) -> None:
    with pytest.raises(MarginBenchError, match=said) as caught:
        loaded(written(tmp_path / "x.jsonl", rows))
    assert "\n" not in caught.value.message


def test_an_empty_table_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,chosen,rejected\n")
    with pytest.raises(InvalidError, match="there are no rows"):
        loaded(tmp_path / "x.csv")


def test_metrics_are_those_of_what_people_said(tmp_path: Path) -> None:
    task = find("preference/predictions")
    assert task is not None
    assert task.resolve is not None
    pair = written(tmp_path / "pair.jsonl", SIDES[:1])
    found = task.resolve(LoadRequest(data=pair))
    assert found.id == "preference/predictions/pair"
    assert found.metrics == (
        *("pair accuracy[strict]", "pair accuracy[half]", "pair accuracy[ge]"),
        *("pair accuracy[strict,length-balanced]", "pair accuracy[strict,length-controlled]"),
        *("Brier[margin]", "ECE[margin]", "overconfidence[margin]"),
    )
    sets = written(tmp_path / "sets.jsonl", SIDES[1:])
    assert task.resolve(LoadRequest(data=sets)).primary_metric == "best of n[strict]"
    long = written(tmp_path / "l.jsonl", [{"group": "g", "item": "x", "label": 1}])
    assert task.resolve(LoadRequest(data=long)).primary_metric == "AUC(pooled)"


def test_what_is_the_same_work_has_one_identity(tmp_path: Path) -> None:
    whole = loaded(written(tmp_path / "x.jsonl", SIDES))
    turned = loaded(written(tmp_path / "y.jsonl", SIDES[::-1]))
    other = loaded(written(tmp_path / "z.jsonl", [{**SIDES[0], "subset": "t"}, SIDES[1]]))
    assert list(whole.identity()) == list(turned.identity())
    assert list(whole.identity()) != list(other.identity())


def test_a_text_that_looks_like_a_list_is_a_text_where_lists_are_lists(tmp_path: Path) -> None:
    rows = [{"id": "a", "prompt": "two colours as JSON", "chosen": '["red", "blue"]',
             "rejected": '["red"]'},
            {"id": "b", "prompt": "an empty list", "chosen": "[]", "rejected": "{}"}]  # fmt: skip
    data = loaded(written(tmp_path / "x.jsonl", rows))
    assert data.gold["a"] == {"a/chosen": 1, "a/rejected": 0}
    assert data.documents["a/chosen"] == '["red", "blue"]'
    assert data.documents["b/chosen"] == "[]"


@pytest.mark.parametrize("vote", ["1_0", "\uff13", "1e30", "9007199254740993", "1.5", "nan", ""])
def test_a_vote_is_a_number_as_every_reader_takes_it(vote: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    head = "id,prompt,response_a,response_b,votes_a,votes_b\n"
    path.write_text(f"{head}a,p,x,y,{vote},1\n", encoding="utf-8")
    with pytest.raises(InvalidError, match=r"no whole number|beyond 2"):
        loaded(path)
    path.write_text(f"{head}a,p,x,y,3.0,1\n")
    assert list(loaded(path).gold["a"].values()) == [3, 1]


def test_a_group_is_one_with_and_without_blanks_around_it(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("group,candidate,rank\ng1,a,1\ng1 ,b,2\n")
    assert [len(group.candidates) for group in loaded(path).groups] == [2]


@pytest.mark.parametrize(
    "row",
    [{"id": "a", "responses": ["x", "y"], "ranking": [1, 2], "votes": [0, 9]},
     {"group": "g", "candidate": "a", "rank": 1, "votes": 9}],
)  # fmt: skip
def test_what_people_prefer_is_said_once(row: Mapping[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="says twice what people prefer"):
        loaded(written(tmp_path / "x.jsonl", [row]))


def test_the_order_of_rows_does_not_tell_which_figure_ranks(tmp_path: Path) -> None:
    """A row with two candidates says nothing of the rows behind it."""
    task = find("preference/folder")
    assert task is not None
    assert task.resolve is not None
    found = {
        task.resolve(LoadRequest(data=written(tmp_path / "x.jsonl", rows))).metrics
        for rows in (SIDES, SIDES[::-1])
    }
    assert {metrics[0] for metrics in found} == {"best of n[strict]"}
    assert len(found) == 1
