"""How images become numbers for a model of transformers: by the image processor it comes with.

Its form in Pillow and NumPy is taken where there are two, whether torchvision is installed or not:
torchvision rounds otherwise when it resizes, and a score would depend on what else is installed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.support.checkpoints import Checkpoint
from harness.adapters.support.image_preparation import (
    RESAMPLINGS,
    checked_size,
    resampling_number,
)
from harness.adapters.support.torch import load_errors
from harness.errors import InvalidError, UsageError
from harness.strict_json import Json

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats

TOLD = ("do_resize", "size", "resample", "do_center_crop", "crop_size", "crop_pct", "do_rescale",
        "rescale_factor", "do_normalize", "image_mean", "image_std", "do_pad",
        "pad_size")  # fmt: skip
"""Settings of an image processor that a record tells."""


class Processor:
    """An image processor with the options over it. ``described`` is what it does.

    ``resized`` tells whether the size is an option's, to which a network was not made.
    """

    def __init__(self, processor: Any, options: Mapping[str, Any]) -> None:
        import transformers

        self._processor = processor
        settings = processor.to_dict()
        self._over = _overriding(settings, options)
        self.resized = "size" in self._over
        told = {name: _plain(v) for name, v in (settings | self._over).items() if name in TOLD}
        number = told.get("resample")
        if isinstance(number, int) and 0 <= number < len(RESAMPLINGS):
            told["resample"] = RESAMPLINGS[number]
        self.described: Mapping[str, Json] = {
            "colour": "RGB",
            **told,
            "image_processor": type(processor).__name__,
            "image_backend": _backend(processor),
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
    import transformers

    newer = int(transformers.__version__.split(".")[0]) >= 5
    with load_errors(found):
        processor = transformers.AutoImageProcessor.from_pretrained(
            found.source,
            revision=found.revision,
            trust_remote_code=options.get("trust_remote_code", False),
            **({"backend": "pil"} if newer else {"use_fast": False}),
        )
    return Processor(processor, options)


def _overriding(settings: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a call: a square of ``size``, cut out of as much more as without it."""
    over: dict[str, Any] = {}
    if options.get("resample"):
        over["resample"] = resampling_number(options["resample"])
    side = checked_size(options)
    if not side:
        return over
    declared = _plain(settings.get("size"))
    cropped = _plain(settings.get("crop_size")) if settings.get("do_center_crop") else None
    if not settings.get("do_resize", True) or not isinstance(declared, dict):
        raise UsageError(
            "the checkpoint's image processor does not resize", fix="Leave out --option size"
        )
    square = {"height": side, "width": side}
    shorter = declared.get("shortest_edge")
    if not isinstance(cropped, dict):
        return over | {"size": {"shortest_edge": side} if shorter else square}
    over["crop_size"] = square
    before = shorter or min(declared["height"], declared["width"])
    larger = round(side * before / min(cropped["height"], cropped["width"]))
    return over | {
        "size": {"shortest_edge": larger} if shorter else {"height": larger, "width": larger}
    }


def _backend(processor: Any) -> str:
    """``pil`` or ``torchvision``: the older form says whether it is fast."""
    fast = "torchvision" if getattr(processor, "is_fast", False) else "pil"
    return str(getattr(processor, "backend", fast))


def _plain(value: Any) -> Any:
    """A setting as JSON has it."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value
