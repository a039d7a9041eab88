"""The image tower of an open_clip checkpoint: ``open_clip_config.json`` beside its weights.

The embedding is what is compared with texts, behind the projection, of the length it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.adapters.base import ModelIdentity
from harness.adapters.support.checkpoints import Checkpoint, resolve
from harness.adapters.support.image_bounds import check_deviations, check_sides
from harness.adapters.support.image_preparation import checked_size, resampling_number
from harness.adapters.support.image_settings import (
    NONE,
    centre,
    fitted,
    image_settings,
    processor_told,
    rgb,
)
from harness.adapters.support.torch import check_device, opening, torch_dtype
from harness.adapters.vision.declared import OPEN_CLIP, check_weights_there
from harness.capabilities import Model
from harness.errors import InvalidError, UsageError
from harness.strict_json import Json

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats

SAYS = f"the checkpoint's configuration ({OPEN_CLIP})"
FILTERS = ("bilinear", "bicubic")
FILES = (OPEN_CLIP, "open_clip_*.safetensors", "open_clip_*.bin", "*.json", "*.txt")


class OpenClipEmbedder:
    """Embeds images. ``resolved`` holds the settings in force."""

    def __init__(self, model: Any, prepare: Any, *, device: str, dtype: str) -> None:
        import open_clip

        self._prepare, self._device, self._dtype = prepare, device, torch_dtype(dtype)
        self._model = model.to(device=device, dtype=self._dtype).eval()
        settings = model.visual.preprocess_cfg
        self.resolved: Mapping[str, Json] = {
            **_described(settings),
            "pooling": "image_embeds",
            "open_clip": open_clip.__version__,
        }

    def embed_images(self, images: Sequence[Image]) -> Floats:
        """float32 of shape (len(images), dimension)."""
        import numpy as np
        import torch

        if not images:
            return np.empty((0, 0), dtype=np.float32)
        pixels = torch.stack([self._prepare(image.convert("RGB")) for image in images])
        flags = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
        with torch.inference_mode(), flags:
            found = self._model.encode_image(pixels.to(device=self._device, dtype=self._dtype))
        if found.ndim != 2:
            raise InvalidError(
                f"the tower's output has shape {tuple(found.shape)}, not one row each"
            )
        rows: Floats = found.float().cpu().numpy()
        return rows


def identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    """Who a checkpoint is: the digest of its folder, or its commit."""
    found = resolve(checkpoint, revision=options.get("revision", ""))
    check_weights_there(found, options)
    return ModelIdentity(found.name, found.digest(), revision=found.revision)


def load_embedder(
    checkpoint: str, *, device: str, dtype: str, options: Mapping[str, Any]
) -> OpenClipEmbedder:
    """A checkpoint as an embedder."""
    check_device(device)
    found = resolve(checkpoint, revision=options.get("revision", ""))
    check_weights_there(found, options)
    over = _over(options)
    import open_clip

    with opening(found, options):
        model, prepare = open_clip.create_model_from_pretrained(
            f"local-dir:{_folder(found)}", **over
        )
    return OpenClipEmbedder(model, prepare, device=device, dtype=dtype)


def load_classifier(
    checkpoint: str, *, device: str, dtype: str, options: Mapping[str, Any]
) -> Model:
    """Nothing: two towers have no classes. Raises :class:`UsageError`."""
    raise UsageError(f"{checkpoint} is of open_clip, which has no classifier",
                     fix="Use it as image-embedder")  # fmt: skip


def _over(options: Mapping[str, Any]) -> dict[str, Any]:
    over: dict[str, Any] = {}
    if checked_size(options):
        over["force_image_size"] = checked_size(options)
    if options.get("resample"):
        resampling_number(options["resample"])
        if options["resample"] not in FILTERS:
            raise UsageError(
                f"open_clip does not resize by {options['resample']}",
                fix=f"Type --option resample={' or resample='.join(FILTERS)}",
            )
        over["image_interpolation"] = options["resample"]
    return over


def _folder(found: Checkpoint) -> Path:
    """The files on this machine; open_clip itself would take whatever commit is newest."""
    if found.path is not None:
        return found.path
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(found.name, revision=found.revision, allow_patterns=list(FILES)))


def _described(settings: Mapping[str, Any]) -> dict[str, Json]:
    """What open_clip's own preparation does to an image, for the record."""
    size = settings["size"]
    height, width = (size, size) if isinstance(size, int) else size
    check_sides(SAYS, height, width)
    check_deviations(SAYS, settings["std"])
    way = settings["resize_mode"]
    return {
        **image_settings(
            size=fitted(way, height, width),
            crop=NONE if way == "squash" else centre(height, width),
            resampling=str(settings["interpolation"]),
            colour=rgb(factor=1 / 255, mean=settings["mean"], std=settings["std"]),
        ),
        **processor_told("open_clip", settings),
    }
