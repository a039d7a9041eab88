"""Pictures as small squares of grey levels, the input of every pixel baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from harness.capabilities import Floats


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
