from __future__ import annotations

from pathlib import Path

import pytest

from harness.adapters.support.checkpoints import Checkpoint
from harness.adapters.support.torch import load_errors, pad_rows
from harness.errors import UsageError


@pytest.mark.parametrize(
    ("side", "ids", "mask"),
    [
        ("right", [[5, 6, 7], [8, 9, 9]], [[1, 1, 1], [1, 0, 0]]),
        ("left", [[5, 6, 7], [9, 9, 8]], [[1, 1, 1], [0, 0, 1]]),
    ],
)
def test_rows_are_padded_on_the_side_asked_for(
    side: str, ids: list[list[int]], mask: list[list[int]]
) -> None:
    padded, found = pad_rows([[5, 6, 7], [8]], value=9, side=side)
    assert padded.tolist() == ids
    assert found.tolist() == mask
    assert padded.dtype == found.dtype == "int64"


def test_a_panic_of_rust_is_an_error_of_the_checkpoint(tmp_path: Path) -> None:
    """It is no Exception to Python, and the fault of nobody here."""
    panic = type("PanicException", (BaseException,), {})
    with (
        pytest.raises(UsageError, match="cannot be loaded: PanicException: no charsmap"),
        load_errors(Checkpoint(tmp_path, "x", None)),
    ):
        raise panic("no charsmap")
    with pytest.raises(KeyboardInterrupt), load_errors(Checkpoint(tmp_path, "x", None)):
        raise KeyboardInterrupt
