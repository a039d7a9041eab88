"""Preference tables whose rows or columns may be read in two ways, or lose what was asked.

Each of these gave a figure without a word: of columns that nobody meant, of prompts that were left
out, of texts that were cut into lists.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from harness.data.asked import LoadRequest, Told
from harness.errors import MarginBenchError
from suites.preference.data import PreferenceData
from suites.preference.folder import read_own

Rows = list[dict[str, Any]]
USER, BOT = {"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}


def load(folder: Path, rows: Rows, name: str = "own.jsonl", **told: Any) -> PreferenceData:
    """The rows as they are read, of JSON lines or CSV, whose cells of lists are JSON."""
    path = folder / name
    if name.endswith("csv"):
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0].keys())
        writer.writeheader()
        writer.writerows(
            {k: v if isinstance(v, str | int) else json.dumps(v) for k, v in row.items()}
            for row in rows
        )
        path.write_text(text.getvalue())
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_own(path, LoadRequest(data=path, told=Told(**told)))


def long(*rows: tuple[Any, ...], names: tuple[str, ...]) -> Rows:
    return [dict(zip(names, row, strict=True)) for row in rows]


RANKED = {"id": "a", "candidates": ["x", "y"], "ranking": [1, 2]}
TWO = {"prompt": "p", "response_a": "x", "response_b": "y"}
REFUSED: dict[str, tuple[Rows, str]] = {
    "rankings, then votes": (
        [RANKED, {"id": "b", "candidates": ["x", "y"], "votes": [1, 9]}],
        "row 2: its columns say what people prefer in another way",
    ),
    "rankings, then both": (
        [RANKED, {**RANKED, "id": "b", "votes": [1, 9]}],
        "says twice what people prefer",
    ),
    "ranks and votes by rows": (
        [
            {"group": "a", "candidate": "x", "text": "x", "rank": 1},
            {"group": "a", "candidate": "y", "text": "y", "rank": 2},
            {"group": "b", "candidate": "v", "text": "v", "votes": 1},
        ],
        "row 3: its columns say",
    ),
    "a label, then votes": (
        [{**TWO, "label": "A"}, {**TWO, "votes_a": 1, "votes_b": 2}],
        "row 2: its columns say",
    ),
    "a label against a winner": (
        [{**TWO, "label": "A", "winner": "model_a"}, {**TWO, "label": "A", "winner": "model_b"}],
        "row 2: 'label' and 'winner' say different things",
    ),
    "votes against a label": (
        [{**TWO, "votes_a": 9, "votes_b": 1, "label": "B"}],
        "say different things",
    ),
    "letters that point to other columns": (
        [{**TWO, "chosen": "A", "rejected": "B"}],
        "hold no texts",
    ),
    "places of other columns": (
        [{"prompt": "p", "response_0": "x", "response_1": "y", "chosen": 1, "rejected": 0}],
        "hold no texts",
    ),
    "two prompts in one group": (
        long(
            ("g", "x", "one", 1),
            ("g", "y", "two", 2),
            names=("prompt_id", "candidate", "prompt", "rank"),
        ),
        "row 2: prompt of group 'g' is another than in row 1",
    ),
    "two subsets in one group": (
        long(
            ("g", "x", "one", 1),
            ("g", "y", "two", 0),
            names=("group", "candidate", "subset", "label"),
        ),
        "row 2: subset of group 'g' is another",
    ),
    "a label beyond pass and fail": (
        [{"id": 1, "candidates": ["x", "y"], "labels": [2, 0]}],
        "label",
    ),
    "votes below nothing": (
        [{"id": 1, "candidates": ["x", "y"], "votes": [-1, 0]}],
        "votes",
    ),
    "a last word of the user": (
        [{"prompt": "Q", "chosen": [BOT, USER], "rejected": [BOT, USER]}],
        "the last message is one of the user",
    ),
    "answers of two conversations": (
        [
            {
                "chosen": [USER, BOT],
                "rejected": [{"role": "user", "content": "other"}, BOT],
            }
        ],
        "differ before their last",
    ),
}


@pytest.mark.parametrize(("rows", "said"), REFUSED.values(), ids=REFUSED)
def test_what_may_be_meant_in_two_ways_is_refused(tmp_path: Path, rows: Rows, said: str) -> None:
    with pytest.raises(MarginBenchError) as caught:
        load(tmp_path, rows)
    assert said in str(caught.value)


def test_a_column_that_is_told_goes_before_one_that_says_the_opposite(tmp_path: Path) -> None:
    rows = [{**TWO, "id": 1, "label": "A", "winner": "B"}]
    data = load(tmp_path, rows, column=(("label", "winner"),))
    assert data.gold["1"] == {"1/A": 0, "1/B": 1}


def test_columns_that_say_the_same_are_no_fault(tmp_path: Path) -> None:
    rows = [{**TWO, "id": 1, "label": "A", "winner": "model_a", "votes_a": 3, "votes_b": 1}]
    assert load(tmp_path, rows).gold["1"] == {"1/A": 3, "1/B": 1}


def texts(data: PreferenceData) -> list[str]:
    return sorted(data.documents.values())


def test_the_prompt_of_a_conversation_is_shown_whole(tmp_path: Path) -> None:
    again = [USER, BOT, {"role": "user", "content": "go on"}]
    answers = {"response_a": [*again, {**BOT, "content": "x"}], "response_b": [*again, BOT]}
    data = load(tmp_path, [{**answers, "label": "A"}])
    assert texts(data) == ["A", "x"]
    assert all(turn["content"] in data.groups[0].query for turn in again)


def test_what_is_not_shown_of_a_prompt_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [{"instruction": "Translate", "input": "Hund", "chosen": "dog", "rejected": "cat"}]
    load(tmp_path, rows)
    assert "the prompt is 'instruction' alone; 'input' are not shown" in caplog.text
    caplog.clear()
    load(tmp_path, [{**rows[0], "input": ""}])
    assert not caplog.text


LIST = json.dumps(["apple", "pear"])


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ((LIST, "eight"), "row 2: chosen is a text, and a list of texts in row 1"),
        ((LIST, LIST[:-1]), "row 2: chosen is a text"),
        (("['apple']", "['pear']"), "row 1: chosen is a list as Python prints it"),
    ],
)
def test_a_cell_of_text_is_a_list_in_all_rows_or_in_none(
    tmp_path: Path, cells: tuple[str, str], said: str
) -> None:
    rows: Rows = [
        {"prompt": "p", "chosen": cell, "rejected": f"no {n}"} for n, cell in enumerate(cells)
    ]
    with pytest.raises(MarginBenchError) as caught:
        load(tmp_path, rows, "own.csv")
    assert said in str(caught.value)
    assert texts(load(tmp_path, rows)) == sorted((*cells, "no 0", "no 1"))


def test_a_column_of_lists_and_one_of_texts_with_brackets_stay_what_they_are(
    tmp_path: Path,
) -> None:
    rows: Rows = [
        {"prompt": "p", "chosen": LIST, "rejected": "[1] see below"},
        {"prompt": "q", "chosen": json.dumps(["one"]), "rejected": "['a', 'b'] is a list"},
    ]
    data = load(tmp_path, rows, "own.csv")
    assert texts(data) == ["['a', 'b'] is a list", "[1] see below", "apple", "one", "pear"]
