"""An image-quality model. Try it:

marginbench check-adapter THIS_FILE
marginbench evaluate --model python:THIS_FILE --task image-quality/severity
"""

from __future__ import annotations

from typing import Any

import numpy as np

# Write "lower" where a lower score means better quality; it goes into the record.
DIRECTION = "higher"


def score_images(images: list[Any]) -> list[float]:
    """One number for each image, in order; higher is better quality.

    Images are PIL pictures in RGB, as large as they are. The size that a model sees moves its
    figures: resize them here, and see what that does with "marginbench doctor".
    """
    # Put your model here.
    return [sharpness(image) for image in images]


def sharpness(image: Any) -> float:
    """Mean difference of neighbouring grey pixels; a picture of one column has none."""
    grey = np.asarray(image.convert("L"), dtype=np.float32)
    steps = np.abs(np.diff(grey, axis=1))
    return float(steps.mean()) if steps.size else 0.0
