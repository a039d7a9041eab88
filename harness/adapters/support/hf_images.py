"""Image processors of transformers: which of their two makings is taken, and what one does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.adapters.support.image_preparation import RESAMPLINGS
from harness.adapters.support.image_settings import image_settings
from harness.strict_json import Json


def processor_arguments() -> dict[str, Any]:
    """What ``from_pretrained`` is told, so that Pillow resizes wherever it can.

    Resizing by torchvision gives other pixels, and would make scores depend on what is installed.
    """
    import transformers

    major = int(transformers.__version__.partition(".")[0])
    return {"backend": "pil"} if major >= 5 else {"use_fast": False}


def processor_settings(processor: Any, *, original: bool = False) -> dict[str, Json]:
    """What an image processor does to an image, for the record.

    ``original``: it is told neither to resize nor to crop.
    """
    declared: Mapping[str, Any] = processor.to_dict()
    resizes = bool(declared.get("do_resize", False)) and not original
    crops = bool(declared.get("do_center_crop", False)) and not original
    return {
        **image_settings(
            size=_size(declared) if resizes else "as it is",
            crop=f"centre of {_sides(declared.get('crop_size'))}" if crops else "none",
            resampling=_filter(declared.get("resample")) if resizes else "none",
            colour=_colour(declared),
        ),
        "image_processor": type(processor).__name__,
        "image_processor_settings": json.dumps(declared, sort_keys=True, default=str),
    }


def _size(declared: Mapping[str, Any]) -> str:
    if "merge_size" in declared:  # Qwen-VL and its kin: what others call edges are areas there
        named = declared.get("size") or {}
        least = declared.get("min_pixels") or named.get("shortest_edge")
        most = declared.get("max_pixels") or named.get("longest_edge")
        step = declared["merge_size"] * declared.get("patch_size", 1)
        return f"{least} to {most} pixels, sides multiples of {step}"
    tiles = ", cut into tiles" if declared.get("do_image_splitting") else ""
    return _sides(declared.get("size")) + tiles


def _sides(size: Any) -> str:
    if isinstance(size, int):
        return f"{size} x {size} (height x width)"
    if not isinstance(size, Mapping):
        return "the model's own"
    given = {name: value for name, value in size.items() if value is not None}
    if set(given) == {"height", "width"}:
        return f"{given['height']} x {given['width']} (height x width)"
    names = {"shortest_edge": "shorter side", "longest_edge": "longer side"}
    return ", ".join(f"{names.get(name, name)} {value}" for name, value in given.items())


def _filter(number: Any) -> str:
    known = isinstance(number, int) and 0 <= number < len(RESAMPLINGS)
    return RESAMPLINGS[number] if known else "the processor's own"


def _colour(declared: Mapping[str, Any]) -> str:
    words = ["RGB"]
    if declared.get("do_rescale"):
        words.append(f"times {declared.get('rescale_factor')}")
    if declared.get("do_normalize"):
        mean, deviation = (_three(declared.get(name)) for name in ("image_mean", "image_std"))
        words.append(f"less {mean}, over {deviation}")
    return ", ".join(words)


def _three(values: Any) -> str:
    return " ".join(map(str, values)) if isinstance(values, list | tuple) else str(values)
