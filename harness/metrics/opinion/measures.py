"""What one number says of scores held against opinion: each measure's card beside its function.

Nothing heavy is imported before scores are measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.nouns import MetricCard

if TYPE_CHECKING:
    from harness.metrics.opinion.correlation import Reals

UNIT = "opinion score"
"""The unit of errors: that of the opinions themselves."""

FEW = "fewer than four distinct scores or opinion scores"


@dataclass(frozen=True, slots=True)
class OpinionMeasure:
    """A metric of scores and opinions, both oriented so that higher is better.

    ``compute`` takes both lists and the numbers in the metric's name; it returns ``None`` for what
    the card calls undefined, and is not asked where no correlation is defined. With ``fitted`` it
    takes the scores as the logistic maps them; where there is no map it is not asked either, or,
    with ``raw``, takes the scores as they are. ``drawn`` is the key of its replicates in
    :func:`~harness.metrics.opinion.correlation.replicates`, where that has a fast way to them; any
    other is computed on every resampled list. ``residual`` is an error of the map on the images it
    was fitted on, which is smaller than on others: its interval makes up for that. ``theory`` is
    the standard error on Fisher's z that normal theory gives a value of so many unrelated images;
    of ``ranks`` it is better than replicates of few images, whose ties are none of the data's.
    """

    card: MetricCard
    compute: Callable[..., float | None]
    drawn: str = ""
    fitted: bool = False
    raw: bool = False
    residual: bool = False
    theory: Callable[[float, int], float] | None = None
    ranks: bool = False

    def value(self, name: str, scores: Reals, opinions: Reals) -> float | None:
        """What ``compute`` gives for the metric of that name."""
        return self.compute(scores, opinions, *self.card.numbers(name))


def spearman(scores: Reals, opinions: Reals) -> float:
    """Pearson's correlation of mid-ranks."""
    from harness.metrics.opinion.correlation import middle_ranks, pearson

    return pearson(middle_ranks(scores), middle_ranks(opinions))


SRCC = OpinionMeasure(
    MetricCard(
        "SRCC", "Spearman's rank correlation coefficient", "higher", -1, 1,
        undefined=FEW,
        summary="how well the order of the scores is that of opinion",
        anchor="correlations",
        situation="correlation",
    ),
    spearman, drawn="srcc", theory=lambda r, n: ((1 + r * r / 2) / (n - 3)) ** 0.5, ranks=True,
)  # fmt: skip


def linear(scores: Reals, opinions: Reals) -> float:
    """Pearson's correlation."""
    from harness.metrics.opinion.correlation import pearson

    return pearson(scores, opinions)


PLCC = OpinionMeasure(
    MetricCard(
        "PLCC", "Pearson's linear correlation coefficient", "higher", -1, 1,
        undefined=FEW,
        summary="how well the scores lie on a line with opinion, without a fit",
        anchor="correlations",
        situation="correlation",
    ),
    linear, drawn="plcc", theory=lambda _, n: (n - 3) ** -0.5,
)  # fmt: skip


def kendall(scores: Reals, opinions: Reals) -> float:
    """Kendall's tau-b."""
    from harness.metrics.opinion.concordance import tau_b

    return tau_b(scores, opinions)


KRCC = OpinionMeasure(
    MetricCard(
        "KRCC", "Kendall's rank correlation coefficient, tau-b", "higher", -1, 1,
        undefined=FEW,
        summary="pairs in the order of opinion beyond those that are not",
        anchor="correlations",
        situation="correlation",
    ),
    kendall, drawn="krcc", theory=lambda _, n: (0.437 / (n - 4)) ** 0.5, ranks=True,
)  # fmt: skip

FITTED = OpinionMeasure(
    MetricCard(
        "PLCC[logistic4]", "Pearson's correlation after a logistic fit", "higher", -1, 1,
        undefined=FEW,
        summary="PLCC after a rising four-parameter logistic",
        anchor="correlations",
        situation="correlation",
    ),
    linear, drawn="plcc_fitted", fitted=True, raw=True, theory=lambda _, n: (n - 3) ** -0.5,
)  # fmt: skip


def root_mean_square(scores: Reals, opinions: Reals) -> float:
    """Root of the mean squared difference."""
    import numpy as np

    return float(np.sqrt(np.mean((scores - opinions) ** 2)))


RMSE = OpinionMeasure(
    MetricCard(
        "RMSE[logistic4]", "root mean squared error after a logistic fit", "lower", 0, None, UNIT,
        undefined=f"{FEW}, or a correlation of the wrong sign",
        summary="error after that fit, in units of the opinion score",
        anchor="correlations",
        situation="drawn",
        relative_margin=0.05,
    ),
    root_mean_square, drawn="rmse_fitted", fitted=True, residual=True,
)  # fmt: skip

OPINION_MEASURES = (SRCC, PLCC, KRCC, FITTED, RMSE)


def opinion_measures(names: Iterable[str]) -> dict[str, OpinionMeasure]:
    """Those of the names that are metrics of scores and opinions alone, each with its measure."""
    listed = tuple(names)
    return {
        name: measure
        for measure in OPINION_MEASURES
        for name in listed
        if measure.card.matches(name)
    }
