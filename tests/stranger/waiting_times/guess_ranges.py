"""From when to when a bus may come. Try it: marginbench check-adapter THIS_FILE"""

from __future__ import annotations


def guess_ranges(texts: list[str]) -> list[tuple[float, float]]:
    """The shortest and the longest wait of each station and hour, in minutes."""
    return [(2.0, 5.0 + len(text.partition(",")[0])) for text in texts]
