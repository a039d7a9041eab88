"""How much of first place hangs on how few items, in words."""

from __future__ import annotations

from harness.metrics.dropping import Dropped
from leaderboard_site.text import clip, count, plural


def dropped_text(dropped: Dropped, rival: str, *, item: str = "item", among: str = "") -> str:
    """How few items can be taken away to end the lead; ``among`` whom it was counted."""
    who = clip(rival, most=40)
    if not dropped.items:
        return f"Nobody leads by value: {who} is level with the first{among}."
    share = 100 * dropped.items / dropped.n
    return (
        f"First place by value hangs on {plural(dropped.items, item)} of {count(dropped.n)} "
        f"({share:.2g} %): without {'it' if dropped.items == 1 else 'them'}, {who} is level or "
        f"ahead{among}."
    )
