"""``piqe``: blind quality of a photograph from its distorted blocks; nothing is trained.

Lower is better. Scores lie from 0 to 100, and 100 is also the score of a picture without any
active block, such as a plain colour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.base import ModelIdentity
from harness.adapters.support.image_settings import image_settings
from harness.adapters.support.methods import method_adapter, sha256_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats
    from harness.strict_json import Json

ARITHMETIC = "1"
"""Raised with every change that may move a score."""


class Piqe:
    """Scores each image by itself, in float64. ``resolved`` says what is done to an image."""

    def __init__(self) -> None:
        self.resolved: Mapping[str, Json] = image_settings(
            size="as it is, mirrored below and right to a multiple of 16",
            crop="none",
            resampling="none",
            colour="grey, ITU-R BT.601 in whole numbers, its lightest value made 255",
        )

    def score_images(self, images: Sequence[Image]) -> Floats:
        """One score per RGB image, of any size."""
        import numpy as np

        from harness.adapters.piqe.blocks import piqe_score

        return np.array([piqe_score(np.asarray(image)) for image in images], dtype=np.float32)


def _identify(options: Mapping[str, Any]) -> ModelIdentity:
    return ModelIdentity(
        "PIQE",
        sha256_of(f"piqe {ARITHMETIC}"),
        details={"arithmetic": ARITHMETIC},
        direction="lower",
    )


ADAPTER = method_adapter(
    "piqe",
    "PIQE, block distortion without training (lower is better)",
    "score_images",
    identify=_identify,
    make=Piqe,
    packages=("scipy", "PIL"),
    extra="images",
)
