"""Image processors of transformers: which of their two makings is taken, and what one does.

Its form in Pillow and NumPy is taken where there are two, whether torchvision is installed or not:
torchvision rounds otherwise when it resizes, and a score would depend on what else is installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.adapters.support.checkpoints import Checkpoint
from harness.adapters.support.image_bounds import check_processor
from harness.adapters.support.image_preparation import RESAMPLINGS
from harness.adapters.support.image_settings import (
    AS_IT_IS,
    NONE,
    centre,
    image_settings,
    processor_told,
    rgb,
    shorter_side,
    sides,
)
from harness.adapters.support.torch import opening
from harness.strict_json import Json

LARGE, USUAL_SHARE = 384, 224 / 256
"""Side from which on ConvNeXt's processor does not crop, and what it leaves below, undeclared."""

_EDGES = {"shortest_edge": "shorter side", "longest_edge": "longer side"}


def processor_arguments() -> dict[str, Any]:
    """What ``from_pretrained`` is told, so that Pillow resizes wherever it can."""
    import transformers

    major = int(transformers.__version__.partition(".")[0])
    return {"backend": "pil"} if major >= 5 else {"use_fast": False}


def load_image_processor(found: Checkpoint, options: Mapping[str, Any]) -> Any:
    """The image processor of a checkpoint; :class:`UsageError` for one that cannot be had, and
    :class:`InvalidError` for one that makes an image too large."""
    from transformers import AutoImageProcessor

    with opening(found, options):
        processor = AutoImageProcessor.from_pretrained(
            found.source,
            revision=found.revision,
            trust_remote_code=options.get("trust_remote_code", False),
            **processor_arguments(),
        )
    check_processor(found.source, processor, declared_settings(processor))
    return processor


def declared_settings(processor: Any) -> dict[str, Any]:
    """The settings of a processor, as JSON has them."""
    return {name: _plain(value) for name, value in processor.to_dict().items()}


def processor_settings(processor: Any, over: Mapping[str, Any] | None = None) -> dict[str, Json]:
    """What an image processor does to an image, for the record.

    ``over`` is what it is told by every call, in place of what it declares.
    """
    told = declared_settings(processor) | dict(over or {})
    resizes, crops = (bool(told.get(name)) for name in ("do_resize", "do_center_crop"))
    size = _size(told) if resizes else AS_IT_IS
    crop = f"centre of {_words(told.get('crop_size'))}" if crops else NONE
    edge = (told.get("size") or {}).get("shortest_edge")
    if resizes and edge and "ConvNext" in type(processor).__name__:
        size, crop = _convnext(int(edge), told.get("crop_pct") or USUAL_SHARE)
    return {
        **image_settings(
            size=size,
            crop=crop,
            resampling=_filter(told.get("resample")) if resizes else NONE,
            colour=rgb(
                factor=told.get("rescale_factor") if told.get("do_rescale") else None,
                **_normalised(told),
            ),
        ),
        **processor_told(type(processor).__name__, told),
        "image_backend": _backend(processor),
    }


def _normalised(told: Mapping[str, Any]) -> dict[str, Any]:
    if not told.get("do_normalize"):
        return {}
    return {"mean": told.get("image_mean"), "std": told.get("image_std")}


def _size(told: Mapping[str, Any]) -> str:
    if "merge_size" in told:  # Qwen-VL and its kin: what others call edges are areas there
        named = told.get("size") or {}
        least = told.get("min_pixels") or named.get("shortest_edge")
        most = told.get("max_pixels") or named.get("longest_edge")
        step = told["merge_size"] * told.get("patch_size", 1)
        return f"{least} to {most} pixels, sides multiples of {step}"
    share = f", crop_pct {told['crop_pct']}" if told.get("crop_pct") else ""
    tiles = ", cut into tiles" if told.get("do_image_splitting") else ""
    return _words(told.get("size")) + share + tiles


def _convnext(side: int, share: float) -> tuple[str, str]:
    """Size and crop of ConvNeXt's processor: one number stands for both, and a crop follows it
    below 384 pixels alone."""
    if side >= LARGE:
        return sides(side, side), NONE
    return shorter_side(int(side / share)), centre(side, side)


def _words(size: Any) -> str:
    if isinstance(size, int):
        return sides(size, size)
    if not isinstance(size, Mapping):
        return "the model's own"
    if set(size) == {"height", "width"}:
        return sides(size["height"], size["width"])
    return ", ".join(f"{_EDGES.get(name, name)} {value}" for name, value in size.items())


def _filter(number: Any) -> str:
    known = isinstance(number, int) and 0 <= number < len(RESAMPLINGS)
    return RESAMPLINGS[number] if known else "the processor's own"


def _backend(processor: Any) -> str:
    """``pil`` or ``torchvision``: the older form says whether it is fast."""
    fast = "torchvision" if getattr(processor, "is_fast", False) else "pil"
    return str(getattr(processor, "backend", fast))


def _plain(value: Any) -> Any:
    """A setting as JSON has it; sides that are not said are left out."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items() if one is not None}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value
