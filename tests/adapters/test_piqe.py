"""PIQE against runs of pypiqe 1.2 (with OpenCV 5.0.0), and on pictures that are none."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")
Image = pytest.importorskip("PIL.Image")

from harness.adapters.piqe.adapter import ADAPTER  # noqa: E402
from harness.adapters.piqe.blocks import piqe_score  # noqa: E402
from harness.errors import UsageError  # noqa: E402

# pypiqe 1.2 with opencv-python-headless 5.0.0.93 on photographs of scikit-image 0.26.0, channels
# in the order it expects (blue first).
PYPIQE = {
    "astronaut": 33.66154221836559,
    "coffee": 27.910756165836048,
    "chelsea": 34.016980728125205,
    "rocket": 38.77125507861594,
}


@pytest.mark.parametrize("name", PYPIQE)
def test_equals_pypiqe(name: str) -> None:
    data = pytest.importorskip("skimage.data")
    assert piqe_score(getattr(data, name)()) == pytest.approx(PYPIQE[name], abs=1e-9)


def test_equals_pypiqe_where_sides_are_no_multiple_of_a_block() -> None:
    data = pytest.importorskip("skimage.data")
    crop = data.astronaut()[3:104, 5:72]
    assert piqe_score(crop) == pytest.approx(42.077888117449106, abs=1e-9)


@pytest.mark.shared_data
def test_live_subset(shared_data: Path) -> None:
    """The recorded run of pypiqe 1.2 was given red first, which it takes for blue first."""
    from scipy.stats import spearmanr

    folder = shared_data / "image-quality" / "live_subset"
    with (folder / "offline_model_predictions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    images = [np.asarray(Image.open(folder / "images" / r["image"]).convert("RGB")) for r in rows]
    swapped = [piqe_score(pixels[:, :, ::-1]) for pixels in images]
    recorded = [float(row["piqe_pypiqe_1.2"]) for row in rows]
    assert np.abs(np.subtract(swapped, recorded)).max() < 1e-9
    opinion = [float(row["dmos"]) for row in rows]
    assert spearmanr(swapped, opinion)[0] == pytest.approx(0.832, abs=5e-4)
    ours = [piqe_score(pixels) for pixels in images]
    assert spearmanr(ours, opinion)[0] == pytest.approx(0.828, abs=5e-4)


@pytest.fixture(scope="module")
def model() -> Any:
    return ADAPTER.load("", device="cpu", dtype="float32")


def _picture(seed: int, height: int, width: int) -> Any:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3)).astype(np.uint8))


def test_score_does_not_depend_on_the_batch(model: Any) -> None:
    images = [_picture(seed, 30 + seed, 50) for seed in range(4)]
    together = model.score_images(images)
    assert together.dtype == np.float32
    assert together.tolist() == [model.score_images([image])[0] for image in images]
    assert model.score_images([]).shape == (0,)


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (16, 16), (50, 33)])
@pytest.mark.parametrize("level", [0, 9, 255])
def test_plain_colours_have_the_worst_score(model: Any, size: tuple[int, int], level: int) -> None:
    """As pypiqe gives for a plain grey; for plain black it divides by zero."""
    assert model.score_images([Image.new("RGB", size, (level,) * 3)]).tolist() == [100.0]


def test_noise_and_blocks_are_told_from_a_photograph(model: Any) -> None:
    """Grain and JPEG at quality 5 score worse than the photograph."""
    from io import BytesIO

    photo = pytest.importorskip("skimage.data").coffee()
    grain = np.random.default_rng(0).normal(0, 40, photo.shape[:2])[..., None]
    noisy = Image.fromarray(np.clip(photo + grain, 0, 255).astype(np.uint8))
    file = BytesIO()
    Image.fromarray(photo).save(file, "JPEG", quality=5)
    clean, noise, blocks = model.score_images([Image.fromarray(photo), noisy, Image.open(file)])
    assert noise > clean + 10
    assert blocks > clean + 10


def test_identity() -> None:
    identity = ADAPTER.identify("", {})
    assert (identity.name, identity.direction) == ("PIQE", "lower")
    with pytest.raises(UsageError, match="no checkpoint 'x'"):
        ADAPTER.identify("x", {})


def test_load_as_the_harness_does(load_with: Callable[..., Any]) -> None:
    assert load_with(ADAPTER, "").score_images([_picture(0, 20, 20)]).shape == (1,)
