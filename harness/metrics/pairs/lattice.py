"""The lattice of thresholds: which distances pairs are counted at, before and after they are known.

A first pass only knows the bins that cosines fall into, so it gives windows that ranks lie in; the
lattice made of them is as fine as the exact range will need, and that range then cuts it down and
thins it out. Steps are powers of two, so that a coarser lattice is part of every finer one.

On either side of the range pairs are counted more coarsely, as far as the cuts of FARs may move
when a class is left out: what TAR would be without it is read off there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.metrics.pairs.items import Ints, Items, Reals
from harness.metrics.pairs.kernels import BINS, HALF

STEPS = 128
"""Lattice points within the range, at least; up to twice as many."""

BESIDE = 32
"""The same on either side of the range."""

ROOM = 0.2
"""Beside the range pairs are counted up to ranks that are at least this share off a target's."""

LONGER = 1e-6
"""How far a cosine can lie beyond -1."""

MOST_STEPS = 4096
NARROW = "the distances at the two ends of the range cannot be told apart"
NO_PAIRS = "there are no pairs of two classes"


@dataclass(frozen=True, slots=True)
class Ranks:
    """Ranks of cosines, largest first from 1: of the range's ends, and of the cuts.

    ``beside`` are those up to which pairs are counted on either side of the range.
    """

    ends: tuple[int, int]
    beside: tuple[int, int]
    allowed: dict[float, int]
    wanted: tuple[int, ...]

    @classmethod
    def make(
        cls, pairs: int, far: tuple[float, float], targets: Sequence[float], largest: int = 0
    ) -> Ranks:
        """Ranks among ``pairs`` cosines of a range ``far`` of FAR and of the FARs ``targets``.

        ``largest`` is how many of the pairs go at most when a unit is left out.
        """
        low, high = (max(1, math.ceil(share * pairs - 1e-9)) for share in far)
        allowed = {target: math.floor(target * pairs + 1e-9) for target in targets}
        cuts = [k + 1 for k in allowed.values() if 1 <= k < pairs]
        beside = _beside(pairs, [target for target, k in allowed.items() if k], largest)
        around = (min(low, beside[0]), max(high, beside[1])) if beside else (low, high)
        wanted = sorted({low, high, *cuts, *around}) if pairs else []
        return cls((low, high), around, allowed, tuple(wanted))

    @property
    def segments(self) -> tuple[tuple[int, int, int], ...]:
        """First and last rank and least number of steps: of the range, below it, beyond it."""
        (near, far), (low, high) = self.beside, self.ends
        return (low, high, STEPS), (near, low, BESIDE), (high, far, BESIDE)


def _beside(pairs: int, targets: Sequence[float], largest: int) -> tuple[int, int] | None:
    """Ranks between which the cuts of the targets lie, whichever unit is left out.

    A unit without false accepts leaves fewer pairs to the same accepts; of one that has nothing
    else, ``largest`` accepts go.
    """
    if not targets:
        return None
    least, most = min(targets), max(targets)
    largest = min(largest, pairs)
    left = pairs - largest
    near = math.floor(least * min(left, (1 - ROOM) * pairs))
    far = math.ceil(max(most * left + largest, (1 + ROOM) * most * pairs))
    return max(1, near), min(pairs, far)


@dataclass(frozen=True, slots=True)
class Windows:
    """Bins that must hold the cosines of some ranks, as (lowest, highest) bin by rank.

    A window has ``margin`` bins on either side of the one where a rank was seen.
    """

    by_rank: dict[int, tuple[int, int]]
    margin: int

    @classmethod
    def make(cls, items: Items, histogram: Ints, ranks: Sequence[int]) -> Windows:
        """Windows of ``ranks`` from a histogram of all cosines, wide enough for their error."""
        above = np.cumsum(histogram[::-1])  # an order statistic moves no further than its values
        margin = math.ceil(2 * items.bound * HALF) + 1
        found = {}
        for rank in ranks:
            middle = BINS - 1 - int(np.searchsorted(above, rank))
            found[rank] = (max(0, middle - margin), min(BINS - 1, middle + margin))
        return cls(found, margin)

    @property
    def sorted(self) -> list[tuple[int, int]]:
        """Distinct windows by their highest bin."""
        return sorted(set(self.by_rank.values()), key=lambda window: window[1])

    def distances(self, rank: int) -> tuple[float, float]:
        """Least and largest distance that the window of a rank admits."""
        low, high = self.by_rank[rank]
        # The outermost bins hold what float32 vectors a rounding longer than 1 give beyond them.
        beyond = 0.0 if low else LONGER
        return distance((high + 1) / HALF - 1), distance(low / HALF - 1 - beyond)


def distance(cosine: float) -> float:
    """Euclidean distance of two vectors of length 1."""
    return math.sqrt(max(0.0, 2 - 2 * cosine))


def lattice_of(windows: Windows, ranks: Ranks) -> Reals:
    """Points that hold those of :func:`steps_of` for whatever ranges the windows admit."""
    if not windows.by_rank:
        return np.empty(0)
    every = [_points(windows, *segment) for segment in ranks.segments]
    return np.unique(np.concatenate(every)) if len(every[0]) else np.empty(0)


def _points(windows: Windows, first: int, last: int, steps: int) -> Reals:
    """Of one segment: the step is that of the narrowest range, the ends those of the widest."""
    (start, low), (high, end) = windows.distances(first), windows.distances(last)
    if high <= low:
        return np.empty(0)
    step, coarsest = _step(high - low, steps), _step(end - start, steps)
    begin, stop = _covering(start, end, coarsest)
    ratio = round(coarsest / step)
    points = np.arange(begin * ratio, stop * ratio + 1)
    return np.asarray(points * step if len(points) <= MOST_STEPS else np.empty(0))


def _step(width: float, steps: int = STEPS) -> float:
    """The largest power of two that fits so often, exact next to a power of two as well."""
    return math.ldexp(0.5, math.frexp(width / steps)[1])


def _covering(low: float, high: float, step: float) -> tuple[int, int]:
    """Numbers of the first and the last lattice point that cover a range."""
    return math.floor(low / step), math.ceil(high / step)


def steps_of(
    lattice: Reals, windows: Windows, ranks: Ranks, cosines: Mapping[int, float], pairs: int
) -> tuple[Reals, str | None]:
    """The distances to keep: those of the exact range, one beyond each end, and fewer beside it.

    ``cosines`` are what stands at each rank. Without a range there are none, for the reason given.
    """
    if not pairs:
        return np.empty(0), NO_PAIRS
    low, high = (distance(cosines[rank]) for rank in ranks.ends)
    if high <= low or not len(lattice):
        return np.empty(0), NARROW
    steps = _exact(low, high, STEPS)
    below, beyond = (_side(windows, cosines, *ends) for ends in ranks.segments[1:])
    return np.concatenate([below[below < steps[0]], steps, beyond[beyond > steps[-1]]]), None


def _exact(low: float, high: float, steps: int) -> Reals:
    step = _step(high - low, steps)
    first, last = _covering(low, high, step)
    return np.asarray(np.arange(first, last + 1) * step)


def _side(
    windows: Windows, cosines: Mapping[int, float], first: int, last: int, steps: int
) -> Reals:
    """Of one side; none where its ends are so close that their windows might not be apart."""
    near, far = cosines[first], cosines[last]
    if (near - far) * HALF <= 4 * (windows.margin + 2):
        return np.empty(0)
    return _exact(distance(near), distance(far), steps)
