"""Operating points of a whole task: integers and bootstrap replicates by policy and slice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import Bootstrap
from harness.metrics.thresholds.cluster_draws import Table, Tallied, Top
from harness.metrics.thresholds.drawn_items import (
    Draws,
    Placed,
    Pool,
    Summed,
    blocks_of,
    exact_kind,
)
from harness.metrics.thresholds.operating_point import Cuts, Ints, Ranked, Reals, cuts
from suites.detection.units import Rows, Unit

Replicates = NDArray[np.float64]

_TABLE_CELLS = 1 << 24
"""What all tables of a unit may hold: 64 MB in single precision."""


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
    return _count(scores, ones, units, slices, targets)


def replicate(
    scores: Reals,
    bootstrap: Bootstrap,
    units: Sequence[Unit],
    slices: Sequence[Slice],
    targets: Sequence[float],
) -> dict[Key, Replicates]:
    """TPR of every slice and target in every replicate, its cuts drawn anew; NaN if undefined."""
    counting = Counting(scores, bootstrap, units, slices, targets)
    return joined(tprs(counting.counts(draws)) for draws in blocks_of(bootstrap))


def tprs(counted: Mapping[Key, Counts]) -> dict[Key, Replicates]:
    """TPR of every slice and target in a block of replicates; NaN where undefined."""
    return {key: counts.tpr() for key, counts in counted.items()}


def joined(blocks: Iterable[Mapping[Any, Replicates]]) -> dict[Any, Replicates]:
    """Replicates of blocks one behind the other, under their names."""
    found: dict[Any, list[Replicates]] = {}
    for block in blocks:
        for key, values in block.items():
            found.setdefault(key, []).append(values)
    return {key: np.concatenate(parts) for key, parts in found.items()}


@dataclass(frozen=True, slots=True)
class _Seen:
    """A unit in some replicates: its cuts at every target, its positives by slice."""

    cuts: Sequence[Cuts]
    positives: Iterable[tuple[int, Ranked | Tallied | Summed]]

    def add_to(self, found: Mapping[Key, Counts], targets: Sequence[float]) -> None:
        """Add the unit's counts to those of every slice and target."""
        for number, positives in self.positives:
            n_pos = positives.total
            for target, cut in zip(targets, self.cuts, strict=True):
                found[number, target].add(positives.flagged(cut), cut, n_pos)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A unit's texts sorted and its possible cuts placed among them, once for all replicates.

    Texts of few clusters are tabulated by cluster, others summed up in their order.
    """

    unit: Unit
    top: Top
    positives: Sequence[tuple[int, Table | Placed]]

    @classmethod
    def make(
        cls,
        scores: Reals,
        bootstrap: Bootstrap,
        pool: Pool,
        asked: tuple[Unit, Sequence[Slice], Sequence[float]],
    ) -> _Prepared:
        """Choose what can be a cut, and how each slice is counted."""
        unit, slices, targets = asked
        codes, clusters = bootstrap.codes, bootstrap.clusters_count
        kind, own = exact_kind(codes, clusters), unit.calibration
        top = Top(scores[own], codes[own], clusters, targets, kind, conformal=unit.conformal)
        positives: list[tuple[int, Table | Placed]] = []
        room = _TABLE_CELLS
        for number, rows in _parts(unit, slices):
            few = len(np.unique(codes[rows])) * len(targets) <= len(rows)
            table = Table(scores[rows], codes[rows], top.values, kind) if few else None
            if table is not None and table.cells <= room:
                room -= table.cells
                positives.append((number, table))
            else:
                positives.append((number, Placed(pool.items(rows), top.values)))
        return cls(unit, top, positives)

    def see(self, draws: Draws, drawn: Ints) -> _Seen | None:
        """The unit in these replicates; ``None`` where a cut is further down than was looked."""
        cut = self.top.cuts(draws, drawn)
        if cut is None:
            return None
        return _Seen(cut, ((number, _drawn(part, draws)) for number, part in self.positives))


def _drawn(part: Table | Placed, draws: Draws) -> Tallied | Summed:
    return Tallied(part, draws) if isinstance(part, Table) else Summed(part, draws)


class Counting:
    """Counts of a policy's units in block after block of replicates.

    By text, with the same integers, in blocks in which some cut is further down than expected.
    ``pool`` may be shared with others that count the same texts.
    """

    def __init__(
        self,
        scores: Reals,
        bootstrap: Bootstrap,
        units: Sequence[Unit],
        slices: Sequence[Slice],
        targets: Sequence[float],
        *,
        pool: Pool | None = None,
    ) -> None:
        self._scores, self._codes = scores, bootstrap.codes
        self._slices, self._targets = slices, targets
        shared = pool or Pool(scores, bootstrap.codes)
        self._units = [
            _Prepared.make(scores, bootstrap, shared, (unit, slices, targets)) for unit in units
        ]
        # One pass over the draws for all units.
        sizes = [prepared.top.sizes for prepared in self._units]
        self._sizes = np.stack(sizes, axis=1) if sizes else np.zeros((bootstrap.clusters_count, 0))

    def counts(self, draws: Draws) -> dict[Key, Counts]:
        """Everything counted in the replicates of a block."""
        found = _nothing(len(draws), self._slices, self._targets)
        calibrating = (draws.exact @ self._sizes).astype(np.int64)
        for prepared, drawn in zip(self._units, calibrating.T, strict=True):
            seen = prepared.see(draws, drawn) or self._by_text(prepared.unit, draws)
            seen.add_to(found, self._targets)
        return found

    def _by_text(self, unit: Unit, draws: Draws) -> _Seen:
        weights = draws.counts.take(self._codes, axis=1)
        return _by_text(self._scores, weights, unit, self._slices, self._targets)


def _count(
    scores: Reals,
    weights: Ints,
    units: Sequence[Unit],
    slices: Sequence[Slice],
    targets: Sequence[float],
) -> dict[Key, Counts]:
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
