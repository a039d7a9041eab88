"""``size`` and ``resample``: what they do to pixels, to the record and to the fingerprint."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.base import Adapter
from harness.adapters.options import parse_options
from harness.adapters.vision.adapter import CLASSIFIER, EMBEDDER
from harness.engine.named import prepare_model
from harness.fingerprint import digest
from tests.adapters.vision.conftest import image_processor

Load = Callable[..., Any]
Save = Callable[..., Path]


@pytest.mark.parametrize(
    "resample", ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"]
)
def test_pixels_under_another_filter(
    save: Save, load_with: Load, pictures: list[Any], resample: str
) -> None:
    from PIL.Image import Resampling

    model = load_with(EMBEDDER, str(save("ViT")), resample=resample)
    resized = pictures[0].resize((32, 32), Resampling[resample.upper()])
    expected = ((np.asarray(resized, dtype=np.float64) / 255 - 0.5) / 0.5).transpose(2, 0, 1)
    np.testing.assert_allclose(model._processor.pixels(pictures[:1])[0], expected, atol=1e-6)
    assert model.resolved["image_resampling"] == resample


@pytest.mark.parametrize(
    ("name", "size"),
    [("Dinov2", {"shortest_edge": 80}), ("ResNet", {"shortest_edge": 64}),
     ("Swin", {"height": 64, "width": 64})],
)  # fmt: skip
def test_pixels_of_another_size(
    save: Save, load_with: Load, pictures: list[Any], name: str, size: dict[str, int]
) -> None:
    """A resize before a crop keeps its proportion: 40 before 32 is 80 before 64."""
    model = load_with(EMBEDDER, str(save(name)), size=64)
    cropped = {"crop_size": {"height": 64, "width": 64}} if name == "Dinov2" else {}
    for image in pictures:
        made = image_processor(name)(images=image, return_tensors="np", size=size, **cropped)
        found = model._processor.pixels([image])[0]
        assert found.shape == (3, 64, 64)
        np.testing.assert_allclose(found, made["pixel_values"][0], atol=1e-6)
    whole, centre = "64 x 64 (height x width)", "centre of 64 x 64 (height x width)"
    told = {"Dinov2": ("shorter side 80", centre), "ResNet": ("shorter side 73", centre)}
    found = (model.resolved["image_size"], model.resolved["image_crop"])
    assert found == told.get(name, (whole, "none"))
    assert json.loads(model.resolved["image_processor_settings"])["size"] == size
    assert np.isfinite(model.embed_images(pictures)).all()


@pytest.mark.parametrize("name", ["ViT", "DeiT", "CLIP", "Siglip"])
def test_positions_are_interpolated_for_another_size(
    save: Save, load_with: Load, pictures: list[Any], name: str
) -> None:
    import torch
    import transformers

    folder = save(name)
    model = load_with(EMBEDDER, str(folder), size=64)
    pixels = torch.from_numpy(np.stack(model._processor.pixels(pictures)))
    assert pixels.shape == (4, 3, 64, 64)
    own = getattr(transformers, f"{name}Model").from_pretrained(folder).eval()
    towers = hasattr(own, "get_image_features")
    with torch.inference_mode():
        outputs = (own.vision_model if towers else own)(pixels, interpolate_pos_encoding=True)
        expected = outputs.pooler_output if towers else outputs.last_hidden_state[:, 0]
        expected = own.visual_projection(expected) if name == "CLIP" else expected
    np.testing.assert_allclose(model.embed_images(pictures), expected.numpy(), atol=1e-5)
    assert model.resolved["positions"] == "interpolated"
    assert "positions" not in load_with(EMBEDDER, str(folder)).resolved


def test_the_record_tells_what_is_done_to_an_image(save: Save, load_with: Load) -> None:
    resolved = load_with(EMBEDDER, str(save("CLIP"))).resolved
    assert {key: resolved[key] for key in ("image_size", "image_crop", "image_resampling")} == {
        "image_size": "shorter side 32", "image_crop": "centre of 32 x 32 (height x width)",
        "image_resampling": "bicubic",
    }  # fmt: skip
    assert resolved["image_colour"] == (
        "RGB, times 0.00392156862745098, less 0.48145466 0.4578275 0.40821073, "
        "over 0.26862954 0.26130258 0.27577711"
    )
    declared = json.loads(resolved["image_processor_settings"])
    assert declared["image_mean"] == pytest.approx([0.48145466, 0.4578275, 0.40821073])
    assert resolved["image_processor"].startswith("CLIPImageProcessor")
    assert resolved["image_backend"] == "pil"


def test_options_that_came_later_leave_no_trace_until_they_are_used() -> None:
    """What timm's models were recorded with is what they are recorded with now."""
    assert parse_options(EMBEDDER, []) == {"revision": "", "pretrained": True}
    assert parse_options(CLASSIFIER, []) == {"revision": "", "pretrained": True, "labels": ""}
    assert parse_options(EMBEDDER, ["size=0", "pooling="]) == parse_options(EMBEDDER, [])
    assert parse_options(EMBEDDER, ["size=64"])["size"] == 64


@pytest.mark.parametrize("adapter", [EMBEDDER, CLASSIFIER])
def test_fingerprints(adapter: Adapter, save: Save) -> None:
    head = {EMBEDDER.name: "Model", CLASSIFIER.name: "ForImageClassification"}[adapter.name]
    folder = save("ViT", head, **({} if head == "Model" else {"labels": ("a", "b")}))
    name = f"{adapter.name}:{folder}"
    weights = adapter.identify(str(folder), {}).digest

    def fingerprint(*options: str) -> str:
        return prepare_model(name, options, dtype="float32", tasks=[]).fingerprint

    plain = {"revision": "", "pretrained": True}
    plain |= {} if adapter is EMBEDDER else {"labels": ""}
    assert fingerprint() == digest([["model", adapter.name, weights, plain, "float32"]])
    others = {fingerprint("size=64"), fingerprint("resample=box"), fingerprint("resample=bicubic")}
    assert len({fingerprint(), *others}) == 4
    (folder / "preprocessor_config.json").write_text(
        (folder / "preprocessor_config.json").read_text() + "\n"
    )
    assert adapter.identify(str(folder), {}).digest != weights
