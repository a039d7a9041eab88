"""Queries and documents encoded apart, each text once for the pairs that come together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from harness.adapters.support.torch import UNLIMITED

KEPT = 512
"""Texts of each side whose vectors wait for the next pair; the same document is often next."""

Pair = tuple[str, str]
Encode = Callable[[list[str]], Sequence[Any]]


class Sides:
    """Encodes both sides of pairs. ``encode`` answers one tensor per text, any of its own shape."""

    def __init__(self, tokenizer: Any, *, query: Encode, document: Encode, limit: int) -> None:
        self._tokenizer = tokenizer
        self._encode = (query, document)
        self._kept: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
        self._limit = limit

    def of(self, pairs: Sequence[Pair]) -> tuple[list[Any], list[Any]]:
        """What each query and each document is, in the order of the pairs."""
        return (
            self._side(0, [query for query, _ in pairs]),
            self._side(1, [document for _, document in pairs]),
        )

    def _side(self, side: int, texts: Sequence[str]) -> list[Any]:
        kept = self._kept[side]
        missing = [text for text in dict.fromkeys(texts) if text not in kept]
        if missing:
            kept.update(zip(missing, self._encode[side](missing), strict=True))
        found = [kept[text] for text in texts]
        for text in list(kept)[: max(0, len(kept) - KEPT)]:
            del kept[text]
        return found

    def count_tokens(self, pairs: Sequence[Pair]) -> list[int]:
        """Tokens of each pair, prompts left out; documents cut to the limit."""
        texts = list(dict.fromkeys(text for pair in pairs for text in pair))
        if not texts:
            return []
        limits = (self._limit, int(self._tokenizer.model_max_length))
        most = min(n for n in (*limits, UNLIMITED) if n)
        rows = self._tokenizer(texts, truncation=True, max_length=most)["input_ids"]
        lengths = {text: len(row) for text, row in zip(texts, rows, strict=True)}
        return [lengths[query] + lengths[document] for query, document in pairs]
