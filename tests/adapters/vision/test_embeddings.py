"""Embeddings of transformers' image models: pixels, pooling and batches against runs by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.adapters.vision.adapter import EMBEDDER
from harness.capabilities import capabilities_of
from harness.errors import InvalidError, UsageError
from tests.adapters.vision.conftest import MODELS, SIDE, image_processor

Load = Callable[..., Any]
Save = Callable[..., Path]
BY_DEFAULT = {
    "ViT": "cls", "DeiT": "cls", "Dinov2": "cls", "CLIP": "image_embeds", "Siglip": "image_embeds",
    "ConvNext": "pooler", "Swin": "pooler", "ResNet": "pooler",
}  # fmt: skip


def by_hand(name: str, folder: Path, images: list[Any]) -> Any:
    """Embeddings from transformers' own classes and the processor of the family."""
    import torch
    import transformers

    model = getattr(transformers, f"{name}Model").from_pretrained(folder).eval()
    rows = []
    for image in images:
        made = image_processor(name)(images=image, return_tensors="pt")["pixel_values"]
        with torch.inference_mode():
            if name == "CLIP":
                row = model.visual_projection(model.vision_model(made).pooler_output)
            elif name == "Siglip":
                row = model.vision_model(made).pooler_output
            elif BY_DEFAULT[name] == "cls":
                row = model(made).last_hidden_state[:, 0]
            else:
                row = model(made).pooler_output.reshape(1, -1)
        rows.append(row.numpy())
    return np.concatenate(rows)


@pytest.mark.parametrize("name", MODELS)
def test_pixels_are_those_of_the_familys_own_processor(
    name: str, save: Save, load_with: Load, pictures: list[Any]
) -> None:
    model = load_with(EMBEDDER, str(save(name)))
    for image in pictures:
        expected = image_processor(name)(images=image, return_tensors="np")["pixel_values"][0]
        found = model._processor.pixels([image])[0]
        assert found.shape == (3, SIDE, SIDE)
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_embeddings_are_those_of_a_run_by_hand(
    name: str, save: Save, load_with: Load, pictures: list[Any]
) -> None:
    folder = save(name)
    model = load_with(EMBEDDER, str(folder))
    assert capabilities_of(model) == {"embed_images"}
    found = model.embed_images(pictures)
    expected = by_hand(name, folder, pictures)
    assert found.dtype == np.float32
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-5 * max(1, np.abs(expected).max()))
    assert model.resolved["pooling"] == BY_DEFAULT[name]
    assert model.resolved["image_colour"].startswith("RGB, times 0.0039")
    assert model.embed_images([]).shape[0] == 0


@pytest.mark.parametrize("name", MODELS)
def test_neighbours_in_a_batch_do_not_matter(
    name: str, save: Save, load_with: Load, pictures: list[Any]
) -> None:
    model = load_with(EMBEDDER, str(save(name)))
    together = model.embed_images(pictures)
    alone = np.concatenate([model.embed_images([image]) for image in pictures[::-1]])[::-1]
    np.testing.assert_allclose(together, alone, atol=1e-5 * max(1, np.abs(alone).max()))


def test_pixels_by_arithmetic(save: Save, load_with: Load, pictures: list[Any]) -> None:
    """Resized by Pillow to the declared square, scaled by 1/255, mean and deviation one half."""
    model = load_with(EMBEDDER, str(save("ViT")))
    from PIL.Image import Resampling

    for image in pictures:
        resized = np.asarray(image.resize((SIDE, SIDE), Resampling.BILINEAR), dtype=np.float64)
        expected = ((resized / 255 - 0.5) / 0.5).transpose(2, 0, 1)
        np.testing.assert_allclose(model._processor.pixels([image])[0], expected, atol=1e-6)


def test_the_same_pixels_as_an_onnx_folder_of_that_declaration(
    save: Save, load_with: Load, pictures: list[Any]
) -> None:
    """Our own way for ONNX folders, which reads the same file, is the other implementation."""
    from harness.adapters.support.image_preparation import read_preparation

    for name in ("ViT", "Dinov2", "CLIP", "Siglip"):
        folder = save(name)
        ours = read_preparation(folder, {})
        model = load_with(EMBEDDER, str(folder))
        for image in pictures[:3]:  # the last is smaller than the crop
            theirs = model._processor.pixels([image])[0]
            np.testing.assert_allclose(ours.apply(image), theirs, atol=1e-6)


@pytest.mark.parametrize("pooling", ["cls", "mean", "pooler"])
def test_poolings_by_hand(save: Save, load_with: Load, pictures: list[Any], pooling: str) -> None:
    import torch
    import transformers

    folder = save("DeiT")  # a class token and one of distillation stand before the patches
    model = load_with(EMBEDDER, str(folder), pooling=pooling)
    own = transformers.DeiTModel.from_pretrained(folder).eval()
    pixels = image_processor("DeiT")(images=pictures[:1], return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        outputs = own(pixels)
    hidden = outputs.last_hidden_state
    assert hidden.shape[1] == 2 + (SIDE // 8) ** 2
    expected = {
        "cls": hidden[:, 0], "mean": hidden[:, 2:].mean(1), "pooler": outputs.pooler_output
    }[pooling].numpy()  # fmt: skip
    found = model.embed_images(pictures[:1])
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert model.resolved["pooling"] == pooling


def test_towers_saved_alone(save: Save, load_with: Load, pictures: list[Any]) -> None:
    import torch
    import transformers

    with_projection = save("CLIP", "VisionModelWithProjection", part="vision_config")
    model = load_with(EMBEDDER, str(with_projection))
    assert model.resolved["pooling"] == "image_embeds"
    own = transformers.CLIPVisionModelWithProjection.from_pretrained(with_projection).eval()
    pixels = image_processor("CLIP")(images=pictures[:1], return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        expected = own(pixels).image_embeds.numpy()
    np.testing.assert_allclose(model.embed_images(pictures[:1]), expected, atol=1e-5)
    bare = load_with(EMBEDDER, str(save("Siglip", "VisionModel", part="vision_config")))
    assert bare.resolved["pooling"] == "pooler"


def test_a_classifier_embeds_without_its_head(
    save: Save, load_with: Load, pictures: list[Any]
) -> None:
    import torch
    import transformers

    names = ("cat", "dog", "owl")
    folder = save("ViT", "ForImageClassification", labels=names)
    rows = load_with(EMBEDDER, str(folder)).embed_images(pictures)
    whole = transformers.ViTForImageClassification.from_pretrained(folder).eval()
    pixels = image_processor("ViT")(images=pictures, return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        logits = whole(pixels).logits.numpy()
        seen = whole.classifier(torch.from_numpy(rows)).numpy()
    np.testing.assert_allclose(seen, logits, atol=1e-4)
    with pytest.raises(UsageError, match=r"no weights for its pooler .*--option pooling=cls"):
        load_with(EMBEDDER, str(folder), pooling="pooler")
    tower = save("Siglip", "ForImageClassification", labels=names)
    assert load_with(EMBEDDER, str(tower)).embed_images(pictures).shape == (4, 16)


@pytest.mark.parametrize(
    ("name", "pooling", "message"),
    [
        ("Swin", "cls", r"a SwinModel has no cls: the class token"),
        ("Siglip", "cls", r"has no cls"),
        ("ViT", "image_embeds", r"a ViTModel has no image_embeds"),
        ("ViT", "clss", r"unknown pooling 'clss'. Did you mean 'cls'"),
    ],
)
def test_poolings_that_a_model_does_not_have(
    name: str, pooling: str, message: str, save: Save, load_with: Load
) -> None:
    with pytest.raises(UsageError, match=message):
        load_with(EMBEDDER, str(save(name)), pooling=pooling)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_near(
    save: Save, load_with: Load, pictures: list[Any], dtype: str
) -> None:
    folder = str(save("Dinov2"))
    full = load_with(EMBEDDER, folder).embed_images(pictures)
    half = load_with(EMBEDDER, folder, dtype=dtype).embed_images(pictures)
    assert half.dtype == np.float32
    np.testing.assert_allclose(half, full, atol=0.1 * np.abs(full).max())
    assert not np.array_equal(half, full)


def test_grey_alpha_and_palette_are_colours(
    save: Save, load_with: Load, pictures: list[Any]
) -> None:
    model = load_with(EMBEDDER, str(save("CLIP")))
    grey = pictures[0].convert("L")
    np.testing.assert_array_equal(
        model.embed_images([grey]), model.embed_images([grey.convert("RGB")])
    )
    rows = model.embed_images([pictures[0].convert("RGBA"), pictures[0].convert("P")])
    np.testing.assert_allclose(rows[0], model.embed_images(pictures[:1])[0], atol=1e-5)
    assert np.isfinite(rows).all()


def test_weights_that_are_missing_are_no_random_numbers(save: Save, load_with: Load) -> None:
    from safetensors.torch import load_file, save_file

    folder = save("Dinov2")
    weights = load_file(folder / "model.safetensors")
    weights.pop("encoder.layer.1.mlp.fc1.weight")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InvalidError, match=r"lacks the weights .*fc1"):
        load_with(EMBEDDER, str(folder))
