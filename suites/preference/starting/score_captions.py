"""A model that says how well a caption fits a picture. Try it:

marginbench check-adapter THIS_FILE
marginbench evaluate --model python:THIS_FILE --task preference/image-text --data FOLDER
"""

from __future__ import annotations

from typing import Any


def score_captions(texts: list[Any]) -> list[float]:
    """One number for each text, in order, higher for a better fit.

    A text is the caption; its picture is text.image, of PIL (RGB, 8 bits), decoded at each call.
    Texts of one picture have an equal text.picture, by which one may keep what was made of it.
    """
    # Put your model here.
    return [redness(text.image) * text.count("red") + len(text) / 1000 for text in texts]


def redness(image: Any) -> float:
    """The share of red in all colours of a picture."""
    red, green, blue = (sum(i * n for i, n in enumerate(band.histogram()))
                        for band in image.split())  # fmt: skip
    return float(red / max(red + green + blue, 1))
