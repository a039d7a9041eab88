from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.adapters.pixels import ADAPTER
from harness.capabilities import capabilities_of
from harness.errors import UsageError

Image = pytest.importorskip("PIL.Image", reason="needs marginbench[images]")
Load = Callable[..., Any]


def picture(seed: int, side: int = 40) -> Any:
    values = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return Image.fromarray(values)


def test_an_embedding_is_the_centred_grey_picture(load_with: Load) -> None:
    model = load_with(ADAPTER, "", size=2)
    assert capabilities_of(model) == ADAPTER.capabilities("")
    colours = [[(255, 0, 0), (0, 255, 0)], [(0, 0, 255), (10, 10, 10)]]
    image = Image.fromarray(np.array(colours, dtype=np.uint8))
    (row,) = model.embed_images([image])
    # Source: ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B, in whole numbers.
    grey = np.array([76, 150, 29, 10]) / 255
    np.testing.assert_allclose(row, grey - grey.mean(), atol=1e-6)
    assert row.dtype == np.float32


def test_size_brightness_and_batch(load_with: Load) -> None:
    model = load_with(ADAPTER, "")
    images = [picture(1), picture(2), Image.new("RGB", (7, 300), (9, 99, 3))]
    rows = model.embed_images(images)
    assert rows.shape == (3, 32 * 32)
    np.testing.assert_allclose(rows.mean(axis=1), 0, atol=1e-6)
    assert not rows[2].any()  # a plain colour tells nothing
    np.testing.assert_array_equal(rows[1:2], model.embed_images(images[1:2]))
    assert model.embed_images([]).shape == (0, 1024)
    assert not np.allclose(rows[0], rows[1])


def test_size_is_part_of_the_identity() -> None:
    assert ADAPTER.identify("", {"size": 32}) == ADAPTER.identify("", {})
    assert ADAPTER.identify("", {"size": 16}).digest != ADAPTER.identify("", {"size": 32}).digest


@pytest.mark.parametrize("size", [1, 0, -3, 513])
def test_sizes_that_cannot_be_are_refused(size: int) -> None:
    with pytest.raises(UsageError, match=rf"size {size} is outside 2\.\.512"):
        ADAPTER.identify("", {"size": size})


def test_it_has_no_checkpoint() -> None:
    with pytest.raises(UsageError, match="no checkpoint 'x'"):
        ADAPTER.identify("x", {})
