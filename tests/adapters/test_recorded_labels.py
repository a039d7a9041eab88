from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.adapters.recorded.labels import ADAPTER, read_labels
from harness.capabilities import capabilities_of
from harness.errors import IncompleteError, InvalidError, UsageError

Load = Callable[..., Any]
TABLE = "id,text,prediction,confidence,answer_b\na,x,cat,0.75,dog\nb,y,dog,,dog\nc,z,007,1,cat\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "answers.csv"
    path.write_text(TABLE)
    return path


def test_labels_and_confidences_by_id(table: Path, load_with: Load) -> None:
    model = load_with(ADAPTER, str(table))
    assert capabilities_of(model) == ADAPTER.capabilities("") == {"recorded_labels"}
    assert model.recorded_labels(["c", "a", "b"]) == (["007", "cat", "dog"], [1.0, 0.75, None])
    assert model.recorded_labels([]) == ([], [])
    assert model.resolved == {"item": "id", "label": "prediction", "confidence": "confidence"}


def test_a_named_column_has_only_the_confidence_that_is_named(table: Path, load_with: Load) -> None:
    model = load_with(ADAPTER, str(table), column="answer_b")
    assert model.recorded_labels(["a", "c"]) == (["dog", "cat"], [None, None])
    model = load_with(ADAPTER, str(table), column="answer_b", confidence="confidence")
    assert model.recorded_labels(["a"]) == (["dog"], [0.75])


@pytest.mark.parametrize("column", ["prediction", "predicted", "label_predicted", "answer"])
@pytest.mark.parametrize("item", ["item", "id", "image", "imagename", "filename"])
def test_known_column_names(tmp_path: Path, item: str, column: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"extra": 1, item.upper(): 5, column.title(): "cat"}) + "\n")
    assert read_labels(path)[0] == {"5": ("cat", None)}


def test_other_formats_hold_the_same(tmp_path: Path, table: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    expected = read_labels(table)[0]
    with gzip.open(tmp_path / "t.csv.gz", "wt") as file:
        file.write(TABLE)
    assert read_labels(tmp_path / "t.csv.gz")[0] == expected
    columns = {
        "item": ["a", "b", "c"],
        "prediction": ["cat", "dog", "007"],
        "confidence": pa.array([0.75, None, 1.0]),
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    assert read_labels(tmp_path / "t.parquet")[0] == expected


def test_missing_items_are_counted(table: Path, load_with: Load) -> None:
    with pytest.raises(IncompleteError) as caught:
        load_with(ADAPTER, str(table)).recorded_labels(["a", "q", "r", "b"])
    assert "answers.csv has no prediction for 2 of 4 items: 'q', 'r'" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,prediction\n", "holds no prediction"),
        ("", "holds no prediction"),
        ("id,prediction\n,cat\n", r"answers\.csv, row 1: id is empty"),
        ("id,prediction\na,x\na,x\nb,x\nb,y\n", "2 items stand twice: 'a', 'b'"),
        ("id,prediction,confidence\na,x,sure\n", "row 1: confidence 'sure' is not a number from"),
        ("id,prediction,confidence\na,x,1.5\n", "row 1: confidence '1.5' is not a number from"),
        ("id,prediction,confidence\na,x,nan\n", "row 1: confidence 'nan' is not a number from"),
    ],
)
def test_bad_tables_are_one_line(table: Path, text: str, message: str) -> None:
    table.write_text(text)
    with pytest.raises(InvalidError, match=message) as caught:
        read_labels(table)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [1.5, True, ["cat"], {}])
def test_labels_must_be_texts_or_whole_numbers(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"id": "a", "prediction": value}) + "\n")
    with pytest.raises(InvalidError, match=r"t\.jsonl, row 1: prediction "):
        read_labels(path)


def test_missing_columns_are_one_line(table: Path) -> None:
    with pytest.raises(UsageError, match=r"no column 'anwser_b'.*Did you mean 'answer_b'"):
        read_labels(table, column="anwser_b")
    table.write_text("key,prediction\na,b\n")
    with pytest.raises(UsageError, match="has no column 'item'; columns there: 'key', 'predic"):
        read_labels(table)
    table.write_text("id,guess\na,b\n")
    with pytest.raises(UsageError, match=r"none of the columns prediction, .* --option column="):
        read_labels(table)


def test_name_and_identity(table: Path) -> None:
    def identify(**options: str) -> Any:
        return ADAPTER.identify(str(table), options)

    assert identify().name == "answers"
    assert identify(column="answer_b").name == "answer_b"
    assert identify(column="answer_b", name="Model B").name == "Model B"
    one = identify().digest
    assert identify(name="other").digest == one
    assert identify(column="answer_b").digest != one
    assert identify(confidence="confidence").digest != one
    table.write_text(TABLE + "d,w,cat,,cat\n")
    assert identify().digest != one


def test_files_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file ''"):
        ADAPTER.identify("", {})
    with pytest.raises(UsageError, match="no file 'absent"):
        ADAPTER.identify("absent.csv", {})
    (tmp_path / "t.xls").write_text("x")
    with pytest.raises(UsageError, match=r"t\.xls is of no known kind.*\.csv\.gz"):
        ADAPTER.identify(str(tmp_path / "t.xls"), {})
