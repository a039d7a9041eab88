"""What the reference server answers with: scorers that anybody can run again beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np


class Scorer(Protocol):
    """Raw scores of documents, and vectors of texts."""

    def score(self, query: str, documents: Sequence[str]) -> list[float]: ...

    def embed(self, texts: Sequence[str], kind: str) -> list[list[float]]: ...


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


class Overlap:
    """Shared words; a score like a logit, far outside 0 to 1."""

    def score(self, query: str, documents: Sequence[str]) -> list[float]:
        wanted = set(words(query))
        return [self._one(wanted, words(document)) for document in documents]

    @staticmethod
    def _one(wanted: set[str], found: list[str]) -> float:
        return 4.0 * len(wanted & set(found)) - 3.0 - 0.001 * len(found)

    def embed(self, texts: Sequence[str], kind: str) -> list[list[float]]:
        """Counts of words in 64 bins, float32; never a zero vector."""
        return [self._counts(text) for text in texts]

    @staticmethod
    def _counts(text: str) -> list[float]:
        bins = np.full(64, 0.125, dtype=np.float32)
        for word in words(text):
            bins[sum(map(ord, word)) % 64] += 1
        return [float(one) for one in bins]


class MiniLM:
    """The embedded encoder of the extra ``quickstart``: ten times the cosine."""

    def __init__(self) -> None:
        from harness.adapters.onnx.adapter import ADAPTER

        options = {name: option.default for name, option in ADAPTER.options.items()}
        self.model = ADAPTER.load(
            "all-minilm-l6-v2-int8", device="cpu", dtype="float32", **{**options, "threads": 1}
        )

    def embed(self, texts: Sequence[str], kind: str) -> list[list[float]]:
        return [[float(one) for one in self._vector(text, kind)] for text in texts]

    def _vector(self, text: str, kind: str) -> Any:
        # One by one: what a text gets then depends on no other text of its batch.
        return np.asarray(self.model.embed_texts([text], kind=kind), dtype=np.float32)[0]

    def score(self, query: str, documents: Sequence[str]) -> list[float]:
        own = self._vector(query, "query")
        return [10 * float(self._vector(text, "document") @ own) for text in documents]


SCORERS = {"overlap": Overlap, "minilm": MiniLM}


@cache
def scorer(name: str) -> Scorer:
    return SCORERS[name]()
