from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data import FirstStage, Group, RankingData
from harness.errors import IncompleteError, InvalidError
from harness.predictions.table import (
    align,
    read_predictions,
    refuse_constant,
    write_predictions,
)


def group(name: str, *items: str) -> Group:
    return Group(name, "q", items, tuple(float(-i) for i in range(len(items))), name)


GROUPS = (group("q1", "a", "b"), group("q2"), group("q3", "a"))
KEYS = RankingData(GROUPS, {}, {}, FirstStage("given", 2, {})).keys()
SCORES = np.array([1.5, -2.0, 0.25], dtype=np.float32)


def more(group: str, item: str) -> dict[str, list[str]]:
    return {"group": [*KEYS["group"], group], "item": [*KEYS["item"], item]}


def test_what_is_written_is_read_and_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_predictions(tmp_path / name, KEYS, SCORES, about={"task": "t"})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    keys, scores, about = read_predictions(tmp_path / "one")
    assert keys == KEYS == {"group": ["q1", "q1", "q3"], "item": ["a", "b", "a"]}
    assert scores.tolist() == SCORES.tolist()
    assert about == {"task": "t", "version": 1}


@given(st.permutations(range(3)))
def test_rows_in_any_order_are_put_into_canonical_order(order: list[int]) -> None:
    found = {name: [values[i] for i in order] for name, values in KEYS.items()}
    aligned = align(KEYS, found, SCORES[order])
    assert aligned.tolist() == SCORES.tolist()


def test_missing_rows_are_counted_and_named() -> None:
    with pytest.raises(
        IncompleteError, match=r"2 of 3 candidates have no score: 'q1 / b', 'q3 / a'"
    ):
        align(KEYS, {"group": ["q1"], "item": ["a"]}, SCORES[:1])


def test_unknown_rows_are_counted_and_named() -> None:
    found = more("q9", "z")
    with pytest.raises(InvalidError, match=r"1 rows are not candidates of the task: 'q9 / z'"):
        align(KEYS, found, np.append(SCORES, np.float32(1)))


def test_duplicate_rows_are_counted_and_named() -> None:
    found = more("q1", "a")
    with pytest.raises(InvalidError, match=r"1 rows stand twice: 'q1 / a'"):
        align(KEYS, found, np.append(SCORES, np.float32(1)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused(bad: float) -> None:
    scores = SCORES.copy()
    scores[1] = bad
    with pytest.raises(InvalidError, match=r"1 scores are NaN or infinite: 'q1 / b'"):
        align(KEYS, KEYS, scores)


def test_constant_scores_are_refused() -> None:
    with pytest.raises(InvalidError, match=r"all 3 scores are 0\.5"):
        refuse_constant(np.full(3, 0.5, dtype=np.float32))
    refuse_constant(SCORES)
    refuse_constant(SCORES[:1])


def test_a_failed_item_is_null_in_the_file_and_admitted_only_where_asked(tmp_path: Path) -> None:
    keys = {"item": ["a", "b", "c"]}
    scores = np.array([1, np.nan, 3], dtype=np.float32)
    write_predictions(tmp_path / "p.parquet", keys, scores, about={})
    assert pq.read_table(tmp_path / "p.parquet")["score"].null_count == 1
    found = read_predictions(tmp_path / "p.parquet", ["item"])
    with pytest.raises(InvalidError, match="1 scores are NaN or infinite: 'b'"):
        align(keys, found.keys, found.scores)
    aligned = align(keys, found.keys, found.scores, failed=True)
    np.testing.assert_array_equal(aligned, scores)
    with pytest.raises(InvalidError, match="1 rows are not items of the task: 'd'"):
        align({"item": ["a"]}, {"item": ["a", "d"]}, scores[:2])
    with pytest.raises(IncompleteError, match="1 of 2 items have no score: 'b'"):
        align({"item": ["a", "b"]}, {"item": ["a"]}, scores[:1])


def test_a_file_of_another_kind_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(b"not parquet")
    with pytest.raises(InvalidError, match="not a predictions file"):
        read_predictions(path)
    pq.write_table(pa.table({"query": ["q"], "score": [1.0]}), path)
    with pytest.raises(InvalidError, match="group, item and score"):
        read_predictions(path)
