"""What one number says of pairs at all thresholds of a range: each card beside its function.

Nothing heavy is imported before curves are measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.nouns import MetricCard

if TYPE_CHECKING:
    from harness.metrics.pairs.opis import Curves, Reals

FEW = "fewer than two classes with pairs, or the ends of the range cannot be told apart"

WORST_SHARE = 0.10
"""Share of classes, those of least utility, behind ``OPIS@worst10%``."""


@dataclass(frozen=True, slots=True)
class PairMeasure:
    """A metric of :class:`~harness.metrics.pairs.opis.Curves`: counts per class at thresholds.

    ``compute`` takes the curves of two classes or more, over the range in the metric's name.
    ``without`` gives the figure without each class, where there is a fast way to it; any other is
    computed on the curves of all classes but one, one after the other. ``scale`` names the one that
    the interval is made on: ``log`` and ``logit`` keep to positive values and to fractions.
    """

    card: MetricCard
    compute: Callable[[Curves], float]
    without: Callable[[Curves], Reals] | None = None
    scale: str = "plain"


OPIS = PairMeasure(
    MetricCard(
        "OPIS[FAR=a..b]", "operating-point inconsistency score", "lower", 0, 0.25,
        undefined=FEW,
        summary="variance over classes of their utility at one threshold, low where all fare alike",
        anchor="opis",
        situation="over classes",
        relative_margin=0.1,
    ),
    lambda curves: curves.opis(),
    lambda curves: curves.opis_without(),
    "log",
)  # fmt: skip

WORST_OPIS = PairMeasure(
    MetricCard(
        "OPIS@worst10%[FAR=a..b]", "OPIS of the worst tenth of classes", "lower", 0, 1,
        undefined=FEW,
        summary="squared gap between the worst tenth of classes and all",
        anchor="opis",
        situation="over classes",
        relative_margin=0.1,
    ),
    lambda curves: curves.worst(WORST_SHARE),
    lambda curves: curves.worst_without(WORST_SHARE),
    "log",
)  # fmt: skip

UTILITY = PairMeasure(
    MetricCard(
        "utility[FAR=a..b]", "mean utility of the classes", "higher", 0, 1,
        undefined=FEW,
        summary="harmonic mean of pairs accepted and pairs rejected rightly, mean over classes",
        anchor="opis",
        situation="over classes",
    ),
    lambda curves: curves.mean_utility(),
    lambda curves: curves.utility_without(),
    "logit",
)  # fmt: skip

PAIR_MEASURES = (OPIS, WORST_OPIS, UTILITY)


def pair_measures(names: Iterable[str]) -> dict[str, PairMeasure]:
    """Those of the names that are metrics of curves, each with its measure."""
    listed = tuple(names)
    return {
        name: measure for measure in PAIR_MEASURES for name in listed if measure.card.matches(name)
    }
