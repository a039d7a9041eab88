"""Files to start an adapter of one's own from: each runs as it is, and is copied as it is."""

from __future__ import annotations

from pathlib import Path

from harness.errors import UsageError
from harness.registry import BROUGHT, brought

HERE = Path(__file__).parent

KINDS = (
    *("score_pairs", "rank", "embed_texts", "score_texts", "classify_texts"),
    *("embed_images", "classify_images", "score_images", *BROUGHT),
    "load",
)
"""Capabilities with a starting file of their own, and ``load``: a factory with weights."""


def starting_file(kind: str) -> str:
    """The text of the starting file of a kind.

    Raises :class:`UsageError` for a capability of somebody else that has none.
    """
    path: Path | None = HERE / f"{kind}.py"
    if kind in brought().names():
        path = brought().get(kind).start
    if path is None:
        raise UsageError(f"{kind} has no starting file", fix="Ask who made it")
    return path.read_text(encoding="utf-8")
