"""``pixels``: the grey pixels of a small picture as its embedding, the control row of recognition.

It knows light and no more: a model that it beats has learned nothing that is worth a checkpoint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Adapter, ModelIdentity, Option
from harness.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from harness.capabilities import Floats

ARITHMETIC = "1"
"""Raised with every change that may move a number."""

SIZE = 32
LARGEST = 512
"""Default side of the square that every image is resized to, and the largest that is taken."""


def checked_size(size: int) -> int:
    """The side. Raises :class:`UsageError` when it is outside 2 to :data:`LARGEST`."""
    if not 2 <= size <= LARGEST:
        raise UsageError(f"size {size} is outside 2..{LARGEST}")
    return size


def grey_levels(images: Sequence[Image], size: int) -> NDArray[np.uint8]:
    """Grey values (ITU-R BT.601) of each image resized to ``size`` x ``size``, row by row.

    The shape is (len(images), size * size). The filter is Pillow's antialiased bilinear one.
    """
    import numpy as np
    from PIL import Image

    levels = np.empty((len(images), size * size), dtype=np.uint8)
    for row, image in enumerate(images):
        small = image.convert("L").resize((size, size), Image.Resampling.BILINEAR)
        levels[row] = np.asarray(small).reshape(-1)
    return levels


def centred(levels: NDArray[np.uint8]) -> Floats:
    """Grey values from 0 to 1, the mean of each image removed; a plain colour becomes zeros."""
    import numpy as np

    grey = levels.astype(np.float64) / 255
    rows: Floats = (grey - grey.mean(axis=1, keepdims=True)).astype(np.float32)
    # What rounding leaves of a plain colour would have a direction of its own.
    rows[levels.min(axis=1) == levels.max(axis=1)] = 0
    return rows


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
