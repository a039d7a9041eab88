"""What a detection task reports, by name. No heavy import: the catalogue reads this."""

from __future__ import annotations

from harness.nouns import MetricCard

TARGETS = (0.05, 0.01, 0.001, 0.1)
"""Target FPRs, the primary one first."""

CALIBRATED, PER_DOMAIN, POOLED = "calibrated", "oracle_per_domain", "oracle_pooled"
POLICIES = (CALIBRATED, PER_DOMAIN, POOLED)
"""Where thresholds come from: other texts, or the test's own human texts by domain or pooled."""

SLICES = ("domain", "generator", "attack", "decoding")
"""Columns that results are sliced by."""

PARTIAL_LIMIT = 0.05
"""Largest FPR of the partial area."""

CALIBRATION, TEST = "calibration", "test"
"""Values of the column ``split``."""

UNATTACKED = ("", "none")
"""Values of the column ``attack`` of texts that nobody tampered with."""


def percent(share: float) -> str:
    """``1%`` for .01, ``0.1%`` for .001."""
    return f"{share * 100:g}%"


def tpr_name(target: float, policy: str) -> str:
    """Such as ``TPR@FPR=1%[calibrated]``."""
    return f"TPR@FPR={percent(target)}[{policy}]"


def fpr_name(target: float) -> str:
    """Such as ``FPR[calibrated@1%]``: the FPR realised at calibrated thresholds."""
    return f"FPR[{CALIBRATED}@{percent(target)}]"


WORST_DOMAIN = f"TPR@FPR={percent(TARGETS[0])}[{PER_DOMAIN},worst_domain]"
AUROC, EER, LENGTH = "AUROC", "EER", "AUROC(length)"
PARTIAL = f"pAUC@FPR={percent(PARTIAL_LIMIT)}"

METRICS = (
    tpr_name(0.05, PER_DOMAIN),
    tpr_name(0.05, CALIBRATED),
    fpr_name(0.05),
    tpr_name(0.01, PER_DOMAIN),
    tpr_name(0.01, CALIBRATED),
    fpr_name(0.01),
    *(tpr_name(target, policy) for target in (0.001, 0.1) for policy in (PER_DOMAIN, CALIBRATED)),
    *(tpr_name(target, POOLED) for target in TARGETS),
    AUROC,
    PARTIAL,
    EER,
    WORST_DOMAIN,
    LENGTH,
)
"""Systems are ranked at the oracle threshold, where no FPR exceeds its target. A calibrated TPR
is no fair rank by itself: a detector that fits its calibration texts too well accuses many more
people than the target allows, so the FPR it realised always stands beside it.
"""

DESCRIBED = (
    MetricCard(
        "TPR@FPR=1%[oracle_per_domain]",
        "higher",
        "0 to 1",
        "machine texts flagged while at most 1% of each domain's human test texts are",
    ),
    MetricCard(
        "TPR@FPR=1%[oracle_pooled]", "higher", "0 to 1", "the same with one threshold for all"
    ),
    MetricCard(
        "TPR@FPR=1%[calibrated]", "higher", "0 to 1", "the same at a threshold from other texts"
    ),
    MetricCard("FPR[calibrated@1%]", "lower", "0 to 1", "human test texts flagged at that one"),
    MetricCard(WORST_DOMAIN, "higher", "0 to 1", "TPR of the domain where it is lowest"),
    MetricCard(AUROC, "higher", "0 to 1", "machine texts above human texts, over all pairs"),
    MetricCard(PARTIAL, "higher", "0 to 1", "mean TPR over FPRs up to the limit"),
    MetricCard(EER, "lower", "0 to 1", "the rate where FPR and FNR are equal"),
    MetricCard(LENGTH, "–", "0 to 1", "AUROC of the number of words alone: a fact of the set"),
)
"""One of each kind, for ``marginbench list metrics``."""
