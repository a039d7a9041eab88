"""``laplacian``: the variance of the Laplacian, a control row that knows sharpness and no more.

It calls noise quality. A task that it wins measures sharpness; a model that it beats has failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.adapters.base import ModelIdentity
from harness.adapters.support.image_settings import image_settings
from harness.adapters.support.methods import method_adapter, sha256_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from harness.capabilities import Floats
    from harness.strict_json import Json

ARITHMETIC = "1"
"""Raised with every change that may move a score."""

_ROWS = 256
"""Rows taken together: of a large picture nothing but its Laplacian is there as floats at once."""

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def laplacian_variance(pixels: NDArray[np.uint8]) -> float:
    """Variance of the four-neighbour Laplacian of the grey values, 0 to 255, of RGB pixels.

    The border repeats, so that every size has a value; that of a plain colour is 0.
    """
    import numpy as np

    height = len(pixels)
    found = np.empty(pixels.shape[:2])
    for first in range(0, height, _ROWS):
        last = min(first + _ROWS, height)
        above, below = min(first, 1), min(height - last, 1)
        part = _laplacian(pixels[first - above : last + below])
        found[first:last] = part[above : above + last - first]
    # What ``var`` does, in place: copies of eighty million numbers would add up.
    found -= found.mean()
    np.square(found, out=found)
    return float(found.mean())


def _laplacian(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    import numpy as np

    # Rounded, because what float sums leave of equal pixels would rank plain pictures.
    grey = np.rint(pixels @ np.array(_LUMA))
    wide = np.pad(grey, 1, mode="edge")
    around: NDArray[np.float64] = (
        wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]
    )
    around -= 4 * grey
    return around


class Laplacian:
    """Scores each image by itself, in float64. ``resolved`` says what is done to an image."""

    def __init__(self) -> None:
        self.resolved: Mapping[str, Json] = image_settings(
            size="as it is",
            crop="none",
            resampling="none",
            colour="grey, ITU-R BT.601 in whole numbers 0..255",
        )

    def score_images(self, images: Sequence[Image]) -> Floats:
        """One score per RGB image, of any size."""
        import numpy as np

        scores = [laplacian_variance(np.asarray(image)) for image in images]
        return np.array(scores, dtype=np.float32)


def _identify(options: Mapping[str, Any]) -> ModelIdentity:
    return ModelIdentity(
        "Laplacian variance",
        sha256_of(f"laplacian {ARITHMETIC}"),
        details={"arithmetic": ARITHMETIC},
    )


ADAPTER = method_adapter(
    "laplacian",
    "variance of the Laplacian: the control row of image quality",
    "score_images",
    identify=_identify,
    make=Laplacian,
    packages=("PIL",),
    extra="images",
)
