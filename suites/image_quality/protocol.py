"""What an image-quality task reports, by name. No heavy import: the catalogue reads this."""

from __future__ import annotations

SRCC, KRCC, PLCC = "SRCC", "KRCC", "PLCC"
FITTED, RMSE = "PLCC[logistic4]", "RMSE[logistic4]"
OUTLIERS, RMSE_STAR = "OR", "RMSE*"
DIFFERENT, BETTER, RIGHT = "AUC[different/similar]", "AUC[better/worse]", "CC_0"

METRICS = (SRCC, KRCC, PLCC, FITTED, RMSE)
"""Metrics of every set."""

VOTED_METRICS = (*METRICS, OUTLIERS, RMSE_STAR, DIFFERENT, BETTER, RIGHT)
"""Metrics of a set whose standard deviations and numbers of votes are known."""

LOWER_IS_BETTER = (RMSE, OUTLIERS, RMSE_STAR)
