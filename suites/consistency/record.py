"""What a record of a consistency task has beyond its metrics: the integers behind them."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from harness.records.base import Strict
from harness.records.contradictions import Told, beyond


class FarPoint(Strict):
    """TAR at one target FAR, both counted over all pairs of the test items."""

    target: float = Field(gt=0, lt=1, description="Target FAR as a fraction.")
    threshold: float | None = Field(description="Largest distance that is accepted, or null.")
    allowed: int | None = Field(description="False accepts that the target allows.")
    accepted_other: int | None = Field(description="Pairs of different classes accepted.")
    accepted_same: int | None = Field(description="Pairs of one class accepted.")
    reason: str | None = Field(description="Why it is null.")

    def contradictions(self, place: str, others: int) -> Iterator[str]:
        """Accepts that the target does not allow among so many pairs of different classes."""
        from harness.metrics.thresholds.operating_point import allowed

        if self.allowed != int(allowed(self.target, others)):
            yield f"{place}.allowed: {self.allowed} of {others:,} pairs at {self.target:g}"
        if (self.accepted_other or 0) > (self.allowed or 0):
            yield f"{place}.accepted_other: {self.accepted_other}, {self.allowed} are allowed"
        if (self.threshold is None) is not bool(self.reason):
            yield f"{place}: a threshold with a reason why there is none, or neither"


class CarriedOver(Strict):
    """Error rates of every test class at a threshold fixed on the calibration split."""

    target: float = Field(gt=0, lt=1, description="FAR that fixed the threshold there.")
    threshold: float | None = Field(description="Largest distance that is accepted, or null.")
    far: float | None = Field(description="FAR realised over all pairs of the test classes.")
    frr: float | None = Field(description="FRR realised over all pairs of the test classes.")
    far_worst: float | None = Field(description="Largest FAR of a class.")
    frr_worst: float | None = Field(description="Largest FRR of a class.")
    far_p95: float | None = Field(description="95th percentile of the classes' FAR.")
    frr_p95: float | None = Field(description="95th percentile of the classes' FRR.")
    far_gini: float | None = Field(description="Gini coefficient of the classes' FAR.")
    frr_gini: float | None = Field(description="Gini coefficient of the classes' FRR.")
    worst_class: str | None = Field(description="Class with the largest FRR.")
    reason: str | None = Field(description="Why it is null.")


class ConsistencyPart(Strict):
    """What only consistency has."""

    protocol: str = Field(
        description="`all pairs`, `query x gallery` or `pair list`: which pairs count."
    )
    items: int = Field(ge=0, description="Test items.")
    classes: int = Field(ge=0, description="Classes with two items or more.")
    singletons: int = Field(ge=0, description="Classes of one item: negatives only.")
    pairs_same: int = Field(ge=0, description="Pairs of one class.")
    pairs_other: int = Field(ge=0, description="Pairs of different classes.")
    far_range: list[float] = Field(description="The range's FARs.")
    low: float | None = Field(description="Distance at which the range begins.")
    high: float | None = Field(description="Distance at which the range ends.")
    thresholds: int = Field(ge=0, description="Distances at which pairs were counted.")
    norms: list[float] = Field(description="Least, median and largest length of the raw vectors.")
    zero_vectors: int = Field(ge=0, description="Vectors of length 0: at distance sqrt 2 from all.")
    dimension: int = Field(ge=1, description="Dimension of the embeddings.")
    points: list[FarPoint] = Field(description="TAR at the target FARs.")
    carried: list[CarriedOver] = Field(description="One threshold for all classes, carried over.")
    reason: str | None = Field(description="Why OPIS is null.")

    def contradictions(self, told: Told) -> Iterator[str]:
        """Facts of the vectors that cannot be; the rest follows from the tables of counts."""
        if self.items > told.items:
            yield f"items: {self.items:,} test items of {told.items:,}"
        if self.norms != sorted(self.norms) or any(norm < 0 for norm in self.norms):
            yield "norms: the least, the median and the largest length stand in no order"
        if self.zero_vectors > (0 if min(self.norms, default=0) > 0 else told.items):
            yield f"zero_vectors: {self.zero_vectors:,} beside a least length of {self.norms[:1]}"
        for number, point in enumerate(self.points):
            yield from point.contradictions(f"points[{number}]", self.pairs_other)
        for number, one in enumerate(self.carried):
            rates = (one.far, one.frr, one.far_worst, one.frr_worst, one.far_p95, one.frr_p95)
            yield from beyond(f"carried[{number}]", iter(rates), 0, 1)
