"""A reranker that puts whole lists in order. Try it:

marginbench check-adapter THIS_FILE
marginbench evaluate --model python:THIS_FILE --task reranking/code-search/networkx
"""

from __future__ import annotations


def rank(query: str, documents: list[str]) -> list[int]:
    """Every index of ``documents`` exactly once, the best first.

    It is called once for each query with all of its candidates, in the order of the first stage.
    An index that is missing, or there twice, is an error that names the query.
    """
    # Put your model here. Where it leaves documents out, append them in the order they came in.
    wanted = set(query.lower().split())
    common = [len(wanted & set(text.lower().split())) for text in documents]
    return sorted(range(len(documents)), key=lambda index: -common[index])
