"""What an image-quality task reports, by name. No heavy import: the catalogue reads this."""

from __future__ import annotations

from harness.nouns import MetricCard

SRCC, KRCC, PLCC = "SRCC", "KRCC", "PLCC"
FITTED, RMSE = "PLCC[logistic4]", "RMSE[logistic4]"
OUTLIERS, RMSE_STAR = "OR", "RMSE*"
DIFFERENT, BETTER, RIGHT = "AUC[different/similar]", "AUC[better/worse]", "CC_0"

METRICS = (SRCC, KRCC, PLCC, FITTED, RMSE)
"""Metrics of every set."""

VOTED_METRICS = (*METRICS, OUTLIERS, RMSE_STAR, DIFFERENT, BETTER, RIGHT)
"""Metrics of a set whose standard deviations and numbers of votes are known."""

LOWER_IS_BETTER = (RMSE, OUTLIERS, RMSE_STAR)

UNITS = {RMSE: "opinion points", RMSE_STAR: "opinion points"}
"""Metrics that are no fractions: they are on the scale of the set's opinion scores."""

TOLERANCES = {"fit.parameters": 1e-4}
"""The parameters of a fit are where a search stopped, which is flat around its best."""

DESCRIBED = (
    MetricCard(SRCC, "higher", "-1 to 1", "Spearman's rank correlation with opinion"),
    MetricCard(KRCC, "higher", "-1 to 1", "Kendall's tau-b with opinion"),
    MetricCard(PLCC, "higher", "-1 to 1", "Pearson's correlation with opinion, no fit"),
    MetricCard(FITTED, "higher", "-1 to 1", "the same after a monotone four-parameter logistic"),
    MetricCard(RMSE, "lower", "0 up", "error after that fit, in opinion-score units"),
    MetricCard(OUTLIERS, "lower", "0 to 1", "images off by more than their own 95% interval"),
    MetricCard(RMSE_STAR, "lower", "0 up", "error beyond that interval, in opinion-score units"),
    MetricCard(DIFFERENT, "higher", "0 to 1", "score gaps tell different pairs from similar ones"),
    MetricCard(BETTER, "higher", "0 to 1", "score gaps point to the better of different pairs"),
    MetricCard(RIGHT, "higher", "0 to 1", "share of different pairs that are ordered right"),
)
"""For ``marginbench list metrics``."""


def unit_of(name: str) -> str:
    """The unit of a metric, empty for a fraction."""
    return UNITS.get(name, "")
