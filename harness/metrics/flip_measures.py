"""The flip metrics: what each is, as a ratio of counted cells. One entry is all there is of one.

The cells are those of the contingency table of two models on the same items, and ``wrong_other``,
the part of ``wrong_wrong`` in which their answers differ. Nothing heavy is imported.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.nouns import MetricCard

Cells = tuple[str, ...]
"""Fields of :class:`harness.metrics.flips.FlipCounts` that are added up."""

ALL: Cells = ("right_right", "right_wrong", "wrong_right", "wrong_wrong")
HITS: Cells = ("right_right", "right_wrong")
ERRORS: Cells = ("right_wrong", "wrong_wrong")
OLD_ERRORS: Cells = ("wrong_right", "wrong_wrong")
NEGATIVE: Cells = ("right_wrong",)
OTHER = "wrong_other"

EMPTY = {
    ALL: "there is no item",
    HITS: "the old model is right nowhere",
    ERRORS: "the new model makes no error",
    OLD_ERRORS: "the old model makes no error",
}
"""What it means that there is nothing to divide by."""

UNTOLD = "answers are not known, only right or wrong"


@dataclass(frozen=True, slots=True)
class FlipMeasure:
    """A ratio: the product of the sums of cells in ``part``, over that of those in ``whole``."""

    card: MetricCard
    part: tuple[Cells, ...]
    whole: tuple[Cells, ...]

    @property
    def name(self) -> str:
        """Name of the metric."""
        return self.card.name

    @property
    def is_share(self) -> bool:
        """Whether it counts items out of a number of items."""
        return len(self.part) == len(self.whole) == 1

    @property
    def of_old(self) -> bool:
        """Whether it is a share of items that the old model alone decides on: any new one's."""
        return self.is_share and self.whole[0] in (ALL, HITS, OLD_ERRORS)

    @property
    def needs_answers(self) -> bool:
        """Whether right or wrong is not enough to know."""
        return any(OTHER in cells for cells in self.part)


FLIP_MEASURES = (
    FlipMeasure(
        MetricCard(
            "NFR", "negative flip rate", "lower", 0, 1,
            undefined=EMPTY[ALL],
            summary="items right before and wrong now, of all items",
            anchor="negative-flips",
            situation="share",
        ),
        (NEGATIVE,), (ALL,),
    ),
    FlipMeasure(
        MetricCard(
            "NFR[relative]", "relative negative flip rate", "lower", 0, None, "times",
            undefined="the old model is right nowhere, or the new one makes no error",
            summary="NFR over that of independent errors, which is 1",
            anchor="negative-flips",
            situation="ratio of counts",
            margin=0.1,  # of what independent errors would give
        ),
        (NEGATIVE, ALL), (HITS, ERRORS),
    ),
    FlipMeasure(
        MetricCard(
            "NFI", "negative flip impact", "lower", 0, 1,
            undefined=EMPTY[ERRORS],
            summary="share of the errors now that are new",
            anchor="negative-flips",
            situation="share",
        ),
        (NEGATIVE,), (ERRORS,),
    ),
    FlipMeasure(
        MetricCard(
            "PFR", "positive flip rate", "higher", 0, 1,
            undefined=EMPTY[ALL],
            summary="items wrong before and right now, of all items",
            anchor="negative-flips",
            situation="share",
        ),
        (("wrong_right",),), (ALL,),
    ),
    FlipMeasure(
        MetricCard(
            "BTC", "backward trust compatibility", "higher", 0, 1,
            undefined=EMPTY[HITS],
            summary="share of what was right before that still is",
            anchor="compatibility",
            situation="share",
        ),
        (("right_right",),), (HITS,),
    ),
    FlipMeasure(
        MetricCard(
            "BEC", "backward error compatibility", "higher", 0, 1,
            undefined=EMPTY[ERRORS],
            summary="share of the errors now that were there before",
            anchor="compatibility",
            situation="share",
        ),
        (("wrong_wrong",),), (ERRORS,),
    ),
    FlipMeasure(
        MetricCard(
            "BEC[old errors]", "backward error compatibility over old errors", "higher", 0, 1,
            undefined=EMPTY[OLD_ERRORS],
            summary="share of the errors before that are still there",
            anchor="compatibility",
            situation="share",
        ),
        (("wrong_wrong",),), (OLD_ERRORS,),
    ),
    FlipMeasure(
        MetricCard(
            "churn", "prediction churn", "lower", 0, 1,
            undefined=f"{EMPTY[ALL]}, or {UNTOLD}",
            summary="items whose answer changed, right or wrong",
            anchor="churn",
            situation="share",
        ),
        (("right_wrong", "wrong_right", OTHER),), (ALL,),
    ),
)  # fmt: skip
