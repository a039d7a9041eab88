"""Operating points of a whole task in integers, by policy and slice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.thresholds.operating_point import Cuts, Ints, Ranked, Reals, cuts
from suites.detection.units import Rows, Unit

Replicates = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slice:
    """Positives that share a column's value; ``by`` is empty for all of them."""

    by: Mapping[str, str]
    positives: NDArray[np.bool_]


@dataclass(slots=True)
class Counts:
    """Machine texts of one slice at one target, per replicate (or once), added up over units.

    ``k`` are the false positives allowed among the human texts that give the cuts.
    """

    tp: Ints
    k: Ints
    n_pos: Ints
    undefined: NDArray[np.bool_]

    @classmethod
    def zeros(cls, rows: int) -> Counts:
        """Nothing counted yet."""
        tp, k, n_pos = np.zeros((3, rows), dtype=np.int64)
        return cls(tp, k, n_pos, np.zeros(rows, dtype=bool))

    def add(self, tp: Ints, cut: Cuts, n_pos: Ints) -> None:
        """Add a unit that has positives of the slice; one without a cut leaves all undefined."""
        matters = n_pos > 0
        self.tp += tp
        self.k += np.where(matters, cut.k, 0)
        self.n_pos += n_pos
        self.undefined |= matters & (cut.row < 0)

    def tpr(self) -> Replicates:
        """TPR, NaN where undefined."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.undefined | (self.n_pos == 0), np.nan, self.tp / self.n_pos)


Key = tuple[int, float]
"""Number of a slice and target FPR."""


def count_once(
    scores: Reals, units: Sequence[Unit], slices: Sequence[Slice], targets: Sequence[float]
) -> dict[Key, Counts]:
    """The counts themselves: every item counts once."""
    ones = np.ones((1, len(scores)), dtype=np.int64)
    return count(scores, ones, units, slices, targets)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A unit in some replicates: its cuts at every target, its positives by slice."""

    cuts: Sequence[Cuts]
    positives: Iterable[tuple[int, Ranked]]

    def add_to(self, found: Mapping[Key, Counts], targets: Sequence[float]) -> None:
        """Add the unit's counts to those of every slice and target."""
        for number, positives in self.positives:
            n_pos = positives.total
            for target, cut in zip(targets, self.cuts, strict=True):
                found[number, target].add(positives.flagged(cut), cut, n_pos)


def count(
    scores: Reals,
    weights: Ints,
    units: Sequence[Unit],
    slices: Sequence[Slice],
    targets: Sequence[float],
) -> dict[Key, Counts]:
    """The counts for weights of the items, one row per replicate, from every item in each row."""
    found = _nothing(len(weights), slices, targets)
    for unit in units:
        _by_text(scores, weights, unit, slices, targets).add_to(found, targets)
    return found


def _by_text(
    scores: Reals, weights: Ints, unit: Unit, slices: Sequence[Slice], targets: Sequence[float]
) -> _Seen:
    own = weights[:, unit.calibration]
    return _Seen(
        [cuts(scores[unit.calibration], own, t, conformal=unit.conformal) for t in targets],
        ((number, Ranked(scores[rows], weights[:, rows])) for number, rows in _parts(unit, slices)),
    )


def _nothing(rows: int, slices: Sequence[Slice], targets: Sequence[float]) -> dict[Key, Counts]:
    keys = [(number, target) for number in range(len(slices)) for target in targets]
    return {key: Counts.zeros(rows) for key in keys}


def _parts(unit: Unit, slices: Sequence[Slice]) -> Iterator[tuple[int, Rows]]:
    for number, piece in enumerate(slices):
        rows = unit.positives[piece.positives[unit.positives]]
        if len(rows):
            yield number, rows
