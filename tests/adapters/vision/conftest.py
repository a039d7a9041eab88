"""Tiny image models of transformers, each saved with the image processor of its family."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SIDE = 32
_ENCODER = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2,
            "num_attention_heads": 2}  # fmt: skip
_PATCHES = {**_ENCODER, "image_size": SIDE, "patch_size": 8}
_TEXTS = {**_ENCODER, "vocab_size": 50, "max_position_embeddings": 8, "bos_token_id": 1,
          "eos_token_id": 2, "pad_token_id": 1}  # fmt: skip
_SIZES = {"depths": [1, 1, 1, 1], "hidden_sizes": [8, 8, 16, 16]}

MODELS: dict[str, tuple[str, dict[str, Any], str, dict[str, Any]]] = {
    # config class, its settings, module of the image processor in Pillow, its settings
    "ViT": ("ViTConfig", _PATCHES, "vit", {"size": {"height": SIDE, "width": SIDE}}),
    "DeiT": ("DeiTConfig", _PATCHES, "deit",
             {"size": {"height": 40, "width": 40}, "crop_size": {"height": SIDE, "width": SIDE}}),
    "Dinov2": ("Dinov2Config", {**_PATCHES, "image_size": SIDE}, "bit",
               {"size": {"shortest_edge": 40}, "crop_size": {"height": SIDE, "width": SIDE}}),
    "CLIP": ("CLIPConfig", {"text_config": _TEXTS, "vision_config": _PATCHES, "projection_dim": 8},
             "clip",
             {"size": {"shortest_edge": SIDE}, "crop_size": {"height": SIDE, "width": SIDE}}),
    "Siglip": ("SiglipConfig", {"text_config": _TEXTS, "vision_config": _PATCHES}, "siglip",
               {"size": {"height": SIDE, "width": SIDE}}),
    "ConvNext": ("ConvNextConfig", {**_SIZES, "num_stages": 4}, "convnext",
                 {"size": {"shortest_edge": SIDE}, "crop_pct": 0.875}),
    "Swin": ("SwinConfig", {"embed_dim": 8, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4,
                            "image_size": SIDE, "patch_size": 4}, "vit",
             {"size": {"height": SIDE, "width": SIDE}}),
    "ResNet": ("ResNetConfig", {**_SIZES, "embedding_size": 8}, "convnext",
               {"size": {"shortest_edge": SIDE}, "crop_pct": 0.875}),
}  # fmt: skip
"""Families that are tried."""


def image_processor(name: str) -> Any:
    """The image processor of a family in Pillow, as the family's own settings have it."""
    from importlib import import_module

    _, _, module, settings = MODELS[name]
    try:
        found = import_module(f"transformers.models.{module}.image_processing_pil_{module}")
    except ImportError:
        pytest.skip("this transformers has no image processors in Pillow by themselves")
    (kind,) = (n for n in found.__all__ if n.endswith("ImageProcessorPil"))
    return getattr(found, kind)(**settings)


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Save a tiny seeded model of a family; ``head`` is what follows its name."""
    torch = pytest.importorskip("torch", reason="needs marginbench[torch]")
    transformers = pytest.importorskip("transformers", reason="needs marginbench[torch]")

    def to_folder(
        name: str, head: str = "Model", *, part: str = "", labels: tuple[str, ...] = (), **more: Any
    ) -> Path:
        kind, settings, _, _ = MODELS[name]
        config = getattr(transformers, kind)(**settings, **more)
        if part:
            config = getattr(config, part)
        if labels:
            config.id2label = dict(enumerate(labels))
            config.label2id = {label: number for number, label in enumerate(labels)}
        torch.manual_seed(3)
        model = getattr(transformers, name + head)(config).eval()
        for parameter in model.parameters():  # far from zero, so that a wrong pooling shows
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=0.3)
        folder = tmp_path / f"{name}{head}-{len(list(tmp_path.iterdir()))}"
        model.save_pretrained(folder)
        image_processor(name).save_pretrained(folder)
        return folder

    return to_folder


@pytest.fixture
def pictures() -> list[Any]:
    """Pictures of several shapes, wide, high and small, in colour."""
    image = pytest.importorskip("PIL.Image", reason="needs marginbench[images]")
    drawn = np.random.default_rng(4)
    sides = [(50, 70), (90, 41), (40, 40), (20, 25)]
    return [
        image.fromarray(drawn.integers(0, 256, (*side, 3), dtype=np.uint8)).resize(side)
        for side in sides
    ]


def rewrite(path: Path, **changes: Any) -> None:
    """Change entries of a JSON file; ``None`` takes one away."""
    found = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: value for key, value in found.items() if value is not None}))
