"""What a consistency task reports, by name. No heavy import: the catalogue reads this."""

from __future__ import annotations

from harness.data import ItemData
from harness.metrics.cards import card_named
from harness.metrics.pairs import measures
from harness.nouns import MetricCard

FAR_RANGE = (0.01, 0.10)
"""FARs between which utility is compared; part of every OPIS name."""

TARGETS = (0.0001, 0.001, 0.01, 0.1)
"""FARs at which TAR is reported, where there are enough pairs."""

CARRIED = 0.01
"""FAR that fixes the threshold on the calibration split."""

RANGE = "[FAR=1%..10%]"
OPIS, WORST_OPIS = f"OPIS{RANGE}", f"OPIS@worst10%{RANGE}"
UTILITY, R1 = f"utility{RANGE}", "R@1"
TAR = "TAR@FAR=a"
CARRIED_FORMS = ("FAR[carried@a]", "FRR[carried@a]", "FRR[carried@a,worst class]")
"""Cards of a threshold carried over: of the false accepts, the false rejects, the worst class."""


def percent(share: float) -> str:
    """``1%`` for .01, ``0.1%`` for .001."""
    return f"{share * 100:.12f}".rstrip("0").rstrip(".") + "%"


def tar_name(target: float) -> str:
    """Such as ``TAR@FAR=1%``."""
    return f"TAR@FAR={percent(target)}"


def carried_names(target: float) -> tuple[str, str, str]:
    """Such as ``FAR[carried@1%]``, and those of the false rejects and of the worst class."""
    far, frr, worst = (form.replace("@a", f"@{percent(target)}") for form in CARRIED_FORMS)
    return far, frr, worst


CARRIED_FAR, CARRIED_FRR, CARRIED_WORST = carried_names(CARRIED)


METRICS = (
    OPIS,
    R1,
    tar_name(0.01),
    WORST_OPIS,
    UTILITY,
    *(tar_name(target) for target in TARGETS if target != 0.01),
    CARRIED_FAR,
    CARRIED_FRR,
    CARRIED_WORST,
)
"""The primary one first; OPIS never stands without R@1 and TAR beside it."""

OF_PAIRS = (tar_name(0.01), *(tar_name(target) for target in TARGETS if target != 0.01))
"""What a list of pairs has: it names no classes to compare, and no nearest items."""

BESIDE = (R1, tar_name(0.01))
"""Metrics that tables show beside OPIS: it is low also where nothing is told apart."""

CALIBRATION, TEST = "calibration", "test"
"""Values of the column ``split``."""

QUERY, GALLERY = "query", "gallery"
"""Values of the column ``role``, where a set has queries and a gallery."""

NOT_CARRIED = "there is no calibration split, or no threshold on it"
FLOORS = (0.5, 0.1)
"""R@1 and TAR below which OPIS ranks nobody. Noise added to the pixels of faces lowers OPIS from
.031 to .029 while R@1 falls from .99 to .86 and TAR@FAR=1% from .53 to .34, to .014 at .35 and .08,
and to .002 at chance: what is told apart by hardly anything is told apart alike.
"""

OWN_CARDS = (
    MetricCard(
        "R@1", "recall at 1", "higher", 0, 1,
        undefined="no item has another of its class",
        summary="items whose nearest other item is of their class",
        anchor="r1-and-tar",
        situation="share",
        floor=FLOORS[0],
    ),
    MetricCard(
        "TAR@FAR=a", "true accept rate at a false accept rate", "higher", 0, 1,
        undefined="too few pairs to express the rate, or no pairs of one class",
        summary="pairs of one class accepted while at most a of the others are",
        anchor="r1-and-tar",
        situation="over classes",
        floor=FLOORS[1],
    ),
    MetricCard(
        "FAR[carried@a]", "false accept rate at a threshold carried over", "lower", 0, 1,
        undefined=NOT_CARRIED,
        summary="pairs of two classes accepted at the threshold that was to accept a of them",
        anchor="a-threshold-carried-over",
        situation="ratio of counts",
    ),
    MetricCard(
        "FRR[carried@a]", "false reject rate at a threshold carried over", "lower", 0, 1,
        undefined=NOT_CARRIED,
        summary="pairs of one class rejected at that threshold",
        anchor="a-threshold-carried-over",
        situation="ratio of counts",
    ),
    MetricCard(
        "FRR[carried@a,worst class]", "false reject rate of the worst class", "lower", 0, 1,
        undefined=NOT_CARRIED,
        summary="the same of the class that fares worst",
        anchor="a-threshold-carried-over",
        situation="none",
    ),
)  # fmt: skip
"""Metrics of the suite that are none of curves over a range."""


def protocol_of(data: ItemData) -> str:
    """Which pairs of a set count, in the words of a record."""
    return "query x gallery" if "role" in data.columns else "all pairs"


def card(name: str) -> MetricCard:
    """The card of one of the metrics."""
    of_curves = (measure.card for measure in measures.PAIR_MEASURES)
    return card_named((*of_curves, *OWN_CARDS), name)


def rate_in(name: str, form: str) -> float | None:
    """The rate in a name of the card ``form``; ``None`` for a name of another."""
    of = next(card for card in OWN_CARDS if card.name == form)
    return of.numbers(name)[0] if of.matches(name) else None


def cards() -> tuple[MetricCard, ...]:
    """Cards of all metrics in their order."""
    return tuple(dict.fromkeys(map(card, METRICS)))
