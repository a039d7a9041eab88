"""``pixels``: the grey pixels of a small picture as its embedding, the control row of recognition.

It knows light and no more: a model that it beats has learned nothing that is worth a checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.base import ModelIdentity, Option
from harness.adapters.support.methods import method_adapter, sha256_of
from harness.tasks.grey import SIZE, centred, checked_size, grey_levels

if TYPE_CHECKING:
    from PIL.Image import Image

    from harness.capabilities import Floats

ARITHMETIC = "1"
"""Raised with every change that may move a number."""


class PixelEmbedder:
    """Embeds each image by itself."""

    def __init__(self, size: int) -> None:
        self._size = checked_size(size)

    def embed_images(self, images: Sequence[Image]) -> Floats:
        """float32 of shape (len(images), size * size)."""
        return centred(grey_levels(images, self._size))


def _identify(options: Mapping[str, Any]) -> ModelIdentity:
    size = checked_size(options.get("size", SIZE))
    return ModelIdentity(
        f"grey pixels {size} x {size}",
        sha256_of(f"pixels {ARITHMETIC} {size}"),
        details={"arithmetic": ARITHMETIC, "size": size},
    )


ADAPTER = method_adapter(
    "pixels",
    "grey pixels of the resized image: the control row of image embeddings",
    "embed_images",
    identify=_identify,
    make=PixelEmbedder,
    options={"size": Option(int, SIZE, "side of the square that each image is resized to")},
    packages=("PIL",),
    extra="images",
)
