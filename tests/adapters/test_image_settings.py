"""What is recorded of an image's preparation: one set of names, whoever prepares it."""

from __future__ import annotations

import pytest

from harness.adapters.support.image_preparation import Preparation
from harness.adapters.support.image_settings import fitted, image_settings, rgb
from harness.tasks.images import RULE

NAMES = ["image_size", "image_crop", "image_resampling", "image_colour", "image_decoding"]


def test_the_names() -> None:
    told = image_settings(size="a", crop="b", resampling="c", colour="d")
    assert list(told) == NAMES
    assert list(told.values()) == ["a", "b", "c", "d", RULE]


@pytest.mark.parametrize(
    ("short", "size", "crop"),
    [(0, "30 x 40 (height x width)", "none"),
     (48, "shorter side 48", "centre of 30 x 40 (height x width)")],
)  # fmt: skip
def test_the_preparation_of_the_harness(short: int, size: str, crop: str) -> None:
    """Said and done are the same: the words are held to the array that comes out."""
    image = pytest.importorskip("PIL.Image").new("RGB", (160, 96), (255, 0, 0))
    prepared = Preparation(30, 40, short, 3, 1 / 255, (0.5,) * 3, (0.25,) * 3)
    told = prepared.described()
    assert list(told) == NAMES
    assert (told["image_size"], told["image_crop"]) == (size, crop)
    assert told["image_resampling"] == "bicubic"
    assert told["image_colour"] == (
        "RGB, times 0.00392156862745098, less 0.5 0.5 0.5, over 0.25 0.25 0.25"
    )
    assert prepared.apply(image).shape == (3, 30, 40)
    assert prepared.apply(image)[:, 15, 20].tolist() == [2, -2, -2]


@pytest.mark.parametrize(
    ("way", "height", "width", "words"),
    [("shortest", 40, 40, "shorter side 40"),
     ("shortest", 40, 30, "covering 40 x 30 (height x width)"),
     ("longest", 40, 40, "inside 40 x 40 (height x width), filled up"),
     ("squash", 40, 30, "40 x 30 (height x width)")],
)  # fmt: skip
def test_sizes(way: str, height: int, width: int, words: str) -> None:
    assert fitted(way, height, width) == words


@pytest.mark.parametrize(
    ("side", "size", "crop"),
    [(320, "shorter side 400", "centre of 320 x 320 (height x width)"),
     (384, "384 x 384 (height x width)", "none")],
)  # fmt: skip
def test_what_convnext_makes_of_one_number(side: int, size: str, crop: str) -> None:
    """Held to an image whose columns tell where they come from."""
    pytest.importorskip("torch", reason="needs marginbench[torch]")
    import numpy as np
    from PIL import Image
    from transformers.models.convnext import image_processing_pil_convnext as convnext

    from harness.adapters.support.hf_images import processor_settings

    processor = convnext.ConvNextImageProcessorPil(
        size={"shortest_edge": side}, crop_pct=0.8, do_normalize=False, resample=2
    )
    told = processor_settings(processor)
    assert (told["image_size"], told["image_crop"]) == (size, crop)
    ramp = np.tile(np.arange(400, dtype=np.float32) * 255 / 399, (400, 1)).astype(np.uint8)
    made = processor(images=Image.fromarray(ramp).convert("RGB"), return_tensors="np")
    seen = made["pixel_values"][0, 0, 0]
    assert len(seen) == side
    cut = 40 / 400 if side < 384 else 0  # of each side
    assert seen[[0, -1]] == pytest.approx([cut, 1 - cut], abs=0.01)


def test_colours() -> None:
    assert rgb() == "RGB"
    assert rgb(factor=0.5) == "RGB, times 0.5"
    assert rgb(mean=0.5, std=(1, 2, 3)) == "RGB, less 0.5, over 1 2 3"
