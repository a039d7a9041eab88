"""What an adapter does to an image before it scores it, in words for the record."""

from __future__ import annotations

from harness.strict_json import Json
from harness.tasks.images import RULE


def image_settings(*, size: str, crop: str, resampling: str, colour: str) -> dict[str, Json]:
    """The settings that a model tells in its ``resolved``, each a short phrase.

    ``size`` is that of what is scored, ``resampling`` the filter and what it does at borders,
    ``colour`` the channels and their range. What was done before, in decoding, is added.
    """
    return {
        "image_size": size,
        "image_crop": crop,
        "image_resampling": resampling,
        "image_colour": colour,
        "image_decoding": RULE,
    }
