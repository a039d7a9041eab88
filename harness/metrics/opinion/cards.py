"""Cards of the metrics that hold scores against opinion. Nothing heavy is imported."""

from __future__ import annotations

from harness.nouns import MetricCard

UNIT = "opinion score"
"""The unit of errors: that of the opinions themselves."""

FEW = "fewer than four distinct scores or opinion scores"
NO_VOTES = "the set gives no standard deviations or votes"

SRCC = MetricCard(
    "SRCC", "Spearman's rank correlation coefficient", "higher", -1, 1,
    undefined=FEW,
    summary="how well the order of the scores is that of opinion",
    anchor="correlations",
)  # fmt: skip
KRCC = MetricCard(
    "KRCC", "Kendall's rank correlation coefficient, tau-b", "higher", -1, 1,
    undefined=FEW,
    summary="pairs in the order of opinion beyond those that are not",
    anchor="correlations",
)  # fmt: skip
PLCC = MetricCard(
    "PLCC", "Pearson's linear correlation coefficient", "higher", -1, 1,
    undefined=FEW,
    summary="how well the scores lie on a line with opinion, without a fit",
    anchor="correlations",
)  # fmt: skip
FITTED = MetricCard(
    "PLCC[logistic4]", "Pearson's correlation after a logistic fit", "higher", -1, 1,
    undefined=FEW,
    summary="PLCC after a rising four-parameter logistic",
    anchor="correlations",
)  # fmt: skip
RMSE = MetricCard(
    "RMSE[logistic4]", "root mean squared error after a logistic fit", "lower", 0, None, UNIT,
    undefined=f"{FEW}, or a correlation of the wrong sign",
    summary="error after that fit, in units of the opinion score",
    anchor="correlations",
)  # fmt: skip
OUTLIERS = MetricCard(
    "OR", "outlier ratio", "lower", 0, 1,
    undefined=f"{NO_VOTES}, or the correlation has the wrong sign",
    summary="images off by more than their own 95% interval",
    anchor="metrics-that-know-the-votes",
)  # fmt: skip
RMSE_STAR = MetricCard(
    "RMSE*", "root mean squared error beyond the votes' own", "lower", 0, None, UNIT,
    undefined=f"{NO_VOTES}, or the correlation has the wrong sign",
    summary="error beyond that interval, in units of the opinion score",
    anchor="metrics-that-know-the-votes",
)  # fmt: skip
DIFFERENT = MetricCard(
    "AUC[different/similar]", "area under the curve, different against similar", "higher", 0, 1,
    undefined=f"{NO_VOTES}, or a kind of pair is missing",
    summary="score gaps tell pairs that viewers found different from similar ones",
    anchor="metrics-that-know-the-votes",
)  # fmt: skip
BETTER = MetricCard(
    "AUC[better/worse]", "area under the curve, better against worse", "higher", 0, 1,
    undefined=f"{NO_VOTES}, or a kind of pair is missing",
    summary="score gaps point to the better one of different pairs",
    anchor="metrics-that-know-the-votes",
)  # fmt: skip
RIGHT = MetricCard(
    "CC_0", "correct classification at a gap of 0", "higher", 0, 1,
    undefined=f"{NO_VOTES}, or a kind of pair is missing",
    summary="share of different pairs that are ordered right",
    anchor="metrics-that-know-the-votes",
)  # fmt: skip
