"""A baseline of text classes, learned from a table's rows for it and tried on the others."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from harness.records.record import read_record
from tests.cli.conftest import WORDS, Command
from tests.cli.test_evaluate import only


def intents(tmp_path: Path, splits: tuple[str, str] = ("train", "test")) -> Path:
    """180 rows to learn from and 90 to try: three classes, told by two words of their own."""
    draw = np.random.default_rng(6)
    path = tmp_path / "intents.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["id", "text", "label", "split"])
        for i in range(270):
            label = i % 3
            own = [*draw.choice(WORDS, 4), f"word{label}{draw.integers(3)}"]
            own += [f"word{draw.integers(3)}{draw.integers(3)}"]
            out.writerow([f"r{i}", " ".join(own), f"c{label}", splits[int(i >= 180)]])
    return path


@pytest.mark.parametrize("splits", [("train", "test"), ("Train", ""), ("training", "validation")])
def test_a_text_classifier_learns_from_the_rows_for_it(
    command: Command, tmp_path: Path, splits: tuple[str, str]
) -> None:
    data, model = intents(tmp_path, splits), tmp_path / "model"
    answer = command(
        *("train-baseline", "--task", "flips/folder", "--data", data, "--out", model),
        *("--model", "logistic-regression"),
    )
    assert answer.code == 0, answer.err
    answer = command(
        *("evaluate", "--model", f"sklearn:{model}", "--task", "flips/folder", "--data", data),
        *("--device", "cpu", "--out", tmp_path / "out"),
    )
    assert answer.code == 0, answer.err
    record = read_record(only(tmp_path / "out", "record.json"))
    assert (record.task.items, record.task.notes) == (90, {"rows_of_other_splits": 180})
    rows = list(csv.DictReader(data.open()))
    texts, labels = [row["text"] for row in rows], [row["label"] for row in rows]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    regression = LogisticRegression(max_iter=1000)
    regression.fit(vectorizer.fit_transform(texts[:180]), labels[:180])
    expected = regression.score(vectorizer.transform(texts[180:]), labels[180:])
    accuracy = record.metric("accuracy")
    assert accuracy is not None
    assert accuracy.value is not None
    assert accuracy.value > 0.6
    assert abs(accuracy.value - expected) < 0.08  # scikit-learn by hand, with settings near ours


def test_a_table_without_rows_to_learn_from_is_one_line(command: Command, tmp_path: Path) -> None:
    data = intents(tmp_path, ("test", "test"))
    line = ("train-baseline", "--task", "flips/folder", "--out", tmp_path / "model")
    line += ("--model", "logistic-regression")
    answer = command(*line, "--data", data)
    assert answer.code == 2
    assert "has no learning split. Write train and test into a column split" in answer.err
    answer = command(*line)
    assert answer.code == 2
    assert "--data TABLE" in answer.err
    data = intents(tmp_path, ("holdout", "test"))
    answer = command(*line, "--data", data)
    assert answer.code == 1
    assert "split 'holdout'" in answer.err


def test_the_list_of_tasks_says_which_have_a_learning_split(command: Command) -> None:
    rows = {row["task"]: row for row in json.loads(command("list", "tasks", "--json").out)}
    assert rows["flips/digits"]["learns"] == "yes"
    assert rows["consistency/faces"]["learns"] == "yes"
    assert rows["flips/folder"]["learns"] == "yes"
    assert rows["image-quality/folder"]["learns"] is None
    assert "learns" in command("list", "tasks").out.splitlines()[0]
