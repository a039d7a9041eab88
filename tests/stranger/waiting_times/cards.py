"""The metrics of waiting: one in minutes, one that has no better end, one share."""

from __future__ import annotations

from harness.nouns import MetricCard

MAE = "MAE[minutes]"
BIAS = "bias[minutes]"
WITHIN = "within@2"
METRICS = (MAE, BIAS, WITHIN)
INSIDE = "inside"

CARDS = (
    MetricCard(
        name=MAE,
        long_name="mean absolute error",
        better="lower",
        low=0.0,
        high=None,
        unit="minutes",
        undefined="no stop",
        summary="how far predicted waits are from the true ones",
        anchor="",
        situation="mean",
    ),
    MetricCard(
        name=BIAS,
        long_name="mean signed error",
        better="neither",
        low=None,
        high=None,
        unit="minutes",
        undefined="no stop",
        summary="predicted minus true wait",
        anchor="",
        situation="mean",
    ),
    MetricCard(
        name="within@m",
        long_name="share of waits predicted to within m minutes",
        better="higher",
        low=0.0,
        high=1.0,
        unit="",
        undefined="no stop",
        summary="waits predicted to within m minutes",
        anchor="",
        situation="share",
    ),
    MetricCard(
        name=INSIDE,
        long_name="share of waits within the range",
        better="higher",
        low=0.0,
        high=1.0,
        unit="",
        undefined="no stop",
        summary="the wait is between the shortest and the longest that were said",
        anchor="",
        situation="share",
    ),
)
