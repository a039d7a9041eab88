"""A tokenizer of another model: what torch says of it is one line, and no fault of ours."""

from __future__ import annotations

from typing import Any

import pytest

from harness.engine.blame import BEYOND, Blame
from harness.errors import InvalidError


def test_a_number_without_an_embedding() -> None:
    def call(batch: list[Any]) -> Any:
        raise IndexError(BEYOND)

    blame = Blame(call, ["a", "b"], "text", keep=False)
    with pytest.raises(InvalidError, match="number that the model has no embedding for"):
        blame([(0, "x"), (1, "y")])


def test_other_indices_stay_what_they_are() -> None:
    def call(batch: list[Any]) -> Any:
        raise IndexError("list index out of range")

    with pytest.raises(IndexError, match="list index"):
        Blame(call, ["a", "b"], "text", keep=False)([(0, "x"), (1, "y")])
