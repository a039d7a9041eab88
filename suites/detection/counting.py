"""Operating points of a whole task in bootstrap replicates: every policy, slice and target at once.

The texts are drawn once for all of them and sorted once. The integers are those of
:mod:`suites.detection.points`, which counts text by text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import Bootstrap
from harness.metrics.thresholds.cluster_draws import Top
from harness.metrics.thresholds.drawn_cells import Cells, Seen, Sharing
from harness.metrics.thresholds.drawn_items import Draws, exact_kind
from harness.metrics.thresholds.operating_point import Cuts, Ints, Reals
from suites.detection.points import Key, Replicates, Slice, count
from suites.detection.units import Unit

Asked = Mapping[str, tuple[Sequence[Unit], Sequence[float]]]
"""Policy -> its units and the target FPRs."""

_MOST_ENDS = 1 << 24
"""Cells times possible cuts that are tabulated together: 64 MB."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Machine texts of every slice in some replicates, added up over units.

    ``tp`` and ``undefined`` have the shape (replicates, targets, slices), ``n_pos`` has
    (replicates, slices).
    """

    tp: Ints
    n_pos: Ints
    undefined: NDArray[np.bool_]

    def tpr(self) -> Replicates:
        """TPR, NaN where undefined; shaped as ``tp``."""
        total = self.n_pos[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.undefined | (total == 0), np.nan, self.tp / total)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some of the slices, by number, and their texts under each policy's thresholds."""

    numbers: Sequence[int]
    policies: Mapping[str, Sharing]


class Counting:
    """Counts of all policies in block after block of replicates.

    By text, with the same integers, in blocks in which some cut is further down than expected.
    """

    def __init__(
        self, scores: Reals, bootstrap: Bootstrap, slices: Sequence[Slice], asked: Asked
    ) -> None:
        self._scores, self._codes = scores, bootstrap.codes
        self._slices, self._asked = slices, asked
        self._tops = {
            policy: [_top(scores, self._codes, unit, targets) for unit in units]
            for policy, (units, targets) in asked.items()
        }
        self._drawn = _Calibrating(bootstrap, [u for units, _ in asked.values() for u in units])
        self._parts = self._divided(range(len(slices)))

    def counts(self, draws: Draws) -> dict[str, Drawn]:
        """Everything counted in the replicates of a block, by policy."""
        found, drawn = {}, iter(self._drawn.in_each(draws))
        for policy, (_, targets) in self._asked.items():
            cuts = [top.cuts(draws, next(drawn)) for top in self._tops[policy]]
            known = [own for own in cuts if own is not None]
            if len(known) < len(cuts):
                found[policy] = self._by_text(policy, draws)
            else:
                found[policy] = self._by_cell(policy, draws, known, len(targets))
        return found

    def _by_cell(
        self, policy: str, draws: Draws, cuts: Sequence[Sequence[Cuts]], targets: int
    ) -> Drawn:
        shape = len(draws), targets, len(self._slices)
        tp, undefined = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=bool)
        n_pos = np.zeros((len(draws), len(self._slices)), dtype=np.int64)
        for part in self._parts if cuts else ():
            seen, own = Seen(part.policies[policy], draws), part.numbers
            n_pos[:, own] = seen.total
            for target in range(targets):
                at = [unit[target] for unit in cuts]
                tp[:, target, own], undefined[:, target, own] = seen.flagged(at)
        return Drawn(tp, n_pos, undefined)

    def _by_text(self, policy: str, draws: Draws) -> Drawn:
        units, targets = self._asked[policy]
        weights = draws.of(self._codes).astype(np.int64)
        counted = count(self._scores, weights, units, self._slices, targets)
        every = [
            [counted[number, target] for number in range(len(self._slices))] for target in targets
        ]
        return Drawn(
            tp=np.array([[own.tp for own in row] for row in every]).transpose(2, 0, 1),
            n_pos=np.array([own.n_pos for own in every[0]]).T,
            undefined=np.array([[own.undefined for own in row] for row in every]).transpose(
                2, 0, 1
            ),
        )

    def _divided(self, numbers: Sequence[int]) -> list[_Part]:
        """All slices together, or in halves where they make too many cells for a table."""
        every = [unit for units, _ in self._asked.values() for unit in units]
        positive = np.zeros(len(self._scores), dtype=bool)
        for unit in every:
            positive[unit.positives] = True
        rows = np.flatnonzero(positive)
        masks = {number: self._slices[number].positives[rows] for number in numbers}
        shared = {unit.positives.tobytes(): np.isin(rows, unit.positives) for unit in every}
        cells = Cells.make(
            self._scores[rows], self._codes[rows], [*shared.values(), *masks.values()]
        )
        within = {name: np.flatnonzero(cells.within(mask)) for name, mask in shared.items()}
        placed = {
            policy: [
                (within[unit.positives.tobytes()], top.values)
                for unit, top in zip(units, self._tops[policy], strict=True)
            ]
            for policy, (units, _) in self._asked.items()
        }
        ends = sum(
            len(own) * (len(values) + 1) for units in placed.values() for own, values in units
        )
        if ends > _MOST_ENDS and len(numbers) > 1:
            half = len(numbers) // 2
            return [*self._divided(numbers[:half]), *self._divided(numbers[half:])]
        groups = [cells.within(mask) for mask in masks.values()]
        return [
            _Part(
                list(numbers),
                {policy: Sharing(cells, units, groups) for policy, units in placed.items()},
            )
        ]


class _Calibrating:
    """How many texts that thresholds are taken from each replicate has, by unit."""

    def __init__(self, bootstrap: Bootstrap, units: Sequence[Unit]) -> None:
        codes, count = bootstrap.codes, bootstrap.clusters_count
        sizes = [np.bincount(codes[unit.calibration], minlength=count) for unit in units]
        every = np.stack(sizes, axis=1) if sizes else np.zeros((count, 0))
        self._held = np.flatnonzero(every.any(axis=1))
        self._sizes = every[self._held].astype(exact_kind(codes, count))

    def in_each(self, draws: Draws) -> Ints:
        """Shape (units, replicates)."""
        everywhere = len(self._held) == draws.counts.shape[1]
        held = draws.counts if everywhere else draws.counts.take(self._held, axis=1)
        return (held.astype(self._sizes.dtype) @ self._sizes).astype(np.int64).T


def _top(scores: Reals, codes: Ints, unit: Unit, targets: Sequence[float]) -> Top:
    own = unit.calibration
    return Top(scores[own], codes[own], targets, conformal=unit.conformal)


def by_key(blocks: Sequence[Replicates], targets: Sequence[float]) -> dict[Key, Replicates]:
    """Blocks of shape (some replicates, targets, slices) as one array by slice and target."""
    every = np.concatenate(blocks)
    return {
        (number, target): np.ascontiguousarray(every[:, column, number])
        for column, target in enumerate(targets)
        for number in range(every.shape[2])
    }
