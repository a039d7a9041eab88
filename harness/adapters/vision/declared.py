"""What the small files of an image checkpoint declare, before its weights are read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.adapters.support.checkpoints import Checkpoint
from harness.adapters.support.declared import has_file, read_object
from harness.adapters.support.doors.check import check_doors
from harness.adapters.support.families import (
    IMAGE_CLASSIFIERS,
    IMAGE_ENCODERS,
    contents,
    is_image_model,
    known,
    of_config,
)
from harness.errors import UsageError

CONFIG = "config.json"
OPEN_CLIP = "open_clip_config.json"
OURS = ("image-embedder", "image-classifier")
PROCESSORS = ("preprocessor_config.json", "processor_config.json")
"""Where transformers writes how images are prepared; the second since its version 5."""


def declared_family(found: Checkpoint) -> str:
    """``transformers``, ``timm`` or ``open_clip``; ``""`` where nothing can be read of a hub name.

    Raises :class:`UsageError` for a folder that holds something else.
    """
    if found.path is not None and not (found.path / CONFIG).is_file():
        if (found.path / OPEN_CLIP).is_file():
            return "open_clip"
        return _not_ours(found.path)
    config = read_object(found, CONFIG)
    if not config and found.path is None:
        return "open_clip" if has_file(found, OPEN_CLIP) else ""
    if "model_type" in config or ("architectures" in config and "architecture" not in config):
        check_image_model(found, config)
        return "transformers"
    return "timm"


def _not_ours(folder: Path) -> str:
    """``timm``, whose own refusal tells of a folder that holds no model; or a better adapter."""
    there = contents(folder)
    others = [name for name in known(there) if name not in OURS]
    if others:
        raise UsageError(
            f"{folder} holds {there.what}", fix=f"Use the adapter {' or '.join(others)}"
        )
    if "LoRA" in there.what:
        raise UsageError(
            f"{folder} holds {there.what}",
            fix="Merge it into its base (peft: merge_and_unload) and give what that saves",
        )
    return "timm"


def check_image_model(found: Checkpoint, config: Mapping[str, Any]) -> None:
    """Raise :class:`UsageError` for a checkpoint of transformers that is none of images.

    Looked at are declarations and the names of files; what cannot be known yet passes.
    """
    kind = architecture(config)
    there = of_config(config)
    fits = not kind or kind.endswith((*IMAGE_CLASSIFIERS, *IMAGE_ENCODERS))
    if not is_image_model(config) or not fits:
        others = [name for name in known(there) if name not in OURS]
        raise UsageError(
            f"{found.source} holds {there.what}, which is no encoder or classifier of images",
            fix=f"Use the adapter {' or '.join(others)}"
            if others
            else "Give a checkpoint such as a ViT, DINOv2, CLIP, SigLIP, ConvNeXt or Swin",
        )
    if found.path is not None and not any(_prepares(found, name) for name in PROCESSORS):
        raise UsageError(
            f"{found.source} holds no {PROCESSORS[0]}, so how images are prepared is not declared",
            fix="Save it there: AutoImageProcessor.from_pretrained(BASE).save_pretrained(FOLDER)",
        )


def _prepares(found: Checkpoint, name: str) -> bool:
    if not has_file(found, name):
        return False
    return name == PROCESSORS[0] or "image_processor" in read_object(found, name)


def check_classifier(found: Checkpoint, config: Mapping[str, Any]) -> None:
    """Raise :class:`UsageError` for an image model whose architecture has no classifier."""
    kind = architecture(config)
    if kind and not kind.endswith(IMAGE_CLASSIFIERS):
        raise UsageError(
            f"{found.source} holds a {kind}, which has no classifier",
            fix="Use it as image-embedder",
        )


def check_weights_there(found: Checkpoint, options: Mapping[str, Any]) -> None:
    """Raise :class:`UsageError` for a folder without weights, or with a door that is not open."""
    folder = found.path
    if folder is None:
        return
    check_doors(found, options)
    if not any(any(folder.glob(ending)) for ending in ("*.safetensors*", "*.bin", "*.pt*")):
        raise UsageError(
            f"{folder} holds no weights (such as model.safetensors)",
            fix="Save them beside the configuration: model.save_pretrained(FOLDER)",
        )


def architecture(config: Mapping[str, Any]) -> str:
    """The first architecture that is declared, or ``""``."""
    named = config.get("architectures")
    return str(named[0])[:80] if isinstance(named, list) and named else ""
