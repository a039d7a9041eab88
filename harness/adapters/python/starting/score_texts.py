"""A detector of machine-made text. Try it:

marginbench check-adapter THIS_FILE
marginbench evaluate --model python:THIS_FILE --task detection/embedded
"""

from __future__ import annotations

# Write "lower" where a lower score means more likely machine-made; it goes into the record.
DIRECTION = "higher"


def score_texts(texts: list[str]) -> list[float]:
    """One number for each text, in order; higher is more likely machine-made.

    Any number will do, not only one between 0 and 1: thresholds are found by the harness.
    """
    # Put your model here. An empty text needs a number, too.
    return [regularity(text) for text in texts]


def regularity(text: str) -> float:
    """Commas and full stops for each word."""
    signs = text.count(",") + text.count(".")
    return signs / max(len(text.split()), 1)
