"""In what precision answers are kept, and what is refused where they must be narrowed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray
from pyarrow import parquet

from harness.errors import InvalidError
from harness.predictions.answers.checks import numbers, one_each, vectors
from harness.predictions.answers.classes import ClassAnswer
from harness.predictions.table import read_predictions, write_predictions


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (np.array([1, 2], np.float16), np.float32),
        (np.array([1, 2], np.float32), np.float32),
        (np.array([1, 2], np.float64), np.float64),
        ([1.0, 2.0], np.float64),
        ([1, 2], np.float64),
        ([True, False], np.float64),
    ],
)
def test_scores_keep_the_precision_they_come_in(given: object, kept: type) -> None:
    assert one_each(given, 2, "score_texts").dtype == kept  # type: ignore[arg-type]


def test_whole_numbers_that_float64_cannot_tell_apart_are_refused() -> None:
    close = np.array([2**53, 2**53 + 1])
    with pytest.raises(InvalidError, match="differ are equal as float64"):
        numbers(close, "score_texts")
    assert numbers(close[:1] - [0, 1], "score_texts").tolist() == [2.0**53, 2.0**53 - 1]


@pytest.mark.parametrize(
    ("scores", "kind"),
    [([0.5, -3.0, np.nan], "float"), ([0.1, 0.2, np.nan], "double"), ([1e39, 1.0], "double")],
)
def test_a_file_is_as_wide_as_its_scores_need(
    tmp_path: Path, scores: list[float], kind: str
) -> None:
    path = tmp_path / "predictions.parquet"
    keys = {"item": [str(i) for i in range(len(scores))]}
    write_predictions(path, keys, np.array(scores), about={})
    assert str(parquet.read_schema(path).field("score").type) == kind
    found = read_predictions(path, ("item",)).scores
    assert found.dtype == (np.float32 if kind == "float" else np.float64)
    np.testing.assert_array_equal(found, np.array(scores))


def test_a_class_is_chosen_before_anything_is_narrowed() -> None:
    """The second logit is the higher one by one step of float64; as float32 they tie."""
    model = SimpleNamespace(
        labels=("cat", "dog"), classify_texts=lambda _: [[1.0, float(np.nextafter(1.0, 2.0))]]
    )
    rows = ClassAnswer(("cat", "dog")).rows(model, "classify_texts", ["x"])
    assert rows[0, 0] == 1


def _spread(offset: float, step: float) -> NDArray[np.float64]:
    return offset + step * np.arange(12, dtype=np.float64).reshape(4, 3) ** 2


@pytest.mark.parametrize("rows", [_spread(1e8, 0.01), _spread(0, 1e-60)[1:]])
def test_vectors_that_fall_together_as_float32_are_refused(rows: NDArray[np.float64]) -> None:
    with pytest.raises(InvalidError, match="as float32"):
        vectors(rows, len(rows), "embed_texts")


def test_vectors_that_differ_by_noise_alone_may_fall_together() -> None:
    one = np.full((1, 8), 0.3) + np.arange(8)
    rows = np.concatenate([one, one * (1 + 4e-16), np.zeros((2, 8))])
    assert len(np.unique(vectors(rows, 4, "embed_texts"), axis=0)) == 2
