"""A language model by how likely it finds an answer. Try it:

marginbench check-adapter THIS_FILE
marginbench evaluate --model python:THIS_FILE --task preference/likelihoods --data PAIRS.jsonl
"""

from __future__ import annotations

import math


def answer_likelihoods(texts: list[str]) -> list[tuple[float, int]]:
    """Two numbers for each text, in order: the sum of the log-probabilities (natural logarithm) of
    its tokens behind its prompt, and how many tokens these are, one at least.

    A text is the answer; what it follows is text.prompt, which may be empty.
    """
    # Put your model here.
    return [letters(text) for text in texts]


def letters(text: str) -> tuple[float, int]:
    """As if each of 27 signs were as likely as any other."""
    count = max(len(text), 1)
    return -count * math.log(27), count
