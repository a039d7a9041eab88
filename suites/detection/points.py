"""Operating points of a whole task: integers and bootstrap replicates by policy and slice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import Bootstrap
from harness.metrics.operating_point import Cuts, Ints, Ranked, Reals, cuts
from suites.detection.units import Rows, Unit

Replicates = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slice:
    """Positives that share a column's value; ``by`` is empty for all of them."""

    by: Mapping[str, str]
    positives: NDArray[np.bool_]


@dataclass(slots=True)
class Counts:
    """Counts of one slice at one target, per replicate (or once): added up over units."""

    fp: Ints
    tp: Ints
    k: Ints
    n_neg: Ints
    n_pos: Ints
    undefined: NDArray[np.bool_]

    @classmethod
    def zeros(cls, rows: int) -> Counts:
        """Nothing counted yet."""
        fp, tp, k, n_neg, n_pos = np.zeros((5, rows), dtype=np.int64)
        return cls(fp, tp, k, n_neg, n_pos, np.zeros(rows, dtype=bool))

    def add(self, fp: Ints, tp: Ints, cut: Cuts, n_neg: Ints, n_pos: Ints) -> None:
        """Add a unit that has positives of the slice; one without a cut leaves all undefined."""
        matters = n_pos > 0
        self.fp += np.where(matters, fp, 0)
        self.tp += tp
        self.k += np.where(matters, cut.k, 0)
        self.n_neg += np.where(matters, n_neg, 0)
        self.n_pos += n_pos
        self.undefined |= matters & (cut.row < 0)

    def tpr(self) -> Replicates:
        """TPR, NaN where undefined."""
        return _ratio(self.tp, self.n_pos, self.undefined)

    def fpr(self) -> Replicates:
        """FPR, NaN where undefined."""
        return _ratio(self.fp, self.n_neg, self.undefined)


Key = tuple[int, float]
"""Number of a slice and target FPR."""


def count_once(
    scores: Reals, units: Sequence[Unit], slices: Sequence[Slice], targets: Sequence[float]
) -> dict[Key, Counts]:
    """The counts themselves: every item counts once."""
    ones = np.ones((1, len(scores)), dtype=np.int64)
    return _count(scores, ones, units, slices, targets)


def replicate(
    scores: Reals,
    bootstrap: Bootstrap,
    units: Sequence[Unit],
    slices: Sequence[Slice],
    targets: Sequence[float],
) -> tuple[dict[Key, Replicates], dict[Key, Replicates]]:
    """TPR and FPR of every slice and target in every replicate, NaN where undefined."""
    tpr: dict[Key, list[Replicates]] = {}
    fpr: dict[Key, list[Replicates]] = {}
    for weights in bootstrap.weights():
        for key, counts in _count(scores, weights, units, slices, targets).items():
            tpr.setdefault(key, []).append(counts.tpr())
            fpr.setdefault(key, []).append(counts.fpr())
    return _joined(tpr), _joined(fpr)


def _count(
    scores: Reals,
    weights: Ints,
    units: Sequence[Unit],
    slices: Sequence[Slice],
    targets: Sequence[float],
) -> dict[Key, Counts]:
    found = {
        (number, target): Counts.zeros(len(weights))
        for number in range(len(slices))
        for target in targets
    }
    for unit in units:
        negatives = Ranked(scores[unit.negatives], weights[:, unit.negatives])
        own = [
            (target, cuts(scores[unit.calibration], weights[:, unit.calibration], target))
            for target in targets
        ]
        flagged = [negatives.flagged(cut) for _, cut in own]
        for number, rows in _parts(unit, slices):
            positives = Ranked(scores[rows], weights[:, rows])
            for (target, cut), fp in zip(own, flagged, strict=True):
                found[number, target].add(
                    fp, positives.flagged(cut), cut, negatives.total, positives.total
                )
    return found


def _parts(unit: Unit, slices: Sequence[Slice]) -> Iterator[tuple[int, Rows]]:
    for number, piece in enumerate(slices):
        rows = unit.positives[piece.positives[unit.positives]]
        if len(rows):
            yield number, rows


def _ratio(part: Ints, whole: Ints, undefined: NDArray[np.bool_]) -> Replicates:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(undefined | (whole == 0), np.nan, part / whole)


def _joined(blocks: dict[Key, list[Replicates]]) -> dict[Key, Replicates]:
    return {key: np.concatenate(parts) for key, parts in blocks.items()}
