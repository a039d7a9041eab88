"""What is wrong in preferences and in answers to them, through the command line: one clear line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer, Command, command

__all__ = ["command"]

Rows = Sequence[Mapping[str, Any]]
PAIRS: Rows = [
    {"id": "a", "prompt": "p", "chosen": "x", "rejected": "y"},
    {"id": "b", "prompt": "q", "chosen": "z", "rejected": "w"},
]
GOOD = {"a/chosen": "1.5", "a/rejected": "0.25", "b/chosen": "0.125", "b/rejected": "0.375"}
JUDGED: Rows = [{"id": f"i{n}", "prompt": f"p{n}", "response_a": "x", "response_b": "y",
                 "label": "A"} for n in range(4)]  # fmt: skip
SUMS = {"a/chosen": (-1.5, 2), "a/rejected": (-2, 3), "b/chosen": (-3, 3), "b/rejected": (-1, 1)}


def listed(signal: str, said: Sequence[Any], texts: str = "xyz", name: str = "a") -> dict[str, Any]:
    return {"id": name, "prompt": f"prompt {name}", "candidates": list(texts), signal: list(said)}


def score_of(command: Command, folder: Path, task: str, data: Rows, answers: str) -> Answer:
    (folder / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in data))
    (folder / "a.csv").write_text(answers)
    return command("score", "--task", f"preference/{task}", "--data", folder / "d.jsonl",
                   "--predictions", folder / "a.csv", "--model-name", "m",
                   "--out", folder / "run")  # fmt: skip


def scores(values: Mapping[str, object]) -> str:
    rows = (f"{name.rpartition('/')[0]},{name},{value}\n" for name, value in values.items())
    return "group,item,score\n" + "".join(rows)


def verdicts(words: Sequence[str]) -> str:
    return "id,verdict\n" + "".join(f"i{n},{word}\n" for n, word in enumerate(words))


def sums(**changed: tuple[object, object]) -> str:
    rows = {**SUMS, **{name.replace("_", "/"): row for name, row in changed.items()}}
    head = "id,log_probability,tokens\n"
    return head + "".join(f"{name},{a},{b}\n" for name, (a, b) in rows.items())


REFUSED: dict[str, tuple[str, Rows, str, str]] = {
    "NaN": ("predictions", PAIRS, scores({**GOOD, "a/chosen": "nan"}), "row 1: score 'nan' is not"),
    "inf": ("predictions", PAIRS, scores({**GOOD, "b/chosen": "inf"}), "row 3: score 'inf' is not"),
    "no number": ("predictions", PAIRS, scores({**GOOD, "a/chosen": "high"}), "'high' is not a"),
    "no score": ("predictions", PAIRS, scores(dict(list(GOOD.items())[:2])), "2 of 4 candidates"),
    "a score too many": ("predictions", PAIRS, scores({**GOOD, "c/chosen": 1}), "'c / c/chosen'"),
    "scored twice": ("predictions", PAIRS, scores(GOOD) + "a,a/chosen,2\n", "1 repeated"),
    "answers of other items": (
        "predictions", PAIRS, scores({f"z{name}": value for name, value in GOOD.items()}),
        "Check that these predictions belong to this task",
    ),
    "unequal lengths": ("predictions", [listed("ranking", [1, 2])], "", "3 candidates and 2 val"),
    "no candidates": ("predictions", [listed("ranking", [], "")], "", "row 1: candidates is empty"),
    "nothing rejected": ("predictions", [{**PAIRS[0], "rejected": []}], "", "rejected is empty"),
    "no text": ("predictions", [{**PAIRS[0], "chosen": None}], "", "chosen 'None' is no text"),
    "a rank below 0": ("predictions", [listed("ranking", [-1, 1, 2])], "", "rank -1 is below 0"),
    "ranks from 0 and from 1": (
        "predictions", [listed("ranking", [0, 1, 2]), listed("ranking", [1, 2, 3], name="b")], "",
        "ranks begin at 0 in d.jsonl, row 1, and at 1 in d.jsonl, row 2",
    ),
    "the same, a row a candidate": (
        "predictions", [{"group": g, "text": f"{g}{r}", "rank": r} for g, r in
                        (("a", 0), ("a", 1), ("b", 1), ("b", 2))], "",
        "ranks begin at 0 in d.jsonl, group 'a', and at 1 in",
    ),
    "a rank that is a word": ("predictions", [listed("ranking", ["1st", 2, 3])], "", "'1st' is no"),
    "votes below 0": ("predictions", [listed("votes", [-1, 1, 0])], "", "-1 votes are fewer than"),
    "votes below 0 of two": (
        "likelihoods", [{"id": "a", "response_a": "x", "response_b": "y", "votes_a": -1,
                         "votes_b": 1}], "", "row 1: -1 votes are fewer than none",
    ),
    "huge votes": ("predictions", [listed("votes", [10**30, 1, 0])], "", "is no whole number"),
    "votes beyond floats": ("predictions", [listed("votes", [2**53 + 1, 1, 0])], "", "beyond 2^53"),
    "a label of 2": ("predictions", [listed("labels", [2, 0, 1])], "", "label 2 is neither 1 nor"),
    "a label of -1": ("predictions", [listed("labels", [-1, 1, 1])], "", "label -1 is neither 1"),
    "an unknown word": ("verdicts", [{**JUDGED[0], "label": "C"}], "", "label 'C' says nothing of"),
    "no label": ("verdicts", [{**JUDGED[0], "label": None}], "", "label None says nothing of two"),
    "ids twice": ("predictions", [PAIRS[0], PAIRS[0]], "", "1 ids stand twice: 'a'"),
    "three for a verdict": ("verdicts", [listed("ranking", [1, 2, 3])], "", "1 items have more or"),
    "no verdicts": ("verdicts", JUDGED, verdicts(["yes", "no", "hm", "A"]), "3 of 4 texts are no"),
    "a verdict too few": ("verdicts", JUDGED, verdicts(["A", "B", "tie"]), "1 of 4 items have no"),
    "one order of two": (
        "both-orders", JUDGED, "id,order,verdict\n" + "".join(f"i{n},AB,A\n" for n in range(4)),
        "4 of 8 items have no score: 'i0/BA'",
    ),
    "an unknown order": (
        "both-orders", JUDGED, "id,order,verdict\n" + "".join(f"i{n},XX,A\n" for n in range(4)),
        "4 rows are not items of the task: 'i0/XX'",
    ),
    "no order that tells": ("verdicts", PAIRS, "id,verdict\na,A\nb,A\n", "which of two is A and"),
    "orders where there is one": (
        "verdicts", JUDGED, "id,order,verdict\n" + "".join(f"i{n},BA,A\n" for n in range(4)),
        "4 rows are not items of the task: 'i0/BA'",
    ),
    "a likelihood of NaN": ("likelihoods", PAIRS, sums(a_chosen=("nan", 2)), "NaN or infinite: 'a"),
    "a likelihood of 0": ("likelihoods", PAIRS, sums(a_chosen=("-inf", 2)), "NaN or infinite: 'a/"),
    "one above 1": ("likelihoods", PAIRS, sums(a_chosen=(0.5, 2)), "1 of 4 log-probabilities are"),
    "no tokens": ("likelihoods", PAIRS, sums(a_chosen=(-1, 0)), "1 of 4 numbers of tokens are no"),
    "endless tokens": ("likelihoods", PAIRS, sums(a_chosen=(-1, 10**30)), "1 of 4 numbers of tok"),
    "one generator": ("generators", [{"id": "a", "prompt": "p", "response_a": "x"}], "",
                      "no answer of generator B; columns there: 'id', 'prompt', 'response_a'"),
}  # fmt: skip


@pytest.mark.parametrize(("task", "data", "answers", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_refused_in_one_line(
    command: Command, tmp_path: Path, task: str, data: Rows, answers: str, said: str
) -> None:
    done = score_of(command, tmp_path, task, data, answers)
    assert done.code in (1, 2, 3)
    assert said in done.err
    assert done.err.strip().count("\n") == 0
    assert done.err.startswith("error: ")
    assert not list(tmp_path.rglob("record.json"))


def test_a_worst_score_is_asked_for_and_counted(command: Command, tmp_path: Path) -> None:
    """NaN loses its pair where a person says so, and never otherwise."""
    score_of(command, tmp_path, "predictions", PAIRS, scores({**GOOD, "b/rejected": "nan"}))
    done = command("score", "--task", "preference/predictions", "--data", tmp_path / "d.jsonl",
                   "--predictions", tmp_path / "a.csv", "--model-name", "m",
                   "--on-error", "worst-rank", "--out", tmp_path / "run")  # fmt: skip
    assert done.code == 0, done.err
    assert "1 candidates have no score and lose every pair" in done.out + done.err
    assert record_of(tmp_path)["pair accuracy[strict]"] == 0.5


def record_of(folder: Path) -> dict[str, float | None]:
    (path,) = folder.rglob("record.json")
    return {one["name"]: one["value"] for one in json.loads(path.read_text())["metrics"]}


TOLD: dict[str, tuple[str, Rows, str, str, float | None]] = {
    "one candidate": ("predictions", [listed("ranking", [1], "x")], scores({"a/1": 1}),
                      "items of one candidate = 1", None),
    "all tied": ("predictions", [listed("ranking", [2, 2], "xy")], scores({"a/1": 1, "a/2": 2}),
                 "no item has two candidates that people told apart", None),
    "nobody voted": ("predictions", [listed("votes", [0, 0], "xy")], scores({"a/1": 1, "a/2": 2}),
                     "no item has two candidates that people told apart", None),
    "all passed": ("predictions", [listed("labels", [1, 1], "xy")], scores({"a/1": 1, "a/2": 2}),
                   "no AUC(pooled)", None),
    "all failed": ("predictions", [listed("labels", [0, 0], "xy")], scores({"a/1": 1, "a/2": 2}),
                   "no AUC(pooled)", None),
    "ranks with gaps": ("predictions", [listed("ranking", [1, 5, 9])],
                        scores({"a/1": 3, "a/2": 2, "a/3": 1}), "", 1),
    "ranks from 0": ("predictions", [listed("ranking", [0, 1, 2])],
                     scores({"a/1": 3, "a/2": 2, "a/3": 1}), "", 1),
    "opposite labels": ("predictions", [*PAIRS, {**PAIRS[0], "id": "c", "chosen": "y",
                                                 "rejected": "x"}],
                        scores({**GOOD, "c/chosen": 1, "c/rejected": 2}),
                        "pairs with opposite labels = 1", 1 / 3),
    "a pair again": ("predictions", [*PAIRS, {**PAIRS[0], "id": "c"}],
                     scores({**GOOD, "c/chosen": 1, "c/rejected": 2}), "pairs again = 1", 1 / 3),
    "one text twice": ("predictions", [{**PAIRS[0], "rejected": "x"}, PAIRS[1]], scores(GOOD),
                       "items with one text on both sides = 1", 0.5),
    "empty texts": ("predictions", [{**PAIRS[0], "rejected": ""}, {**PAIRS[1], "chosen": " "}],
                    scores(GOOD), "items with an empty text = 2", 0.5),
    "permuted rows": ("predictions", PAIRS[::-1], scores(dict(sorted(GOOD.items())[::-1])), "",
                      0.5),
    "unparsed": ("verdicts", JUDGED, verdicts(["A", "[[A>B]]", "", "A it is"]),
                 "2 answers are no verdict, and count as wrong", 0.5),
}  # fmt: skip


@pytest.mark.parametrize(
    ("task", "data", "answers", "said", "value"), TOLD.values(), ids=TOLD
)  # fmt: skip
def test_what_is_odd_is_told_and_counted(
    command: Command, tmp_path: Path, task: str, data: Rows, answers: str, said: str,
    value: float | None,
) -> None:  # fmt: skip
    done = score_of(command, tmp_path, task, data, answers)
    assert done.code == 0, done.err
    assert said in done.out + done.err
    found = next(iter(record_of(tmp_path).values()))
    assert found == (None if value is None else pytest.approx(value))
