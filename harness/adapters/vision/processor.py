"""The image processor that a checkpoint of transformers comes with, with the options over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.support.checkpoints import Checkpoint
from harness.adapters.support.hf_images import (
    declared_settings,
    load_image_processor,
    processor_settings,
)
from harness.adapters.support.image_preparation import checked_size, resampling_number
from harness.errors import InvalidError, UsageError
from harness.strict_json import Json

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats


class Processor:
    """An image processor with the options over it. ``described`` is what it does.

    ``resized`` tells whether the size is an option's, to which a network was not made.
    """

    def __init__(self, processor: Any, options: Mapping[str, Any]) -> None:
        import transformers

        self._processor = processor
        self._over = _overriding(declared_settings(processor), options)
        self.resized = "size" in self._over
        self.described: Mapping[str, Json] = {
            **processor_settings(processor, self._over),
            "transformers": transformers.__version__,
        }

    def pixels(self, images: Sequence[Image]) -> list[Floats]:
        """Each image by itself: float32 of shape (channels, height, width).

        Raises :class:`InvalidError` for a processor that makes anything else of an image.
        """
        return [self._one(image) for image in images]

    def _one(self, image: Image) -> Floats:
        import numpy as np

        made = self._processor(images=[image.convert("RGB")], return_tensors="np", **self._over)
        found = np.asarray(made["pixel_values"], dtype=np.float32)
        if found.ndim != 4 or len(found) != 1:
            name = type(self._processor).__name__
            raise InvalidError(
                f"{name} makes numbers of shape {tuple(found.shape)} of one image, and "
                "(1, channels, height, width) is known"
            )
        pixels: Floats = found[0]
        return pixels


def load_processor(found: Checkpoint, options: Mapping[str, Any]) -> Processor:
    """The image processor of a checkpoint.

    Raises :class:`UsageError` for one that cannot be had, and for options that cannot be.
    """
    checked_size(options)
    if options.get("resample"):
        resampling_number(options["resample"])
    return Processor(load_image_processor(found, options), options)


def _overriding(declared: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a call: a square of ``size``, cut out of as much more as without it."""
    over: dict[str, Any] = {}
    if options.get("resample"):
        over["resample"] = resampling_number(options["resample"])
    side = checked_size(options)
    if not side:
        return over
    size = declared.get("size")
    cropped = declared.get("crop_size") if declared.get("do_center_crop") else None
    if not declared.get("do_resize", True) or not isinstance(size, dict):
        raise UsageError(
            "the checkpoint's image processor does not resize", fix="Leave out --option size"
        )
    square = {"height": side, "width": side}
    shorter = size.get("shortest_edge")
    if not isinstance(cropped, dict):
        return over | {"size": {"shortest_edge": side} if shorter else square}
    over["crop_size"] = square
    before = shorter or min(size["height"], size["width"])
    larger = round(side * before / min(cropped["height"], cropped["width"]))
    return over | {
        "size": {"shortest_edge": larger} if shorter else {"height": larger, "width": larger}
    }
