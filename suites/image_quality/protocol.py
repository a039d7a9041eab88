"""What an image-quality task reports, by name. No heavy import: the catalogue reads this."""

from __future__ import annotations

from harness.metrics.cards import card_named
from harness.metrics.opinion import measures
from harness.metrics.opinion.votes import PAIRED_CARDS, RATED_CARDS
from harness.nouns import MetricCard
from suites.image_quality import references

METRICS = ("SRCC", "KRCC", "PLCC", "PLCC[logistic4]", "RMSE[logistic4]")
"""Metrics of every set."""

RATED = tuple(card.name for card in RATED_CARDS)
PAIRED = tuple(card.name for card in PAIRED_CARDS)
VOTED_METRICS = (*METRICS, *RATED, *PAIRED)
"""Metrics of a set whose standard deviations and numbers of votes are known."""

TOLERANCES = {"fit.parameters": 1e-4}
"""The parameters of a fit are where a search stopped, which is flat around its best."""


def card(name: str) -> MetricCard:
    """The card of one of the metrics."""
    of_scores = (measure.card for measure in measures.OPINION_MEASURES)
    return card_named((*of_scores, *RATED_CARDS, *PAIRED_CARDS, references.CARD), name)


def cards() -> tuple[MetricCard, ...]:
    """Cards of all metrics in their order, behind them those that are only asked for by name."""
    return (*dict.fromkeys(map(card, VOTED_METRICS)), references.CARD)
