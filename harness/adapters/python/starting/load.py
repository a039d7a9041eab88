"""A model with weights and options: load() is called once, and what it returns is the model.

marginbench check-adapter THIS_FILE --option weight=2
marginbench evaluate --model python:THIS_FILE --task reranking/code-search/networkx
"""

from __future__ import annotations

from typing import Any


class Reranker:
    """Any object with one of the methods: score_pairs, rank, embed_texts, score_texts,
    score_images, embed_images, classify_texts, classify_images (the last two with `labels`)."""

    def __init__(self, weight: float, device: str) -> None:
        # Load your weights here, onto `device`: "cpu", "cuda" or "cuda:0".
        self.weight = weight
        self.device = device
        # What is settled at load and is worth knowing; it goes into the record.
        self.resolved: dict[str, Any] = {"weight": weight}

    def score_pairs(self, pairs: list[tuple[str, str]]) -> list[float]:
        """One number for each (query, document), in order; higher is more relevant."""
        return [self.overlap(query, document) for query, document in pairs]

    def count_tokens(self, pairs: list[tuple[str, str]]) -> list[int]:
        """Lengths, so that batches stay under a budget of tokens. Leave it out if you like."""
        return [len(query.split()) + len(document.split()) for query, document in pairs]

    def overlap(self, query: str, document: str) -> float:
        """Share of the query's words that stand in the document."""
        wanted = set(query.lower().split())
        found = wanted & set(document.lower().split())
        return self.weight * len(found) / max(len(wanted), 1)


def load(device: str = "cpu", *, weight: float = 1.0) -> Reranker:
    """`--option weight=2` comes as weight=2. Add a parameter `dtype` to be given --dtype."""
    return Reranker(weight, device)
