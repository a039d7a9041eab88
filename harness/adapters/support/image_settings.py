"""What an adapter does to an image before a model sees it, in words for the record.

The five names here are the only ones, whoever prepares an image: the harness, an image processor
of transformers, timm, open_clip, dlib, or a metric's own code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from harness.strict_json import Json
from harness.tasks.images import RULE

AS_IT_IS, NONE = "as it is", "none"


def image_settings(*, size: str, crop: str, resampling: str, colour: str) -> dict[str, Json]:
    """The settings that a model tells in its ``resolved``, each a short phrase.

    ``size`` is what an image is resized to, before it is cropped; ``resampling`` the filter and
    what it does at borders; ``colour`` the channels and their range. What was done before, in
    decoding, is added.
    """
    return {
        "image_size": size,
        "image_crop": crop,
        "image_resampling": resampling,
        "image_colour": colour,
        "image_decoding": RULE,
    }


def processor_told(name: str, settings: Mapping[str, Any]) -> dict[str, Json]:
    """Who prepares an image where it is a library, and its settings as the library has them."""
    return {
        "image_processor": name,
        "image_processor_settings": json.dumps(settings, sort_keys=True, default=str),
    }


def sides(height: int, width: int) -> str:
    """A size of two sides."""
    return f"{height} x {width} (height x width)"


def shorter_side(length: int) -> str:
    """A size in proportion."""
    return f"shorter side {length}"


def centre(height: int, width: int) -> str:
    """A crop around the centre."""
    return f"centre of {sides(height, width)}"


def fitted(way: str, height: int, width: int) -> str:
    """A size as timm and open_clip have it: ``shortest``, ``longest`` or ``squash``.

    The shortest side is made to cover the two given ones, the longest to lie inside them, or both
    become what is given, whatever the proportion.
    """
    if way == "longest":
        return f"inside {sides(height, width)}, filled up"
    if way == "squash":
        return sides(height, width)
    return shorter_side(height) if height == width else f"covering {sides(height, width)}"


def rgb(
    *,
    factor: float | None = None,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
) -> str:
    """Three colours, what their 0..255 are multiplied by, and then made less and divided by."""
    words = ["RGB"]
    if factor is not None:
        words.append(f"times {factor}")
    if mean is not None:
        words.append(f"less {_three(mean)}, over {_three(std)}")
    return ", ".join(words)


def _three(values: Any) -> str:
    return str(values) if isinstance(values, int | float | str) else " ".join(map(str, values))
