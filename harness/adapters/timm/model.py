"""Images through a timm model.

An image is resized, cropped and normalised as the checkpoint's own configuration says. Embeddings
are the features that the model's head would see. The names of a classifier's classes are given
(option ``labels``) or stand in the checkpoint (``label_names``); they are never guessed.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.base import ModelIdentity
from harness.adapters.support.doors.weights import restricted_pickles
from harness.adapters.support.image_bounds import check_deviations, check_share, check_sides
from harness.adapters.support.image_preparation import checked_size, resampling_number
from harness.adapters.support.image_settings import (
    centre,
    fitted,
    image_settings,
    processor_told,
    rgb,
)
from harness.adapters.support.label_file import check_count, digest_label_file, read_label_file
from harness.adapters.support.torch import check_device, torch_dtype
from harness.adapters.timm.checkpoint import SEED, TimmCheckpoint, find
from harness.errors import InvalidError, UsageError
from harness.fingerprint import digest
from harness.memory import is_out_of_memory
from harness.strict_json import Json

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats

PREPARATION = ("input_size", "interpolation", "mean", "std", "crop_pct", "crop_mode")
SAYS = "the checkpoint's configuration (pretrained_cfg)"
WAYS = {"border": "longest", "squash": "squash"}
"""What ``crop_mode`` does before the crop, where it is not ``center``."""


class TimmModel:
    """A timm model in evaluation mode. ``resolved`` holds the settings in force."""

    def __init__(self, model: Any, *, device: str, dtype: str, options: Mapping[str, Any]) -> None:
        import timm
        from timm.data import create_transform

        settings = _settings(model, options)
        self._prepare = create_transform(**settings, is_training=False)
        self._dtype = torch_dtype(dtype)
        self._device = device
        self._model = model.to(device=device, dtype=self._dtype).eval()
        self.resolved: dict[str, Json] = {
            **_described(settings),
            "timm": timm.__version__,
        }

    def forward(self, images: Sequence[Image]) -> Floats:
        """float32 of shape (len(images), outputs). :class:`InvalidError` for another shape."""
        import torch

        pixels = torch.stack([self._prepare(image.convert("RGB")) for image in images])
        flags = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
        with torch.inference_mode(), flags:
            found = self._model(pixels.to(device=self._device, dtype=self._dtype))
        if not isinstance(found, torch.Tensor) or found.ndim != 2:
            shape = tuple(getattr(found, "shape", ()))
            raise InvalidError(f"the model's output has shape {shape}, not one row per image")
        rows: Floats = found.float().cpu().numpy()
        return rows


class TimmEmbedder(TimmModel):
    """Embeds images."""

    def embed_images(self, images: Sequence[Image]) -> Floats:
        """float32 of shape (len(images), dimension)."""
        import numpy as np

        return self.forward(images) if images else np.empty((0, 0), dtype=np.float32)


class TimmClassifier(TimmModel):
    """Classifies images."""

    def __init__(self, model: Any, labels: Sequence[str], **settings: Any) -> None:
        super().__init__(model, **settings)
        self.labels: Sequence[str] = tuple(labels)

    def classify_images(self, images: Sequence[Image]) -> Floats:
        """float32 logits of shape (len(images), len(labels))."""
        import numpy as np

        empty = np.empty((0, len(self.labels)), dtype=np.float32)
        return self.forward(images) if images else empty


def _settings(model: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """How the checkpoint asks for its images, but for what the options say.

    Raises :class:`UsageError` for a network that takes no colours, or no images of that size.
    """
    from timm.data import resolve_model_data_config

    settings: dict[str, Any] = resolve_model_data_config(model)
    channels, height, width = settings["input_size"]
    if channels != 3:
        raise UsageError(f"the model takes {channels} channels, not RGB")
    check_share(SAYS, settings["crop_pct"])
    check_sides(SAYS, height / settings["crop_pct"], width / settings["crop_pct"])
    check_deviations(SAYS, settings["std"])
    size = checked_size(options)
    if size and (size, size) != (height, width):
        _try(model, channels, size)
        settings["input_size"] = (channels, size, size)
    if options.get("resample"):
        resampling_number(options["resample"])
        settings["interpolation"] = options["resample"]
    return settings


def _try(model: Any, channels: int, size: int) -> None:
    """Raise :class:`UsageError` for a network that takes no images of that size."""
    import torch

    try:
        with torch.inference_mode():
            model.eval()(torch.zeros(1, channels, size, size))
    except Exception as error:  # each network tells it in its own way
        if is_out_of_memory(error):
            raise
        text = " ".join(str(error).split())[:200]
        raise UsageError(
            f"the network takes no images of {size} x {size}: {text}", fix="Leave out --option size"
        ) from error


def _described(settings: Mapping[str, Any]) -> dict[str, Json]:
    """What timm's own preparation does to an image, for the record."""
    _, height, width = settings["input_size"]
    # As timm reckons it: the resized image is larger by what the crop leaves out.
    tall, wide = (math.floor(side / settings["crop_pct"]) for side in (height, width))
    return {
        **image_settings(
            size=fitted(WAYS.get(settings["crop_mode"], "shortest"), tall, wide),
            crop=centre(height, width),
            resampling=str(settings["interpolation"]),
            colour=rgb(factor=1 / 255, mean=settings["mean"], std=settings["std"]),
        ),
        **processor_told("timm", {name: settings[name] for name in PREPARATION}),
    }


def create(found: TimmCheckpoint, **settings: Any) -> Any:
    """The model with its weights on the processor; what goes wrong inside timm is one line."""
    import timm
    import torch

    if found.file is not None:
        settings["pretrained_cfg_overlay"] = {
            "source": "", "file": str(found.file), "state_dict": None, "custom_load": False
        }  # fmt: skip
    seeded = contextlib.nullcontext() if found.pretrained else torch.random.fork_rng(devices=[])
    try:
        with seeded, restricted_pickles():
            if not found.pretrained:
                torch.manual_seed(SEED)
            return timm.create_model(found.source, pretrained=found.pretrained, **settings)
    except Exception as error:  # timm, safetensors and the hub's client share no base class
        if is_out_of_memory(error):
            raise
        text = " ".join(str(error).split())
        text = text if len(text) <= 300 else text[:297] + "..."
        raise UsageError(
            f"{found.name} cannot be loaded: {type(error).__name__}: {text}"
        ) from error


def label_names(model: Any, given: str, source: str) -> tuple[str, ...]:
    """The names of a model's outputs: those of the file ``given``, or the checkpoint's own.

    Raises :class:`UsageError` when nobody names them or their number is wrong.
    """
    outputs = int(model.num_classes)
    if not outputs:
        raise UsageError(f"{source} has no classifier", fix="Use it as image-embedder")
    if given:
        labels = read_label_file(given)
        check_count(labels, outputs, given)
        return labels
    named = model.pretrained_cfg.get("label_names")
    if isinstance(named, Mapping):  # from the number of an output to its name
        named = [named.get(code, named.get(str(code))) for code in range(outputs)]
    if not named or None in named:
        raise UsageError(
            f"{source} does not name its {outputs} classes", fix="Name them: --option labels=FILE"
        )
    labels = tuple(map(str, named))
    check_count(labels, outputs, source)
    if len(set(labels)) < outputs:
        raise InvalidError(f"{source} gives one name to several classes")
    return labels


def identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    """Who a checkpoint is; errors as in :func:`~harness.adapters.timm.checkpoint.find`."""
    found = find(checkpoint, options)
    names = digest_label_file(options.get("labels", ""))
    weights = digest([["timm", found.digest, names]]) if names else found.digest
    details = {"labels_sha256": names} if names else {}
    return ModelIdentity(found.name, weights, revision=found.revision, details=details)


def load_embedder(
    checkpoint: str, *, device: str, dtype: str, options: Mapping[str, Any]
) -> TimmEmbedder:
    """A checkpoint as an embedder."""
    check_device(device)
    model = create(find(checkpoint, options), num_classes=0)
    return TimmEmbedder(model, device=device, dtype=dtype, options=options)


def load_classifier(
    checkpoint: str, *, device: str, dtype: str, options: Mapping[str, Any]
) -> TimmClassifier:
    """A checkpoint as a classifier. Raises :class:`UsageError` where nobody names its classes."""
    check_device(device)
    found = find(checkpoint, options)
    model = create(found)
    labels = label_names(model, options.get("labels", ""), found.name)
    return TimmClassifier(model, labels, device=device, dtype=dtype, options=options)
