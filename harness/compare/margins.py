"""The loss of a metric that does not matter: by the policy, else by the metric's own card."""

from __future__ import annotations

from collections.abc import Callable

from harness.compare.policy import Budget
from harness.nouns import MARGIN, Suite
from harness.records.record import MetricValue

__all__ = ["MARGIN", "margins"]


def margins(budget: Budget, suite: Suite | None) -> Callable[[MetricValue], float]:
    """The margin of each metric of the baseline, in the metric's unit.

    What the budget names for the metric goes first, then its ``min_drop``, then the suite's card.
    """
    cards = () if suite is None else suite.described

    def margin(metric: MetricValue) -> float:
        own = budget.own_drop(metric.name)
        if own is not None:
            return own
        if budget.min_drop is not None:
            return budget.min_drop
        card = next((card for card in cards if card.matches(metric.name)), None)
        return MARGIN if card is None else card.margin_at(metric.value)

    return margin
