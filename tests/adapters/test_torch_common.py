from __future__ import annotations

import pytest

from harness.adapters.support.torch import pad_rows


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
