"""A reranker that scores pairs. Try it:

marginbench check-adapter THIS_FILE
marginbench evaluate --model python:THIS_FILE --task reranking/code-search/networkx
"""

from __future__ import annotations


def score_pairs(pairs: list[tuple[str, str]]) -> list[float]:
    """One number for each (query, document), in order; higher is more relevant.

    It is called many times, with pairs of similar length from any queries. Give raw scores (a
    network's logits in float32): what squashes them, such as a sigmoid, ties the best ones.
    """
    # Put your model here: scores = model.predict(pairs), and return one number for each pair.
    return [overlap(query, document) for query, document in pairs]


def overlap(query: str, document: str) -> float:
    """Share of the query's words that stand in the document."""
    wanted = set(query.lower().split())
    found = wanted & set(document.lower().split())
    return len(found) / max(len(wanted), 1)
