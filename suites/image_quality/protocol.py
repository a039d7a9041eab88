"""What an image-quality task reports, by name. No heavy import: the catalogue reads this."""

from __future__ import annotations

from harness.metrics.cards import card_named
from harness.metrics.opinion import cards
from harness.nouns import MetricCard

CARDS = (cards.SRCC, cards.KRCC, cards.PLCC, cards.FITTED, cards.RMSE)
"""Metrics of every set."""

VOTED_CARDS = (
    *CARDS,
    cards.OUTLIERS,
    cards.RMSE_STAR,
    cards.DIFFERENT,
    cards.BETTER,
    cards.RIGHT,
)
"""Metrics of a set whose standard deviations and numbers of votes are known."""

METRICS = tuple(card.name for card in CARDS)
VOTED_METRICS = tuple(card.name for card in VOTED_CARDS)

TOLERANCES = {"fit.parameters": 1e-4}
"""The parameters of a fit are where a search stopped, which is flat around its best."""


def card(name: str) -> MetricCard:
    """The card of one of the metrics."""
    return card_named(VOTED_CARDS, name)
