"""Answers are kept as they were given, and a number that its maker takes back is none."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import numpy as np
import pytest

from harness.adapters.support.own_code import Own
from harness.errors import InvalidError
from harness.predictions.answers.checks import one_each, vectors
from suites.preference.answers.likelihood import LikelihoodAnswer


def test_an_array_that_is_filled_again() -> None:
    buffer = np.ones((2, 3), dtype=np.float32)
    kept, scores = vectors(buffer, 2, "embed_texts"), one_each(buffer[:, 0], 2, "score_pairs")
    buffer[:] = 7
    assert (kept == 1).all()
    assert (scores == 1).all()


def test_numbers_that_are_masked() -> None:
    whole = np.ma.masked_array([1.0, 2.0], mask=[False, False])
    assert one_each(whole, 2, "score_pairs").tolist() == [1, 2]
    with pytest.raises(InvalidError, match="of which 1 numbers are masked"):
        one_each(np.ma.masked_array([1.0, 2.0], mask=[True, False]), 2, "score_pairs")


def test_classes_in_no_order() -> None:
    own = Own("my_model.py", lambda error: "my_model.py:1")
    assert own._labels(SimpleNamespace(labels=("cat", "dog"))) == ("cat", "dog")
    with pytest.raises(InvalidError, match="`labels` is not a list"):
        own._labels(SimpleNamespace(labels={"cat", "dog"}))


@pytest.mark.parametrize("lost", [float("nan"), -float("inf")])
def test_sums_under_a_reference_that_are_none(lost: float) -> None:
    class Model:
        def answer_likelihoods(self, texts: Sequence[str]) -> list[list[float]]:
            return [[-1.0, 2, -2.0 if text == "a" else lost] for text in texts]

    answer = LikelihoodAnswer()
    assert answer.rows(Model(), "answer_likelihoods", ["a"]).tolist() == [[-1, 2, -2]]
    with pytest.raises(InvalidError, match="1 of 2 sums under the reference are NaN or infinite"):
        answer.rows(Model(), "answer_likelihoods", ["a", "b"])
