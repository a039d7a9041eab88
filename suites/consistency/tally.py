"""The counts behind a consistency record, apart from embeddings: all that is published follows.

They are written beside the record (``class_counts.parquet``, ``thresholds.parquet`` and each item's
nearest-neighbour hit in ``groups.parquet``), and every value can be computed from them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import InvalidError
from harness.metrics.pairs.counts import FarCut, PairCounts
from harness.metrics.pairs.opis import Curves
from harness.metrics.pairs.without import by_unit, ends_without, tar_without, units_of
from harness.tasks.arrow import as_numpy
from harness.tasks.own_shape import lists_of, wholes_of
from suites.consistency.protocol import FAR_RANGE
from suites.consistency.record import ConsistencyPart

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]

COUNTS, THRESHOLDS = "class_counts", "thresholds"


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of the test classes, in the order of ``names``. See :class:`PairCounts`."""

    names: tuple[str, ...]
    sizes: Ints
    distances: Reals
    same: Ints
    other: Ints
    same_total: Ints
    other_total: Ints
    low: float | None
    high: float | None
    cuts: tuple[FarCut, ...]
    carried: float | None
    carried_reason: str | None
    carried_same: Ints
    carried_other: Ints
    reason: str | None

    @classmethod
    def make(
        cls, names: Sequence[str], counts: PairCounts, carried: float | None, why: str | None
    ) -> Tally:
        """From counts whose class numbers are places in ``names``.

        ``carried`` is the one further distance counted at; ``why`` says why there is none.
        """
        nothing = np.zeros(len(names), dtype=np.int64)
        there = carried is not None
        return cls(
            names=tuple(names),
            sizes=counts.sizes,
            distances=counts.thresholds,
            same=counts.same,
            other=counts.other,
            same_total=counts.same_total,
            other_total=counts.other_total,
            low=counts.low,
            high=counts.high,
            cuts=counts.cuts,
            carried=carried,
            carried_reason=why,
            carried_same=counts.extra_same[:, 0] if there else nothing,
            carried_other=counts.extra_other[:, 0] if there else nothing,
            reason=counts.reason,
        )

    def curves(self, far: tuple[float, float] = FAR_RANGE) -> Curves | None:
        """Utility curves of the classes with pairs over ``far``, which the counts were made for.

        ``None`` without a range.
        """
        kept = self.same_total > 0
        if self.reason is not None or self.low is None or self.high is None or not kept.any():
            return None
        units = self.units
        ranges = ends_without(
            self.distances,
            by_unit(self.other, units),
            by_unit(self.other_total, units),
            far,
        )
        return Curves(
            self.distances,
            self.low,
            self.high,
            self.same[kept],
            self.other[kept],
            self.same_total[kept],
            self.other_total[kept],
            ranges,
        )

    @property
    def units(self) -> Ints:
        """The unit of the jackknife that each class is of: the classes with pairs, in order."""
        return units_of(self.same_total)

    def tar_without(self, cut: FarCut, value: float) -> Reals:
        """TAR at a cut's target without each unit, the cut derived anew."""
        counts = (self.same, self.other, self.same_total, self.other_total)
        same, other, same_total, other_total = (by_unit(each, self.units) for each in counts)
        return tar_without(same, other, same_total, other_total, cut.target, value)

    def tables(self) -> dict[str, Mapping[str, Sequence[Any]]]:
        """The side files: one row per class, and one per threshold."""
        counts: dict[str, Sequence[Any]] = {
            "class": list(self.names),
            "size": self.sizes.tolist(),
            "same_total": self.same_total.tolist(),
            "other_total": self.other_total.tolist(),
            "same": list(self.same),
            "other": list(self.other),
            "carried_same": self.carried_same.tolist(),
            "carried_other": self.carried_other.tolist(),
        }
        for cut in self.cuts:
            if cut.accepted_same is not None:
                counts[f"same@FAR={cut.target:g}"] = cut.accepted_same.tolist()
        return {COUNTS: counts, THRESHOLDS: {"distance": self.distances.tolist()}}


def read_tally(side: Any) -> Tally:
    """The tally of a record from the files beside it (a :class:`harness.compare.sides.Side`).

    Raises :class:`InvalidError` when the record is of another suite.
    """
    part = side.record.part
    if not isinstance(part, ConsistencyPart):
        raise InvalidError("the record has no part of a consistency task")
    counts, steps = side.file(f"{COUNTS}.parquet"), side.file(f"{THRESHOLDS}.parquet")
    width = steps.num_rows

    def column(name: str) -> Ints:
        found: Ints = wholes_of(counts[name])
        return found

    def table(name: str) -> Ints:
        found: Ints = lists_of(counts[name], width)
        return found

    cuts = tuple(
        FarCut(
            point.target,
            point.threshold,
            point.allowed or 0,
            point.accepted_other,
            None if point.threshold is None else column(f"same@FAR={point.target:g}"),
            point.reason,
        )
        for point in part.points
    )
    (carried,) = part.carried
    return Tally(
        names=tuple(counts["class"].to_pylist()),
        sizes=column("size"),
        distances=np.asarray(as_numpy(steps["distance"]), dtype=np.float64),
        same=table("same"),
        other=table("other"),
        same_total=column("same_total"),
        other_total=column("other_total"),
        low=part.low,
        high=part.high,
        cuts=cuts,
        carried=carried.threshold,
        carried_reason=carried.reason,
        carried_same=column("carried_same"),
        carried_other=column("carried_other"),
        reason=part.reason,
    )
