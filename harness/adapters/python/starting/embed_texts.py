"""A text embedder; relevance is the cosine of query and document. Try it:

marginbench check-adapter THIS_FILE
marginbench evaluate --model python:THIS_FILE --task reranking/code-search/networkx
"""

from __future__ import annotations

import hashlib

SIZE = 256


def embed_texts(texts: list[str], *, kind: str) -> list[list[float]]:
    """One vector for each text, in order, all of one length; only its direction counts.

    ``kind`` is "query" or "document": put the prompt of each before its texts here. Leave the
    argument out where it makes no difference. Every distinct text is embedded once.
    """
    # Put your model here: return model.encode([PROMPTS[kind] + text for text in texts]).
    return [counted(text) for text in texts]


def counted(text: str) -> list[float]:
    """How often words of each of so many boxes stand in a text."""
    vector = [0.0] * SIZE
    for word in text.lower().split():
        box = hashlib.md5(word.encode()).digest()[0]
        vector[box % SIZE] += 1.0
    vector[0] += 1e-6  # a vector of zeros has no direction
    return vector
