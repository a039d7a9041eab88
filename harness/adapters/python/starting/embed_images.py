"""An image embedder; pictures of one class should lie near each other. Try it:

marginbench check-adapter THIS_FILE
marginbench evaluate --model python:THIS_FILE --task consistency/faces
"""

from __future__ import annotations

from typing import Any

import numpy as np

SIDE = 16


def embed_images(images: list[Any]) -> list[list[float]]:
    """One vector for each image, in order, all of one length; only its direction counts.

    Images are PIL pictures in RGB of any size: resize and crop them here, as the model needs.
    """
    # Put your model here: return model(batch).detach().float().cpu().numpy()
    return [pixels(image) for image in images]


def pixels(image: Any) -> list[float]:
    """Grey pixels of a small copy, and a little more, as zeros have no direction."""
    grey = np.asarray(image.convert("L").resize((SIDE, SIDE)), dtype=np.float32)
    return [float(value) + 1.0 for value in grey.reshape(-1)]
