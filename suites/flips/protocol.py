"""What a flips task reports, by name. No heavy import: the catalogue reads this."""

from __future__ import annotations

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

ALONE = (ACCURACY, *(name for name in METRICS if name != ACCURACY))
"""Where the task has no reference, so that flips are only known between two runs."""

SLICED_BY = ("domain", "condition")
"""Columns that flips are counted by."""

REFERENCE = "reference"
"""Column of the task's data that holds the reference model's answers."""

DESCRIBED = (
    MetricCard("NFR", "lower", "0 to 1", "items right before and wrong now, of all items"),
    MetricCard(ACCURACY, "higher", "0 to 1", "items right now"),
    MetricCard("NFR[relative]", "lower", "0 up", "NFR over that of independent errors"),
    MetricCard("NFI", "lower", "0 to 1", "share of the errors now that are new"),
    MetricCard("PFR", "higher", "0 to 1", "items wrong before and right now, of all items"),
    MetricCard("BTC", "higher", "0 to 1", "share of what was right before that still is"),
    MetricCard("BEC", "higher", "0 to 1", "share of the errors now that were there before"),
    MetricCard("BEC[old errors]", "higher", "0 to 1", "share of the errors before still there"),
    MetricCard("churn", "lower", "0 to 1", "items whose answer changed, right or wrong"),
)
"""For ``marginbench list metrics``."""
