"""Verdicts on ordered pairs: what is read as one, figures against plain loops, both orders."""

from __future__ import annotations

import csv
import json
import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.data.shown import Matchup
from harness.errors import InvalidError
from harness.nouns import Task
from harness.records.scored import Scored, Scoring
from harness.tasks.reading.verdicts import UNPARSED, VERDICTS, verdict_of
from suites.preference.answers.verdict import VerdictAnswer
from suites.preference.catalogue import find
from suites.preference.items import Candidate, Item, assemble
from suites.preference.record import PreferencePart
from suites.preference.verdicts import BOTH, shown
from tests.cli.conftest import Command, command

__all__ = ["command"]


def judged(family: str = "both-orders") -> Task:
    found = find(f"preference/{family}/set")
    assert found is not None
    return found


def pairs(grades: Sequence[tuple[int, int]]) -> list[Item]:
    return [
        Item(f"i{n}", f"p{n}", (Candidate(f"i{n}/A", "a", a), Candidate(f"i{n}/B", "b", b)))
        for n, (a, b) in enumerate(grades)
    ]


def scored(grades: Sequence[tuple[int, int]], said: Sequence[str]) -> Scored:
    data = shown(assemble(pairs(grades), "two", where="test", ordered=True), BOTH)
    rows = np.array([verdict_of(one) for one in said], dtype=np.float32)
    found: Scored = judged().score(judged(), data, rows, Scoring())
    return found


GRADES = st.sampled_from([(1, 0), (0, 1), (1, 1), (0, 0)])
PEOPLE = {(1, 0): "A", (0, 1): "B", (1, 1): "tie", (0, 0): "both bad"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(GRADES, *[st.sampled_from(VERDICTS)] * 2), min_size=2, max_size=12))
def test_figures_are_those_of_a_plain_loop(
    rows: Sequence[tuple[tuple[int, int], str, str]],
) -> None:
    found = scored([row[0] for row in rows], [one for row in rows for one in row[1:]])
    values = {metric.name: metric.value for metric in found.metrics}
    right = []
    for grades, first, second in rows:
        told = PEOPLE[grades]
        turned = {"A": "B", "B": "A"}.get(told, told)
        right.append((first == told, second == turned))
    n = len(rows)
    assert values["agreement"] == pytest.approx(sum(map(sum, right)) / (2 * n))
    assert values["right in both orders"] == pytest.approx(sum(all(one) for one in right) / n)
    assert values["right in one order"] == pytest.approx(sum(a != b for a, b in right) / n)
    said = [one for row in rows for one in row[1:]]
    assert values["unparsed"] == pytest.approx(said.count("unparsed") / (2 * n))
    turned_word = {"A": "B", "B": "A", "both bad": "tie"}
    both = [(first.replace("both bad", "tie"), turned_word.get(second, second))
            for _, first, second in rows]  # fmt: skip
    assert values["inconsistent"] == pytest.approx(
        sum(a != b or "unparsed" in (a, b) for a, b in both) / n)  # fmt: skip
    shown = [(told, one) for grades, first, second in rows for told, one in (
        (PEOPLE[grades], first), (turned_word.get(PEOPLE[grades], ""), second))]  # fmt: skip
    for place, word in (("first", "A"), ("second", "B")):
        there = [one == word for told, one in shown if told == word]
        value = values[f"pair accuracy[strict,preferred {place}]"]
        assert value == (pytest.approx(sum(there) / len(there)) if there else None)
    chose = [one for one in said if one in ("A", "B")]
    assert values["first"] == (pytest.approx(chose.count("A") / len(chose)) if chose else None)
    apart = [
        (one, ok)
        for (grades, *both), oks in zip(rows, right, strict=True)
        for one, ok in zip(both, oks, strict=True)
        if grades in ((1, 0), (0, 1))
    ]
    for tie, worth in (("strict", 0.0), ("half", 0.5), ("ge", 1.0)):
        sums = [worth if one in ("tie", "both bad") else float(ok) for one, ok in apart]
        value = values[f"pair accuracy[{tie}]"]
        assert value == (pytest.approx(sum(sums) / len(sums)) if sums else None)


def test_one_verdict_for_all_is_right_in_no_two_orders() -> None:
    found = scored([(1, 0), (0, 1), (1, 0)], ["A"] * 6)
    values = {metric.name: metric.value for metric in found.metrics}
    assert (values["right in both orders"], values["right in one order"]) == (0, 1)
    assert values["inconsistent"] == values["pair accuracy[strict,preferred first]"] == 1
    assert values["pair accuracy[strict,preferred second]"] == 0
    assert all(one.interval is not None for one in found.metrics)
    assert values["first"] == 1
    assert values["pair accuracy[strict]"] == 0.5
    part = found.part
    assert isinstance(part, PreferencePart)
    rows = {row.name: row.values for row in part.blind}
    assert rows["always A"] == values
    assert rows["random"]["right in both orders"] == 0.25


def test_who_goes_by_length_stands_beside_judges() -> None:
    """The shorter answer in both orders; of equal ones a tie, which is what people said once."""
    texts = [("long one", "short"), ("a", "bcd"), ("ab", "cd"), ("xyz", "x")]
    grades = [(0, 1), (1, 0), (1, 1), (1, 0)]
    items = [
        Item(f"i{n}", "p", tuple(Candidate(f"i{n}/{side}", text, grade)
             for side, text, grade in zip("AB", pair, said, strict=True)))
        for n, (pair, said) in enumerate(zip(texts, grades, strict=True))
    ]  # fmt: skip
    data = shown(assemble(items, "two", where="x", ordered=True), BOTH)
    found: Scored = judged().score(judged(), data, np.zeros(8, np.float32), Scoring())
    part = found.part
    assert isinstance(part, PreferencePart)
    rows = {row.name: row.values for row in part.blind}
    assert rows["shorter"]["agreement"] == rows["shorter"]["right in both orders"] == 0.75
    assert rows["longer"]["agreement"] == 0.5
    assert part.best_blind("right in both orders") == ("shorter", 0.75)


@pytest.mark.parametrize(
    ("said", "read"),
    [("A", "A"), ("[[B>A]]", "B"), (" [[A=B=Good]] ", "tie"), ("[[A=B]]", "tie"), ("[[C]]", "tie"),
     ("[[A=B=Bad]]", "both bad"), ("same", "tie"), ("", "unparsed"), (None, "unparsed"),
     ("A is better", "unparsed"), ("[[ A = B = Good ]]", "unparsed"), (1.0, "unparsed")],
)  # fmt: skip
def test_what_is_a_verdict(said: object, read: str) -> None:
    assert VERDICTS[int(verdict_of(said))] == read


def table(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def test_a_file_of_texts_that_are_no_verdicts_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path / "v.csv", ("id", "verdict"), [("a", "yes"), ("b", "no"), ("c", "A")])
    with pytest.raises(InvalidError, match=r"2 of 3 texts are no verdicts: 'yes', 'no'"):
        VerdictAnswer().read_file(path)
    path = table(tmp_path / "v.csv", ("id", "verdict"), [("a", "yes"), ("b", ""), ("c", "A")])
    assert VerdictAnswer().read_file(path)[1].tolist() == [UNPARSED, UNPARSED, 0]


def test_three_candidates_are_no_pair() -> None:
    items = [Item("x", "p", tuple(Candidate(f"x/{n}", "t", n) for n in range(3)))]
    with pytest.raises(InvalidError, match="two candidates; 1 items have more or fewer: 'x'"):
        shown(assemble(items, "ranking", where="test", ordered=True), BOTH)


def test_a_matchup_is_a_text_with_its_parts() -> None:
    made = Matchup("p", "one", "two")
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert (again.prompt, again.first, again.second) == ("p", "one", "two")


JUDGE = """
def judge_texts(texts):
    return ["A" if len(text.first) > len(text.second) else "B" for text in texts]
"""


def test_a_judge_of_ones_own_and_verdicts_made_elsewhere(command: Command, tmp_path: Path) -> None:
    data = tmp_path / "pairs.jsonl"
    data.write_text("".join(
        json.dumps({"id": f"i{n}", "prompt": f"p{n}", "response_a": "long one" if n % 3 else "no",
                    "response_b": "short", "label": "A" if n % 2 else "B"}) + "\n"
        for n in range(24)))  # fmt: skip
    (tmp_path / "judge.py").write_text(JUDGE)
    told = ("--task", "preference/both-orders", "--data", data)
    done = command("evaluate", "--model", f"python:{tmp_path / 'judge.py'}", *told,
                   "--out", tmp_path / "own")  # fmt: skip
    assert done.code == 0, done.err
    rows = [(f"i{n}", order, "[[A>B]]" if order == "AB" else "hmm")
            for n in range(24) for order in ("AB", "BA")]  # fmt: skip
    made = table(tmp_path / "v.csv", ("id", "order", "verdict"), rows)
    done = command("score", *told, "--predictions", made, "--model-name", "theirs",
                   "--out", tmp_path / "theirs")  # fmt: skip
    assert done.code == 0, done.err
    assert "24 answers are no verdict, and count as wrong" in done.out + done.err
    record = next((tmp_path / "own").rglob("record.json"))
    values = {one["name"]: one["value"] for one in json.loads(record.read_text())["metrics"]}
    assert values["right in one order"] == 0  # it looks at lengths, wherever they stand
    assert values["first"] == 0.5
    done = command("compare", tmp_path / "own", tmp_path / "theirs")
    assert "flips by verdict" in done.out
