"""What a consistency task reports, by name. No heavy import: the catalogue reads this."""

from __future__ import annotations

from harness.nouns import MetricCard

FAR_RANGE = (0.01, 0.10)
"""FARs between which utility is compared; part of every OPIS name."""

TARGETS = (0.0001, 0.001, 0.01, 0.1)
"""FARs at which TAR is reported, where there are enough pairs."""

CARRIED = 0.01
"""FAR that fixes the threshold on the calibration split."""

WORST = 0.10
"""Share of classes, those of least utility, behind ``OPIS@worst10%``."""

RANGE = "[FAR=1%..10%]"
OPIS, WORST_OPIS = f"OPIS{RANGE}", f"OPIS@worst10%{RANGE}"
FLOOR, EXCESS = f"OPIS floor{RANGE}", f"OPIS excess{RANGE}"
UTILITY, R1 = f"utility{RANGE}", "R@1"
CARRIED_FAR, CARRIED_FRR = "FAR[carried@1%]", "FRR[carried@1%]"
CARRIED_WORST = "FRR[carried@1%,worst class]"


def tar_name(target: float) -> str:
    """Such as ``TAR@FAR=1%``."""
    return f"TAR@FAR={target * 100:g}%"


METRICS = (
    OPIS,
    R1,
    tar_name(0.01),
    WORST_OPIS,
    EXCESS,
    FLOOR,
    UTILITY,
    *(tar_name(target) for target in TARGETS if target != 0.01),
    CARRIED_FAR,
    CARRIED_FRR,
    CARRIED_WORST,
)
"""The primary one first; OPIS never stands without R@1 and TAR beside it."""

BESIDE = (R1, tar_name(0.01))
"""Metrics that tables show beside OPIS: it is low also where nothing is told apart."""

LOWER_IS_BETTER = frozenset(
    {OPIS, WORST_OPIS, EXCESS, FLOOR, CARRIED_FAR, CARRIED_FRR, CARRIED_WORST}
)

CALIBRATION, TEST = "calibration", "test"
"""Values of the column ``split``."""

QUERY, GALLERY = "query", "gallery"
"""Values of the column ``role``, where a set has queries and a gallery."""

DESCRIBED = (
    MetricCard(OPIS, "lower", "0 to .25", "variance over classes of utility at one threshold"),
    MetricCard(R1, "higher", "0 to 1", "items whose nearest other item is of their class"),
    MetricCard("TAR@FAR=x", "higher", "0 to 1", "pairs of a class accepted at that FAR"),
    MetricCard(WORST_OPIS, "lower", "0 to 1", "squared gap of the worst tenth of classes"),
    MetricCard(EXCESS, "lower", "-.25 to .25", "OPIS beyond that of identical classes"),
    MetricCard(FLOOR, "lower", "0 to .25", "OPIS of identical classes of the same sizes"),
    MetricCard(UTILITY, "higher", "0 to 1", "mean over classes of the harmonic mean"),
    MetricCard(CARRIED_FAR, "lower", "0 to 1", "FAR realised at a threshold carried over"),
    MetricCard(CARRIED_FRR, "lower", "0 to 1", "FRR realised at a threshold carried over"),
    MetricCard(CARRIED_WORST, "lower", "0 to 1", "the same of the class that fares worst"),
)
"""For ``marginbench list metrics``."""
