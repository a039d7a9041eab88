"""What a detection task reports, by name. No heavy import: the catalogue reads this."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.metrics.cards import card_named
from harness.metrics.thresholds.areas import CURVE_MEASURES
from harness.nouns import MetricCard

TARGETS = (0.05, 0.01, 0.001, 0.1)
"""Target FPRs, the primary one first."""

FPR_TARGETS = TARGETS[:2]
"""Target FPRs whose realised FPR is a metric."""

CALIBRATED, PER_DOMAIN, POOLED = "calibrated", "oracle_per_domain", "oracle_pooled"
POLICIES = (CALIBRATED, PER_DOMAIN, POOLED)
"""Where thresholds come from: other texts, or the test's own human texts by domain or pooled."""

SLICES = ("domain", "generator", "attack", "decoding")
"""Columns that results are sliced by."""

CALIBRATION, TEST = "calibration", "test"
"""Values of the column ``split``."""

UNATTACKED = ("", "none")
"""Values of the column ``attack`` of texts that nobody tampered with."""


def percent(share: float) -> str:
    """``1%`` for .01, ``0.1%`` for .001."""
    return f"{share * 100:.12f}".rstrip("0").rstrip(".") + "%"


def tpr_name(target: float, policy: str) -> str:
    """Such as ``TPR@FPR=1%[calibrated]``."""
    return f"TPR@FPR={percent(target)}[{policy}]"


def fpr_name(target: float) -> str:
    """Such as ``FPR[calibrated@1%]``: the FPR realised at calibrated thresholds."""
    return f"FPR[{CALIBRATED}@{percent(target)}]"


def worst_name(target: float) -> str:
    """Such as ``TPR@FPR=5%[oracle_per_domain,worst_domain]``."""
    return f"TPR@FPR={percent(target)}[{PER_DOMAIN},worst_domain]"


def fixed_names(threshold: float, *, inclusive: bool) -> tuple[str, str]:
    """Such as ``FPR[threshold=0.5]`` and ``TPR[threshold=0.5]``."""
    end = f"[threshold={threshold!r}{',inclusive' * inclusive}]"
    return f"FPR{end}", f"TPR{end}"


WORST_DOMAIN = worst_name(TARGETS[0])
LENGTH = "AUROC(length)"

METRICS = (
    tpr_name(0.05, PER_DOMAIN),
    tpr_name(0.05, CALIBRATED),
    fpr_name(0.05),
    tpr_name(0.01, PER_DOMAIN),
    tpr_name(0.01, CALIBRATED),
    fpr_name(0.01),
    *(tpr_name(target, policy) for target in (0.001, 0.1) for policy in (PER_DOMAIN, CALIBRATED)),
    *(tpr_name(target, POOLED) for target in TARGETS),
    "AUROC",
    "pAUC@FPR=5%",
    "EER",
    WORST_DOMAIN,
    LENGTH,
)
"""Systems are ranked at the oracle threshold, where no FPR exceeds its target. A calibrated TPR
is no fair rank by itself: a detector that fits its calibration texts too well accuses many more
people than the target allows, so the FPR it realised always stands beside it.
"""

SHOWN = (fpr_name(TARGETS[0]), tpr_name(TARGETS[0], CALIBRATED))
"""What a board shows beside the primary one: whom thresholds carried over from other texts accuse,
and what they catch.
"""

NO_CUT = "there are too few texts of one kind to take a threshold from, or ties leave none"
TPR = "tpr-at-a-target-fpr"
FIXED_CARDS = (
    MetricCard(
        "FPR[threshold=t]", "false positive rate at a given threshold", "lower", 0, 1,
        undefined="there are no human texts",
        summary="human texts flagged at the threshold that was given",
        anchor="rates-at-a-given-threshold",
        situation="share",
        also=("FPR[threshold=t,inclusive]",),
    ),
    MetricCard(
        "TPR[threshold=t]", "true positive rate at a given threshold", "higher", 0, 1,
        undefined="there are no machine texts",
        summary="machine texts flagged at the threshold that was given",
        anchor="rates-at-a-given-threshold",
        situation="share",
        also=("TPR[threshold=t,inclusive]",),
    ),
)  # fmt: skip
"""Rates at a threshold that a detector ships; inclusive where a score equal to it is flagged."""

CARDS = (
    MetricCard(
        "TPR@FPR=a[oracle_per_domain]", "true positive rate at a target false positive rate",
        "higher", 0, 1,
        undefined=NO_CUT,
        summary="machine texts flagged while at most the share a of each domain's human texts is",
        anchor=TPR,
        situation="thresholded rate",
    ),
    MetricCard(
        "TPR@FPR=a[oracle_pooled]", "true positive rate at one threshold for all domains",
        "higher", 0, 1,
        undefined=NO_CUT,
        summary="machine texts flagged while at most the share a of all human texts is",
        anchor=TPR,
        situation="thresholded rate",
    ),
    MetricCard(
        "TPR@FPR=a[calibrated]", "true positive rate at a threshold from other texts",
        "higher", 0, 1,
        undefined=NO_CUT,
        summary="machine texts flagged where at most the share a of other human texts would be",
        anchor=TPR,
        situation="thresholded rate",
    ),
    MetricCard(
        "FPR[calibrated@a]", "false positive rate realised", "lower", 0, 1,
        undefined=NO_CUT,
        summary="human texts flagged at a threshold that was to flag at most the share a of them",
        anchor=TPR,
        situation="share",
    ),
    MetricCard(
        "TPR@FPR=a[oracle_per_domain,worst_domain]", "true positive rate of the worst domain",
        "higher", 0, 1,
        undefined="no domains are named, or one has no threshold",
        summary="TPR of the domain where it is lowest, at that domain's own threshold",
        anchor=TPR,
        situation="thresholded rate",
    ),
    *(measure.card for measure in CURVE_MEASURES),
    *FIXED_CARDS,
    MetricCard(
        LENGTH, "area under the ROC curve of the text length", "neither", 0, 1,
        undefined="the texts are not at hand",
        summary="AUROC of the number of words alone: far from .5, the set is solved unread",
        anchor="auroc-and-its-relatives",
        situation="none",
    ),
)  # fmt: skip


def targets_of(asked: Sequence[str]) -> tuple[float, ...]:
    """Target FPRs at which rates are counted: the suite's own, and those in some names."""
    return _targets(TARGETS, asked, CARDS[:5])


def fpr_targets_of(asked: Sequence[str]) -> tuple[float, ...]:
    """Target FPRs whose realised FPR is asked for."""
    return _targets(FPR_TARGETS, asked, CARDS[3:4])


def _targets(
    own: tuple[float, ...], asked: Sequence[str], cards: Sequence[MetricCard]
) -> tuple[float, ...]:
    further = [card.numbers(name)[0] for name in asked for card in cards if card.matches(name)]
    close = [target for target in further if not any(math.isclose(target, one) for one in own)]
    return tuple(dict.fromkeys((*own, *close)))


def card(name: str) -> MetricCard:
    """The card of one of the metrics."""
    return card_named(CARDS, name)
