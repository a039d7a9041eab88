"""Operating points of a whole task: integers and bootstrap replicates by policy and slice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import Bootstrap
from harness.metrics.thresholds.cluster_draws import Draws, Table, Tallied, Top, exact_kind
from harness.metrics.thresholds.operating_point import Cuts, Ints, Ranked, Reals, cuts
from suites.detection.units import Rows, Unit

Replicates = NDArray[np.float64]

_TABLE_CELLS = 1 << 24
"""What all tables of a policy may hold: 64 MB in single precision."""


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
    found: dict[Key, list[Replicates]] = {}
    for block in _replicated(scores, bootstrap, units, slices, targets):
        for key, counts in block.items():
            found.setdefault(key, []).append(counts.tpr())
    return {key: np.concatenate(parts) for key, parts in found.items()}


@dataclass(frozen=True, slots=True)
class _Seen:
    """A unit in some replicates: its cuts at every target, its positives by slice."""

    cuts: Sequence[Cuts]
    positives: Iterable[tuple[int, Ranked | Tallied]]

    def add_to(self, found: Mapping[Key, Counts], targets: Sequence[float]) -> None:
        """Add the unit's counts to those of every slice and target."""
        for number, positives in self.positives:
            n_pos = positives.total
            for target, cut in zip(targets, self.cuts, strict=True):
                found[number, target].add(positives.flagged(cut), cut, n_pos)


@dataclass(frozen=True, slots=True)
class _Tables:
    """A unit's texts tabulated by cluster."""

    top: Top
    positives: Sequence[tuple[int, Table]]

    @classmethod
    def make(
        cls,
        scores: Reals,
        bootstrap: Bootstrap,
        unit: Unit,
        slices: Sequence[Slice],
        targets: Sequence[float],
    ) -> _Tables:
        """Choose what can be a cut; the tables themselves are filled on their first use."""
        codes, clusters = bootstrap.codes, bootstrap.clusters_count
        kind = exact_kind(codes, clusters)
        own = unit.calibration
        top = Top(scores[own], codes[own], clusters, targets, kind, conformal=unit.conformal)
        positives = [
            (number, Table(scores[rows], codes[rows], top.values, kind))
            for number, rows in _parts(unit, slices)
        ]
        return cls(top, positives)

    @property
    def cells(self) -> int:
        """Size of all tables."""
        return sum(table.cells for _, table in self.positives)

    def see(self, draws: Draws) -> _Seen | None:
        """The unit in these replicates; ``None`` where a cut is not among those tabulated."""
        cut = self.top.cuts(draws)
        if cut is None:
            return None
        positives = ((number, Tallied(table, draws)) for number, table in self.positives)
        return _Seen(cut, positives)


def _replicated(
    scores: Reals,
    bootstrap: Bootstrap,
    units: Sequence[Unit],
    slices: Sequence[Slice],
    targets: Sequence[float],
) -> Iterator[dict[Key, Counts]]:
    """The counts of block after block of replicates: by cluster where that is possible.

    By text, with the same integers, for units without tables and for blocks in which some cut is
    further down than the tables reach.
    """
    kind = exact_kind(bootstrap.codes, bootstrap.clusters_count)
    tables = _tabulated(scores, bootstrap, units, slices, targets)
    for counts in bootstrap.counts():
        draws = Draws(counts, counts.astype(kind))
        seen = [table.see(draws) if table else None for table in tables]
        if None in seen:
            weights = counts.take(bootstrap.codes, axis=1)
        found = _nothing(len(counts), slices, targets)
        for unit, own in zip(units, seen, strict=True):
            (own or _by_text(scores, weights, unit, slices, targets)).add_to(found, targets)
        yield found


def _tabulated(
    scores: Reals,
    bootstrap: Bootstrap,
    units: Sequence[Unit],
    slices: Sequence[Slice],
    targets: Sequence[float],
) -> list[_Tables | None]:
    """Tables for every unit whose own still fit in memory beside those before it."""
    found: list[_Tables | None] = []
    room = _TABLE_CELLS
    for unit in units:
        made = _Tables.make(scores, bootstrap, unit, slices, targets)
        fits = made.cells <= room
        room -= made.cells if fits else 0
        found.append(made if fits else None)
    return found


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
