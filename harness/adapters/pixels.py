"""``pixels``: the grey pixels of a small picture as its embedding, the control row of recognition.

It knows light and no more: a model that it beats has learned nothing that is worth a checkpoint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.errors import UsageError
from harness.tasks.grey import SIZE, centred, checked_size, grey_levels

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats

ARITHMETIC = "1"
"""Raised with every change that may move a number."""


class PixelEmbedder:
    """Embeds each image by itself."""

    def __init__(self, size: int) -> None:
        self._size = size

    def embed_images(self, images: Sequence[Image]) -> Floats:
        """float32 of shape (len(images), size * size)."""
        return centred(grey_levels(images, self._size))


def _identify(checkpoint: str, options: Mapping[str, Any]) -> ModelIdentity:
    if checkpoint:
        raise UsageError(f"adapter 'pixels' has no checkpoint {checkpoint!r}", fix="Type: pixels")
    size = checked_size(options.get("size", SIZE))
    digest = hashlib.sha256(f"pixels {ARITHMETIC} {size}".encode()).hexdigest()
    details = {"arithmetic": ARITHMETIC, "size": size}
    return ModelIdentity(f"grey pixels {size} x {size}", digest, details=details)


def _load(checkpoint: str, *, device: str, dtype: str, **options: Any) -> PixelEmbedder:
    return PixelEmbedder(checked_size(options["size"]))


ADAPTER = Adapter(
    name="pixels",
    summary="grey pixels of the resized image: the control row of image embeddings",
    checkpoint="",
    capabilities=lambda checkpoint: frozenset({"embed_images"}),
    identify=_identify,
    load=_load,
    options={"size": Option(int, SIZE, "side of the square that each image is resized to")},
    packages=("PIL",),
    extra="images",
    devices=("cpu",),
)
