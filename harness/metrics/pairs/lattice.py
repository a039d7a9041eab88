"""The lattice of thresholds: which distances pairs are counted at, before and after they are known.

A first pass only knows the bins that cosines fall into, so it gives windows that ranks lie in; the
lattice made of them is as fine as the exact range will need, and that range then cuts it down and
thins it out. Steps are powers of two, so that a coarser lattice is part of every finer one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.metrics.pairs.items import Ints, Items, Reals
from harness.metrics.pairs.kernels import BINS, HALF

STEPS = 128
"""Lattice points within the range, at least; up to twice as many."""

MOST_STEPS = 4096
NARROW = "the distances at the two ends of the range cannot be told apart"
NO_PAIRS = "there are no pairs of two classes"


@dataclass(frozen=True, slots=True)
class Ranks:
    """Ranks of cosines, largest first from 1: of the range's ends, and of the cuts."""

    ends: tuple[int, int]
    allowed: dict[float, int]
    wanted: tuple[int, ...]

    @classmethod
    def make(cls, pairs: int, far: tuple[float, float], targets: Sequence[float]) -> Ranks:
        """Ranks among ``pairs`` cosines of a range ``far`` of FAR and of the FARs ``targets``."""
        low, high = (max(1, math.ceil(share * pairs - 1e-9)) for share in far)
        allowed = {target: math.floor(target * pairs + 1e-9) for target in targets}
        cuts = [k + 1 for k in allowed.values() if 1 <= k < pairs]
        wanted = sorted({low, high, *cuts}) if pairs else []
        return cls((low, high), allowed, tuple(wanted))


@dataclass(frozen=True, slots=True)
class Windows:
    """Bins that must hold the cosines of some ranks, as (lowest, highest) bin by rank."""

    by_rank: dict[int, tuple[int, int]]

    @classmethod
    def make(cls, items: Items, histogram: Ints, ranks: Sequence[int]) -> Windows:
        """Windows of ``ranks`` from a histogram of all cosines, wide enough for their error."""
        above = np.cumsum(histogram[::-1])  # an order statistic moves no further than its values
        margin = math.ceil(2 * items.bound * HALF) + 1
        found = {}
        for rank in ranks:
            middle = BINS - 1 - int(np.searchsorted(above, rank))
            found[rank] = (max(0, middle - margin), min(BINS - 1, middle + margin))
        return cls(found)

    @property
    def sorted(self) -> list[tuple[int, int]]:
        """Distinct windows by their highest bin."""
        return sorted(set(self.by_rank.values()), key=lambda window: window[1])

    def distances(self, rank: int) -> tuple[float, float]:
        """Least and largest distance that the window of a rank admits."""
        low, high = self.by_rank[rank]
        return distance((high + 1) / HALF - 1), distance(low / HALF - 1)


def distance(cosine: float) -> float:
    """Euclidean distance of two vectors of length 1."""
    return math.sqrt(max(0.0, 2 - 2 * cosine))


def lattice_of(windows: Windows, ranks: Ranks) -> Reals:
    """Lattice points that hold those of :func:`steps_of` for whatever range the windows admit.

    The step is that of the narrowest range, the ends are those that the widest would need.
    """
    if not windows.by_rank:
        return np.empty(0)
    (start, low), (high, end) = (windows.distances(rank) for rank in ranks.ends)
    if high <= low:
        return np.empty(0)
    step, coarsest = _step(high - low), _step(end - start)
    first, last = _covering(start, end, coarsest)
    ratio = round(coarsest / step)
    points = np.arange(first * ratio, last * ratio + 1)
    return np.asarray(points * step if len(points) <= MOST_STEPS else np.empty(0))


def _step(width: float) -> float:
    """The largest power of two that fits so often, exact next to a power of two as well."""
    return math.ldexp(0.5, math.frexp(width / STEPS)[1])


def _covering(low: float, high: float, step: float) -> tuple[int, int]:
    """Numbers of the first and the last lattice point that cover a range."""
    return math.floor(low / step), math.ceil(high / step)


def steps_of(
    lattice: Reals, low: float | None, high: float | None, pairs: int
) -> tuple[Reals, str | None]:
    """The lattice points of the exact range, one beyond each end; or why there are none."""
    if not pairs:
        return np.empty(0), NO_PAIRS
    if low is None or high is None or high <= low or not len(lattice):
        return np.empty(0), NARROW
    step = _step(high - low)
    first, last = _covering(low, high, step)
    return np.asarray(np.arange(first, last + 1) * step), None
