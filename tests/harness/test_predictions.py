from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import IncompleteError, InvalidError
from harness.nouns import Group
from harness.predictions import (
    align,
    canonical_ids,
    read_predictions,
    refuse_constant,
    write_predictions,
)


def group(name: str, *items: str) -> Group:
    return Group(name, "q", items, tuple(float(-i) for i in range(len(items))), name)


GROUPS = (group("q1", "a", "b"), group("q2"), group("q3", "a"))
SCORES = np.array([1.5, -2.0, 0.25], dtype=np.float32)


def test_what_is_written_is_read_and_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_predictions(tmp_path / name, GROUPS, SCORES, about={"task": "t"})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    groups, items, scores, about = read_predictions(tmp_path / "one")
    assert (groups, items) == canonical_ids(GROUPS)
    assert scores.tolist() == SCORES.tolist()
    assert about == {"task": "t", "version": 1}


@given(st.permutations(range(3)))
def test_rows_in_any_order_are_put_into_canonical_order(order: list[int]) -> None:
    groups, items = canonical_ids(GROUPS)
    aligned = align(GROUPS, [groups[i] for i in order], [items[i] for i in order], SCORES[order])
    assert aligned.tolist() == SCORES.tolist()


def test_missing_rows_are_counted_and_named() -> None:
    with pytest.raises(
        IncompleteError, match=r"2 of 3 candidates have no score: 'q1 / b', 'q3 / a'"
    ):
        align(GROUPS, ["q1"], ["a"], SCORES[:1])


def test_unknown_rows_are_counted_and_named() -> None:
    groups, items = canonical_ids(GROUPS)
    with pytest.raises(InvalidError, match=r"1 rows are not candidates of the task: 'q9 / z'"):
        align(GROUPS, [*groups, "q9"], [*items, "z"], np.append(SCORES, np.float32(1)))


def test_duplicate_rows_are_counted_and_named() -> None:
    groups, items = canonical_ids(GROUPS)
    with pytest.raises(InvalidError, match=r"1 rows stand twice: 'q1 / a'"):
        align(GROUPS, [*groups, "q1"], [*items, "a"], np.append(SCORES, np.float32(1)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused(bad: float) -> None:
    groups, items = canonical_ids(GROUPS)
    scores = SCORES.copy()
    scores[1] = bad
    with pytest.raises(InvalidError, match=r"1 scores are NaN or infinite: 'q1 / b'"):
        align(GROUPS, groups, items, scores)


def test_constant_scores_are_refused() -> None:
    with pytest.raises(InvalidError, match=r"all 3 scores are 0\.5"):
        refuse_constant(np.full(3, 0.5, dtype=np.float32))
    refuse_constant(SCORES)
    refuse_constant(SCORES[:1])


def test_a_file_of_another_kind_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(b"not parquet")
    with pytest.raises(InvalidError, match="not a predictions file"):
        read_predictions(path)
    pq.write_table(pa.table({"query": ["q"], "score": [1.0]}), path)
    with pytest.raises(InvalidError, match="group, item and score"):
        read_predictions(path)
