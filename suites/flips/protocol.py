"""What a flips task reports, by name. No heavy import: the catalogue reads this."""

from __future__ import annotations

from harness.metrics.cards import card_named
from harness.metrics.flip_measures import FLIP_MEASURES
from harness.nouns import MetricCard

ACCURACY = "accuracy"
METRICS = (
    "NFR",
    ACCURACY,
    "NFR[relative]",
    "NFI",
    "PFR",
    "BTC",
    "BEC",
    "BEC[old errors]",
    "churn",
)
"""The primary one first: negative flips against the task's reference model."""

RIGHT = "right"
"""Column of the per-item table that accuracy is the mean of."""

ALONE = (ACCURACY, *(name for name in METRICS if name != ACCURACY))
"""Where the task has no reference, so that flips are only known between two runs."""

SLICED_BY = ("domain", "condition")
"""Columns that flips are counted by."""

REFERENCE = "reference"
"""Column of the task's data that holds the reference model's answers."""

CARDS = (
    MetricCard(
        ACCURACY, "share of right answers", "higher", 0, 1,
        undefined="never: every task has an item",
        summary="items right now",
        anchor="accuracy",
        situation="share",
    ),
    *(measure.card for measure in FLIP_MEASURES),
)  # fmt: skip


def card(name: str) -> MetricCard:
    """The card of one of the metrics."""
    return card_named(CARDS, name)
