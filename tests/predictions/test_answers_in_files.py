"""Answers through predictions files: every kind of row, what is null, and what cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harness.data import ItemData
from harness.data.asked import LoadRequest
from harness.errors import InvalidError, MarginBenchError
from harness.metrics.base import MetricResult
from harness.nouns import MetricCard, Task, TaskCard
from harness.predictions.answers.base import Answer
from harness.predictions.answers.classes import OTHER, ClassAnswer
from harness.predictions.answers.embedding import EmbeddingAnswer
from harness.predictions.answers.score import SCORE
from harness.predictions.table import align, read_predictions, write_predictions
from harness.records.record import IntervalMethod, Record
from harness.records.rescore import score_file
from harness.records.scored import Scored, Scoring

CLASSES = ("cat", "dog", "fox")
NAN = np.nan
CLASS, EMBEDDING = ClassAnswer(CLASSES), EmbeddingAnswer()


def data_of(count: int = 4, on_error: str = "error") -> ItemData:
    ids = tuple(f"x{k}" for k in range(count))
    gold = tuple(float(k % 3) for k in range(count))
    contents = ["text"] * count
    return ItemData(ids, contents, gold, ids, classes=CLASSES, on_error=on_error)


def there_and_back(path: Path, rows: Any, answer: Answer) -> Any:
    keys = {"item": [f"x{k}" for k in range(len(rows))]}
    write_predictions(path, keys, rows, about={}, answer=answer)
    found = read_predictions(path, ["item"], answer)
    assert found.keys == keys
    assert found.scores.dtype == np.float32
    return found.scores


def test_classes_are_written_by_name(tmp_path: Path) -> None:
    rows = np.array([[2, 0.5], [OTHER, 0.9], [NAN, NAN], [0, NAN]], dtype=np.float32)
    found = there_and_back(tmp_path / "p", rows, CLASS)
    np.testing.assert_array_equal(found, rows)
    table = pq.read_table(tmp_path / "p")
    assert table["prediction"].to_pylist() == ["fox", "", None, "cat"]
    assert table["confidence"].to_pylist() == [0.5, pytest.approx(0.9), None, None]


@settings(max_examples=40)
@given(
    st.integers(1, 6).flatmap(
        lambda width: arrays(np.float32, st.tuples(st.integers(1, 9), st.just(width)))
    )
)
def test_embeddings_keep_every_bit(tmp_path_factory: pytest.TempPathFactory, rows: Any) -> None:
    path = tmp_path_factory.mktemp("p") / "p"
    found = there_and_back(path, rows, EMBEDDING)
    np.testing.assert_array_equal(found.view(np.uint32), rows.view(np.uint32))


def test_embeddings_in_any_order_and_of_any_list_type(tmp_path: Path) -> None:
    rows = np.arange(8, dtype=np.float32).reshape(4, 2)
    for kind in (pa.list_(pa.float64()), pa.large_list(pa.float32()), pa.list_(pa.float32(), 2)):
        table = pa.table({
            "embedding": pa.array(rows[::-1].tolist(), kind), "item": ["x3", "x2", "x1", "x0"]
        })  # fmt: skip
        pq.write_table(table, tmp_path / "p", row_group_size=1)
        found = read_predictions(tmp_path / "p", ["item"], EMBEDDING)
        wanted = data_of().keys()
        aligned = align(wanted, found.keys, found.scores, answer=EMBEDDING)
        np.testing.assert_array_equal(aligned, rows)


@pytest.mark.parametrize(
    "column",
    [
        [[1.0, 2.0], [1.0]],
        [[1.0], [1.0, 2.0, 3.0]],  # four numbers in two rows
        [[1.0, 2.0], None],
        [[], []],
        [None, None],
        [],
    ],
)
def test_lists_of_different_lengths_are_refused(tmp_path: Path, column: list[Any]) -> None:
    embeddings = pa.array(column, pa.list_(pa.float32()))
    table = pa.table({"item": [f"x{k}" for k in range(len(column))], "embedding": embeddings})
    pq.write_table(table, tmp_path / "p")
    with pytest.raises(InvalidError, match="embeddings are null, empty or of different lengths"):
        read_predictions(tmp_path / "p", ["item"], EMBEDDING)


@pytest.mark.parametrize("values", [["a", "b"], [1.0, 2.0]])
def test_embeddings_that_are_no_lists_are_one_line(tmp_path: Path, values: list[Any]) -> None:
    pq.write_table(pa.table({"item": ["x0", "x1"], "embedding": values}), tmp_path / "p")
    with pytest.raises(InvalidError, match="is not a predictions file") as caught:
        read_predictions(tmp_path / "p", ["item"], EMBEDDING)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "rows", "bad"),
    [
        (SCORE, [1.0, NAN, np.inf, 2.0], [1, 2]),
        (EMBEDDING, [[1, 2], [NAN, 2], [1, -np.inf], [NAN, NAN]], [1, 2, 3]),
        (CLASS, [[1, NAN], [NAN, NAN], [NAN, 0.5], [OTHER, 1]], [1, 2]),
    ],
)
def test_what_is_no_answer(answer: Answer, rows: Any, bad: list[int]) -> None:
    made = np.array(rows, dtype=np.float32)
    assert np.flatnonzero(answer.refused(made)).tolist() == bad
    keys = {"item": ["x0", "x1", "x2", "x3"]}
    with pytest.raises(InvalidError, match=rf"{len(bad)} scores are NaN or infinite: 'x{bad[0]}'"):
        align(keys, keys, made, answer=answer)


def test_names_that_the_task_does_not_have() -> None:
    few = CLASS.coded(["cat", "emu", "cat", ""], np.full(4, NAN, np.float32))
    assert few[:, 0].tolist() == [0, OTHER, 0, OTHER]
    with pytest.raises(InvalidError, match="'Cat'"):  # names are matched to the letter
        CLASS.coded(["Cat"], np.full(1, NAN, np.float32))


@pytest.mark.parametrize("value", [-0.01, 1.01, np.inf, -np.inf])
def test_confidences_are_between_0_and_1(value: float) -> None:
    sure = np.array([0, 1, NAN, value], dtype=np.float32)
    with pytest.raises(InvalidError, match="1 confidences are not between 0 and 1"):
        CLASS.coded(["cat"] * 4, sure)
    assert CLASS.coded(["dog"] * 3, sure[:3])[:, 0].tolist() == [1, 1, 1]


RIGHT = MetricCard("right", "share of right answers", "higher", 0, 1)


def share_right(task: Task, data: ItemData, scores: Any, scoring: Scoring) -> Scored:
    """A task of one metric: what is not answered is wrong."""
    value = float(np.mean(scores[:, 0] == np.array(data.gold)))
    return Scored(
        metrics=(
            MetricResult("right", value, None, None, len(scores), RIGHT, "no interval wanted"),
        ),
        intervals=IntervalMethod(method="none", level=0.95, replicates=1, seed=0, clusters=4),
    )


def scored(tmp_path: Path, name: str, text: str, on_error: str = "error") -> Record:
    (tmp_path / name).write_text(text)
    data = data_of(on_error=on_error)
    card = TaskCard("t", "d", "s", "r", "l", "c")
    metrics = ("right",)
    task = Task("s/t", "1", "s", "items", metrics, card, lambda _: data, share_right, asks="class")
    return score_file(
        task,
        LoadRequest(on_error=on_error),
        predictions=tmp_path / name,
        model_name="m",
        comparable=True,
        direction="higher",
        out=tmp_path / "runs",
    )[1]


FOUR = [
    '{"id": "x0", "prediction": "cat", "confidence": 0.5}',
    '{"id": "x2", "prediction": "fox"}',
    '{"id": "x1", "prediction": null}',
    '{"id": "x3", "prediction": "cat", "confidence": null}',
]


def test_null_predictions_count_as_wrong_only_where_asked(tmp_path: Path) -> None:
    text = "\n".join(FOUR)
    with pytest.raises(InvalidError, match=r"1 scores are NaN or infinite: 'x1'"):
        scored(tmp_path, "p.jsonl", text)
    record = scored(tmp_path, "p.jsonl", text, on_error="worst-rank")
    assert record.primary.value == 0.75
    written = pq.read_table(next((tmp_path / "runs").rglob("predictions.parquet")))
    assert written["prediction"].to_pylist() == ["cat", None, "fox", "cat"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,prediction\nx0,cat\nx1,emu\nx2,emu\nx3,\n", "classes that the task does not have"),
        ("id,prediction,confidence\nx0,cat,high\n", "row 1: confidence 'high' is not a number"),
        (
            "id,prediction,confidence\nx0,cat,2\nx1,cat,\nx2,cat,\nx3,cat,\n",
            "1 confidences are not",
        ),
        ("id,score\nx0,1\n", "row 1: no id and prediction"),
        ("id,prediction\nx0,cat\n", "3 of 4 items have no"),
        ("id,prediction\n", "4 of 4 items have no"),
    ],
)
def test_predictions_that_cannot_be_used_are_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(MarginBenchError, match=said) as caught:
        scored(tmp_path, "p.csv", text)
    assert "\n" not in str(caught.value)
