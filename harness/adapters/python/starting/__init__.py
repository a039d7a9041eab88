"""Files to start an adapter of one's own from: each runs as it is, and is copied as it is."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent

KINDS = (
    *("score_pairs", "rank", "embed_texts", "score_texts", "classify_texts"),
    *("embed_images", "classify_images", "score_images", "judge_texts", "answer_likelihoods"),
    "load",
)
"""Capabilities with a starting file of their own, and ``load``: a factory with weights."""


def starting_file(kind: str) -> str:
    """The text of the starting file of a kind."""
    return (HERE / f"{kind}.py").read_text(encoding="utf-8")
