"""``piqe``: blind quality of a photograph from its distorted blocks; nothing is trained.

Lower is better. Scores lie from 0 to 100, and 100 is also the score of a picture without any
active block, such as a plain colour.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Adapter, ModelIdentity
from harness.errors import UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats

ARITHMETIC = "1"
"""Raised with every change that may move a score."""


class Piqe:
    """Scores each image by itself, in float64."""

    def score_images(self, images: Sequence[Image]) -> Floats:
        """One score per RGB image, of any size."""
        import numpy as np

        from harness.adapters.piqe.blocks import piqe_score

        return np.array([piqe_score(np.asarray(image)) for image in images], dtype=np.float32)


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    if checkpoint:
        raise UsageError(f"adapter 'piqe' has no checkpoint {checkpoint!r}", fix="Type: piqe")
    digest = hashlib.sha256(f"piqe {ARITHMETIC}".encode()).hexdigest()
    return ModelIdentity("PIQE", digest, details={"arithmetic": ARITHMETIC}, direction="lower")


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> Piqe:
    return Piqe()


ADAPTER = Adapter(
    name="piqe",
    summary="PIQE, block distortion without training (lower is better)",
    checkpoint="",
    capabilities=lambda checkpoint: frozenset({"score_images"}),
    identify=_identify,
    load=_load,
    packages=("scipy", "PIL"),
    extra="images",
    devices=("cpu",),
)
