"""What one number says of pairs at all thresholds of a range: each card beside its function.

Nothing heavy is imported before curves are measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
    ``drawn`` takes them and what :meth:`Curves.replicates` gives, where that has a fast way to the
    replicates; any other is computed on the curves of every resampled list of classes.
    ``no_interval`` says why there are to be no replicates.
    """

    card: MetricCard
    compute: Callable[[Curves], float]
    drawn: Callable[[Curves, Mapping[str, Reals]], Reals] | None = None
    no_interval: str = ""


OPIS = PairMeasure(
    MetricCard(
        "OPIS[FAR=a..b]", "operating-point inconsistency score", "lower", 0, 0.25,
        undefined=FEW,
        summary="variance over classes of their utility at one threshold, low where all fare alike",
        anchor="opis",
    ),
    lambda curves: curves.opis(),
    lambda _, drawn: drawn["opis"],
)  # fmt: skip

WORST_OPIS = PairMeasure(
    MetricCard(
        "OPIS@worst10%[FAR=a..b]", "OPIS of the worst tenth of classes", "lower", 0, 1,
        undefined=FEW,
        summary="squared gap between the worst tenth of classes and all",
        anchor="opis",
    ),
    lambda curves: curves.worst(WORST_SHARE),
    lambda _, drawn: drawn["worst"],
)  # fmt: skip

UTILITY = PairMeasure(
    MetricCard(
        "utility[FAR=a..b]", "mean utility of the classes", "higher", 0, 1,
        undefined=FEW,
        summary="harmonic mean of pairs accepted and pairs rejected rightly, mean over classes",
        anchor="opis",
    ),
    lambda curves: curves.mean_utility(),
    lambda _, drawn: drawn["utility"],
)  # fmt: skip

EXCESS = PairMeasure(
    MetricCard(
        "OPIS excess[FAR=a..b]", "OPIS beyond its floor", "lower", -0.25, 0.25,
        undefined=FEW,
        summary="OPIS minus that of identical classes",
        anchor="opis",
    ),
    lambda curves: curves.opis() - curves.usual_floor,
    lambda curves, drawn: drawn["opis"] - curves.usual_floor,
)  # fmt: skip

FLOOR = PairMeasure(
    MetricCard(
        "OPIS floor[FAR=a..b]", "floor of OPIS", "lower", 0, 0.25,
        undefined=FEW,
        summary="OPIS of identical classes of the same sizes",
        anchor="opis",
    ),
    lambda curves: curves.usual_floor,
    no_interval="a mean over simulations: it has no interval",
)  # fmt: skip

PAIR_MEASURES = (OPIS, WORST_OPIS, UTILITY, EXCESS, FLOOR)


def pair_measures(names: Iterable[str]) -> dict[str, PairMeasure]:
    """Those of the names that are metrics of curves, each with its measure."""
    listed = tuple(names)
    return {
        name: measure for measure in PAIR_MEASURES for name in listed if measure.card.matches(name)
    }
