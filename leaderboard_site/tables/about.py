"""What stands behind a metric's name: a tooltip, and its place on the page on method."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from harness.nouns import MetricCard
from harness.registry import card_of, suite_named
from leaderboard_site.text import clip, file_stem

PAGE = "method/index.html"
LONGEST_TITLE = 300


class About(NamedTuple):
    """A metric by its name: spelt out, the same with a line of meaning, and its definition."""

    title: str
    page: str
    name: str
    spelt: str


@lru_cache(maxsize=4096)
def about_metric(suite: str, name: str) -> About | None:
    """What is known of a suite's metric, or ``None`` where no card tells of it."""
    card, known = card_of(suite, name), suite_named(suite)
    if card is None or known is None:
        return None
    said = f"{card.long_name}: {card.summary}" if card.summary else card.long_name
    place = card_ids(suite, known.described)[known.described.index(card)]
    return About(
        clip(said, most=LONGEST_TITLE),
        f"{PAGE}#{place}",
        clip(name),
        clip(card.long_name, most=LONGEST_TITLE),
    )


def card_ids(suite: str, cards: Sequence[MetricCard]) -> tuple[str, ...]:
    """An id for the definition of each card, all of them different."""
    found: list[str] = []
    for card in cards:
        name = re.sub(r"[^a-z0-9]+", "-", card.name.lower()).strip("-")
        stem = f"metric-{file_stem(suite)}-{name}"
        found.append(stem if stem not in found else f"{stem}-{len(found)}")
    return tuple(found)
