"""What a policy's thresholds flag among the texts themselves, and how sure the rates are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import LEVEL, Bootstrap, Interval, Uncertainty
from harness.metrics.intervals.cuts import FEWEST, Flagged, Source, rests_on, thresholded_rate
from harness.metrics.intervals.shares import share_of_counts
from harness.metrics.thresholds.operating_point import allowed
from suites.detection.points import Slice
from suites.detection.units import Rows, Unit

Mask = NDArray[np.bool_]
Reals = NDArray[np.float64]

OPTIMISM = ", and from so few an oracle's TPR is too high on average"
"""Mean TPR of a threshold that allows 1 of 100: .440 where that of the population is .372."""


@dataclass(frozen=True, slots=True)
class Accused:
    """Human texts under thresholds: how many there are, how many are flagged, and the interval."""

    n_neg: int
    fp: int
    sure: Uncertainty

    @property
    def fpr(self) -> float | None:
        """Their share; ``None`` without human texts."""
        return self.fp / self.n_neg if self.n_neg else None


class Realised:
    """Thresholds of a policy, applied once to every text.

    Rates of a slice are over the units that hold positives of it. Those of units without
    calibration texts mean nothing: they have no threshold and flag nothing.
    """

    def __init__(
        self,
        scores: Reals,
        bootstrap: Bootstrap,
        units: Sequence[Unit],
        slices: Sequence[Slice],
        targets: Sequence[float],
        domain_of: NDArray[np.str_],
    ) -> None:
        self._scores, self._bootstrap = scores, bootstrap
        self._units = units
        self._domains = [piece.by.get("domain") for piece in slices]
        self._whole = [not piece.by for piece in slices]
        self._domain_of = domain_of
        self._rows = [np.flatnonzero(piece.positives) for piece in slices]
        self._concerned = [
            tuple(i for i, unit in enumerate(units) if piece.positives[unit.positives].any())
            for piece in slices
        ]
        ranked = [_ranked(scores, unit) for unit in units]
        self._sources = {
            target: [
                _source(scores, bootstrap, rows, target, conformal=unit.conformal)
                for unit, rows in zip(units, ranked, strict=True)
            ]
            for target in targets
        }
        self._above = {target: self._flag(target) for target in targets}
        self._accused: dict[tuple[int, float], Accused] = {}
        self._of_domain: dict[tuple[int, str], Rows] = {}

    @property
    def judged(self) -> Rows:
        """The test texts of all units."""
        none = np.zeros(0, dtype=np.int64)
        parts = [rows for unit in self._units for rows in (unit.negatives, unit.positives)]
        return np.concatenate([none, *parts])

    def units(self, number: int) -> list[Unit]:
        """Those that hold positives of a slice."""
        return [self._units[i] for i in self._concerned[number]]

    def human_units(self, number: int) -> list[Unit]:
        """Those whose human texts a slice's FPR is of.

        Of the whole under thresholds from other texts all that hold human texts, those of domains
        without machine texts among them: they are people who may be accused. Of a domain that
        domain's. Otherwise those that hold positives of the slice.
        """
        if self._whole[number] and any(unit.conformal for unit in self._units):
            return [unit for unit in self._units if len(unit.negatives)]
        domain = self._domains[number]
        if domain is not None:
            return [unit for unit in self._units if len(self._inside(unit, domain))]
        return [unit for unit in self.units(number) if len(unit.negatives)]

    def expected(self, number: int, target: float) -> int:
        """False positives that the target allows among the texts that give the thresholds."""
        taken = {id(unit) for unit in (*self.units(number), *self.human_units(number))}
        return sum(
            source.k
            for unit, source in zip(self._units, self._sources[target], strict=True)
            if id(unit) in taken
        )

    def sources(self, number: int, target: float) -> list[Source]:
        """The human texts that give the thresholds of a slice, one for each of its units."""
        return [self._sources[target][i] for i in self._concerned[number]]

    def few(self, number: int, target: float, *, oracle: bool) -> str:
        """What is to be said of a TPR whose threshold allows few false positives; else ``""``."""
        sources = [source for source in self.sources(number, target) if source.allowed < FEWEST]
        said = rests_on(sources)
        return said + OPTIMISM * oracle if said else ""

    def flagged(self, number: int, target: float) -> Flagged:
        """Positives of a slice above their thresholds, by cluster."""
        rows = self._rows[number]
        codes = self._bootstrap.codes[rows]
        return Flagged.of(self._above[target][rows], codes, self._bootstrap.clusters_count)

    def tpr(
        self, number: int, target: float, redrawn: Interval | None, *, level: float = LEVEL
    ) -> Uncertainty:
        """How sure the TPR of a slice is, given its percentiles over drawn thresholds."""
        return thresholded_rate(
            self.sources(number, target),
            self.flagged(number, target),
            self._scores[self._rows[number]],
            redrawn,
            level=level,
        )

    def accused(self, number: int, target: float) -> Accused:
        """The human texts of :meth:`human_units`, with the interval of the share flagged.

        Of a domain they are that domain's, also where one threshold is for all.
        """
        key = (number, target)
        if key not in self._accused:
            self._accused[key] = accused(
                self._above[target], self._negatives(number), self._bootstrap
            )
        return self._accused[key]

    def accused_rows(self, target: float, number: int = 0) -> Reals:
        """Per text, whether it is flagged; NaN for those that are no human texts of a slice's unit.

        The first slice is that of all texts.
        """
        found = np.full(len(self._scores), np.nan)
        rows = self._negatives(number)
        found[rows] = self._above[target][rows]
        return found

    def _negatives(self, number: int) -> Rows:
        none = np.zeros(0, dtype=np.int64)
        units, domain = self.human_units(number), self._domains[number]
        if domain is None:
            return np.concatenate([none, *(unit.negatives for unit in units)])
        return np.concatenate([none, *(self._inside(unit, domain) for unit in units)])

    def _inside(self, unit: Unit, domain: str) -> Rows:
        """The human test texts of a unit that are of a domain."""
        key = (id(unit), domain)
        if key not in self._of_domain:
            rows = unit.negatives
            self._of_domain[key] = rows[self._domain_of[rows] == domain]
        return self._of_domain[key]

    def _flag(self, target: float) -> Mask:
        above = np.zeros(len(self._scores), dtype=bool)
        for unit, source in zip(self._units, self._sources[target], strict=True):
            if len(source.scores):
                rows = np.concatenate([unit.negatives, unit.positives])
                above[rows] = self._scores[rows] > source.scores[source.k]
        return above


def accused(above: Mask, rows: Rows, bootstrap: Bootstrap) -> Accused:
    """Of some human texts those flagged, with the interval of their share over clusters."""
    found = Flagged.of(above[rows], bootstrap.codes[rows], bootstrap.clusters_count)
    sure = share_of_counts(found.right, found.sizes, level=bootstrap.level)
    return Accused(len(rows), int(found.right.sum()), sure)


def _ranked(scores: Reals, unit: Unit) -> Rows:
    return unit.calibration[np.argsort(-scores[unit.calibration], kind="stable")]


def _source(
    scores: Reals, bootstrap: Bootstrap, ranked: Rows, target: float, *, conformal: bool
) -> Source:
    return Source(
        scores[ranked],
        bootstrap.codes[ranked],
        target,
        allowed=int(allowed(target, len(ranked))),
        k=int(allowed(target, len(ranked), conformal=conformal)),
    )
