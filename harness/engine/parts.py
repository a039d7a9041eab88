"""Cutting a task into parts that any number of workers may do in any order."""

from __future__ import annotations

from collections.abc import Sequence

PARTS = 64
"""Parts that a large task is cut into; small tasks get fewer, so that batches stay full."""


def cut(counts: Sequence[int], *, smallest: int, largest: int) -> list[tuple[int, int]]:
    """Cut a sequence into about ``PARTS`` runs of ``smallest`` to ``largest`` items each.

    ``counts`` are items per element; an element is never split. Returns (start, stop) pairs.
    """
    target = min(max(sum(counts) // PARTS, smallest), largest)
    bounds: list[tuple[int, int]] = []
    start = filled = 0
    for index, count in enumerate(counts):
        if filled and filled + count > target:
            bounds.append((start, index))
            start, filled = index, 0
        filled += count
    if start < len(counts):
        bounds.append((start, len(counts)))
    return bounds
