"""Image towers of open_clip, against its own model run by hand; needs ``open_clip_torch``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.vision.adapter import CLASSIFIER, EMBEDDER
from harness.errors import UsageError

Load = Callable[..., Any]
SIDE = 32
MODEL = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": SIDE, "layers": 2, "width": 32, "patch_size": 8, "head_width": 16},
    "text_cfg": {"context_length": 8, "vocab_size": 100, "width": 16, "heads": 2, "layers": 1},
}
MEAN, STD = [0.48, 0.46, 0.41], [0.27, 0.26, 0.28]


def saved(folder: Path) -> Path:
    """A tiny seeded model of two towers as open_clip saves one."""
    torch = pytest.importorskip("torch", reason="needs marginbench[vision]")
    model = pytest.importorskip("open_clip.model", reason="needs open_clip_torch")
    from safetensors.torch import save_file

    folder.mkdir()
    torch.manual_seed(2)
    made = model.CLIP(**MODEL)
    weights = {name: value.contiguous() for name, value in made.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    prepare = {"mean": MEAN, "std": STD, "interpolation": "bicubic", "resize_mode": "shortest",
               "size": SIDE}  # fmt: skip
    about = {"model_cfg": MODEL, "preprocess_cfg": prepare}
    (folder / "open_clip_config.json").write_text(json.dumps(about))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return saved(tmp_path / "m")


def pictures() -> list[Any]:
    from PIL import Image

    drawn = np.random.default_rng(4)
    sides = [(50, 70), (90, 41), (40, 40)]
    return [Image.fromarray(drawn.integers(0, 256, (*side, 3), dtype=np.uint8)) for side in sides]


def test_embeddings_by_hand(folder: Path, load_with: Load) -> None:
    import open_clip
    import torch
    from PIL.Image import Resampling
    from safetensors.torch import load_file

    own = open_clip.model.CLIP(**MODEL).eval()
    own.load_state_dict(load_file(folder / "open_clip_model.safetensors"))
    square = pictures()[2]  # its shorter side becomes 32, and nothing is left to crop
    resized = np.asarray(square.resize((SIDE, SIDE), Resampling.BICUBIC), dtype=np.float32)
    pixels = ((resized / 255 - np.float32(MEAN)) / np.float32(STD)).transpose(2, 0, 1)[None]
    with torch.inference_mode():
        expected = own.encode_image(torch.from_numpy(pixels)).numpy()
    model = load_with(EMBEDDER, str(folder))
    np.testing.assert_allclose(model.embed_images([square]), expected, atol=1e-5)
    together = model.embed_images(pictures())
    alone = np.concatenate([model.embed_images([image]) for image in pictures()])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert model.resolved["image_size"] == f"shorter side {SIDE}"
    assert model.resolved["image_crop"] == f"centre of {SIDE} x {SIDE} (height x width)"
    assert model.resolved["image_resampling"] == "bicubic"
    assert model.embed_images([]).shape[0] == 0


def test_options(folder: Path, load_with: Load) -> None:
    other = load_with(EMBEDDER, str(folder), size=64, resample="bilinear")
    assert other.resolved["image_size"] == "shorter side 64"
    assert other.resolved["image_resampling"] == "bilinear"
    assert np.isfinite(other.embed_images(pictures())).all()
    with pytest.raises(UsageError, match=r"does not resize by box.*resample=bilinear"):
        load_with(EMBEDDER, str(folder), resample="box")
    with pytest.raises(UsageError, match="pooling is for transformers"):
        load_with(EMBEDDER, str(folder), pooling="cls")
    with pytest.raises(UsageError, match="no classifier"):
        load_with(CLASSIFIER, str(folder))


def test_what_is_broken_is_one_line(folder: Path, load_with: Load) -> None:
    (folder / "open_clip_model.safetensors").write_bytes(b"\x00" * 64)
    with pytest.raises(UsageError, match="cannot be loaded") as caught:
        load_with(EMBEDDER, str(folder))
    assert "\n" not in str(caught.value)
    (folder / "open_clip_model.safetensors").rename(folder / "open_clip_pytorch_model.bin")
    with pytest.raises(UsageError, match="a pickle alone"):
        EMBEDDER.identify(str(folder), {})
