"""The control row: values by hand, and what it is fooled by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")

from harness.adapters.laplacian import ADAPTER, laplacian_variance  # noqa: E402
from harness.adapters.piqe.adapter import ADAPTER as PIQE  # noqa: E402
from harness.errors import UsageError  # noqa: E402


@pytest.fixture
def model() -> Any:
    return ADAPTER.load("", device="cpu", dtype="float32")


def _grey(values: Any) -> np.ndarray:
    return np.repeat(np.asarray(values, dtype=np.uint8)[..., None], 3, axis=2)


def test_one_dot_by_hand() -> None:
    """A dot of 10 in a 5 x 5 field: -40 once, 10 four times; mean 0, mean square 2000/25."""
    dot = np.zeros((5, 5))
    dot[2, 2] = 10
    assert laplacian_variance(_grey(dot)) == 80.0


def test_the_border_repeats() -> None:
    """A step of 4 between two pixels: +4 and -4, whose variance is 16."""
    assert laplacian_variance(_grey([[0, 4]])) == 16.0


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (40, 30)])
@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (13, 200, 77)])
def test_plain_colours_have_none(
    model: Any, size: tuple[int, int], colour: tuple[int, int, int]
) -> None:
    assert model.score_images([Image.new("RGB", size, colour)]).tolist() == [0.0]


def test_grey_weighs_the_channels() -> None:
    """A pure green dot of 100 counts 59, a blue one 11 (ITU-R BT.601, rounded)."""
    for channel, level in ((0, 30), (1, 59), (2, 11)):
        dot = np.zeros((5, 5, 3), dtype=np.uint8)
        dot[2, 2, channel] = 100
        assert laplacian_variance(dot) == pytest.approx(20 * level**2 / 25)


def test_blur_lowers_it_and_noise_raises_it(model: Any) -> None:
    from PIL import ImageFilter

    photo = Image.fromarray(pytest.importorskip("skimage.data").coffee())
    grain = np.random.default_rng(0).normal(0, 30, (*photo.size[::-1], 1))
    noisy = Image.fromarray(np.clip(np.asarray(photo) + grain, 0, 255).astype(np.uint8))
    blurred = photo.filter(ImageFilter.GaussianBlur(2))
    low, middle, high = model.score_images([blurred, photo, noisy])
    assert low < middle < high


def test_score_does_not_depend_on_the_batch(model: Any) -> None:
    rng = np.random.default_rng(0)
    images = [Image.fromarray(rng.integers(0, 256, (20 + i, 30, 3)).astype("u1")) for i in range(4)]
    together = model.score_images(images)
    assert together.dtype == np.float32
    assert together.tolist() == [model.score_images([image])[0] for image in images]


def test_identity() -> None:
    identity = ADAPTER.identify("", {})
    assert identity.direction == "higher"
    assert identity.digest != PIQE.identify("", {}).digest
    with pytest.raises(UsageError, match="no checkpoint 'x'"):
        ADAPTER.identify("x", {})


@pytest.mark.parametrize("height", [1, 2, 255, 256, 257, 512, 700])
def test_a_picture_taken_in_parts_has_the_same_figure(height: int) -> None:
    pixels = np.random.default_rng(height).integers(0, 256, (height, 37, 3), dtype=np.uint8)
    grey = np.rint(pixels @ np.array([0.299, 0.587, 0.114]))
    wide = np.pad(grey, 1, mode="edge")
    around = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]
    assert laplacian_variance(pixels) == float((around - 4 * grey).var())
