"""Functions that were meant to be capabilities: misspelt ones, and what others call the same."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from harness.adapters.python.scan import Scan
from harness.capabilities import LOOKED_UP, known_capabilities

ELSEWHERE = {
    "classify": ("classify_texts", "classify_images"),
    "compute_score": ("score_pairs",),
    "detect": ("score_texts",),
    "embed": ("embed_texts", "embed_images"),
    "embed_query": ("embed_texts",),
    "embed_documents": ("embed_texts",),
    "encode": ("embed_texts", "embed_images"),
    "get_embeddings": ("embed_texts", "embed_images"),
    "predict": ("score_pairs", "score_texts", "classify_texts"),
    "predict_proba": ("classify_texts", "classify_images"),
    "rerank": ("rank", "score_pairs"),
    "score": ("score_pairs", "score_texts", "score_images"),
    "sort": ("rank",),
}
"""What other libraries call such a function."""

CUTOFF = 0.75
"""Likeness from which a name is a misspelt one: ``score_text`` is .95 of ``score_texts``."""


def usual() -> tuple[str, ...]:
    """Capabilities that a file has as one function."""
    return tuple(name for name in known_capabilities() if name not in LOOKED_UP | {"asking"})


def meant(name: str) -> tuple[str, ...]:
    """The capabilities that a function of this name may be meant to be; none for other names."""
    if name in known_capabilities():
        return ()
    plain = name.lower().lstrip("_")
    if plain in ELSEWHERE:
        return ELSEWHERE[plain]
    close = get_close_matches(plain, usual(), n=1, cutoff=CUTOFF)
    return tuple(close)


def hint(names: Iterable[str], waiting: Iterable[str] = ()) -> str:
    """What to change where no function of a file is a capability.

    ``waiting`` are those of its functions that are written ``async def``.
    """
    for name in sorted(waiting):
        if name in known_capabilities():
            return f"`{name}` is written async def: write def"
    for name in sorted(names):
        found = meant(name)
        if found:
            return f"`{name}` is no such name: did you mean {either(found)}?"
    return "Define one, such as: def score_pairs(pairs): ..."


def either(names: Iterable[str]) -> str:
    """Such as ```rank` or `score_pairs```."""
    return " or ".join(f"`{name}`" for name in names)


def unused(scan: Scan, factory: str) -> list[tuple[str, tuple[str, ...]]]:
    """Functions (or methods of what ``factory`` gives) that look like capabilities and are none."""
    names = scan.methods_of(factory) if factory else scan.functions
    return [(name, found) for name in sorted(names) if (found := meant(name))]
