"""Cards of the metrics of pairs of items at a threshold. Nothing heavy is imported."""

from __future__ import annotations

from harness.nouns import MetricCard

FEW = "fewer than two classes with pairs, or the ends of the range cannot be told apart"

OPIS = MetricCard(
    "OPIS[FAR=a..b]", "operating-point inconsistency score", "lower", 0, 0.25,
    undefined=FEW,
    summary="variance over classes of their utility at one threshold, low where all fare alike",
    anchor="opis",
)  # fmt: skip
WORST_OPIS = MetricCard(
    "OPIS@worst10%[FAR=a..b]", "OPIS of the worst tenth of classes", "lower", 0, 1,
    undefined=FEW,
    summary="squared gap between the worst tenth of classes and all",
    anchor="opis",
)  # fmt: skip
EXCESS = MetricCard(
    "OPIS excess[FAR=a..b]", "OPIS beyond its floor", "lower", -0.25, 0.25,
    undefined=FEW,
    summary="OPIS minus that of identical classes",
    anchor="opis",
)  # fmt: skip
FLOOR = MetricCard(
    "OPIS floor[FAR=a..b]", "floor of OPIS", "lower", 0, 0.25,
    undefined=FEW,
    summary="OPIS of identical classes of the same sizes",
    anchor="opis",
)  # fmt: skip
UTILITY = MetricCard(
    "utility[FAR=a..b]", "mean utility of the classes", "higher", 0, 1,
    undefined=FEW,
    summary="harmonic mean of pairs accepted and pairs rejected rightly, mean over classes",
    anchor="opis",
)  # fmt: skip
NEAREST = MetricCard(
    "R@1", "recall at 1", "higher", 0, 1,
    undefined="no item has another of its class",
    summary="items whose nearest other item is of their class",
    anchor="r1-and-tar",
)  # fmt: skip
TAR = MetricCard(
    "TAR@FAR=a", "true accept rate at a false accept rate", "higher", 0, 1,
    undefined="too few pairs to express the rate, or no pairs of one class",
    summary="pairs of one class accepted while at most a of the others are",
    anchor="r1-and-tar",
)  # fmt: skip
