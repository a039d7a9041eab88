"""Losses of a known size planted into paired items: how often would compare call them worse?

Where nothing is known but the pairs of two models, a candidate that is as good as the baseline is
made by exchanging the two at random, source by source. The loss is then put in: items fail one by
one, each with the same chance, and fall to the worst value of the metric. No loss of the same size
spreads wider, so none is harder to see. What is asked of the result is the very test that
:mod:`harness.compare.verdicts` calls worse by, at the level that Holm's rule leaves to the smallest
p of a family, put into arrays (tests hold the two to each other).

All values are turned and moved so that 0 is the worst and more is better.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from statistics import NormalDist
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import LEVEL, TOLERANCE
from harness.metrics.intervals.distributions import binomial_tail, t_quantile
from harness.metrics.intervals.shares import sign_flip_p

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

SEED = 20261130
DRAWS = 1000
"""Simulated comparisons of each size of loss: a rate of .8 is known to within .025."""

MOST_SIMULATED = 5_000
"""Items beyond which their sum is taken for normal, and not drawn."""

_CELLS = 1 << 21

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Bar:
    """What a loss has to pass: the margin, and the one-sided p at which it is shown."""

    margin: float
    level: float

    @property
    def z(self) -> float:
        """The normal quantile of the level."""
        return _NORMAL.inv_cdf(1 - self.level)

    def t(self, degrees: float) -> float:
        """Student's quantile of the level."""
        return t_quantile(1 - 2 * self.level, degrees)


class Planted(Protocol):
    """A population of pairs into which a loss is planted."""

    @property
    def most(self) -> float:
        """The largest loss there can be; all of it is gone then."""

    def chance(self, loss: float) -> float:
        """How often the loss is called worse, without drawing where that takes long."""

    def simulated(self, loss: float, draws: int = DRAWS) -> float:
        """The same by drawing, where items are at hand to draw."""


@dataclass(frozen=True)
class Shares:
    """Right or wrong, each item of a source of its own: of these only counts matter.

    ``lost``, ``won`` and ``kept`` count items that the baseline alone, the candidate alone, and
    both have right, of ``n``.
    """

    lost: int
    won: int
    kept: int
    n: int
    bar: Bar

    @property
    def most(self) -> float:
        """What both have right, on average."""
        return (self.kept + (self.lost + self.won) / 2) / self.n

    def chance(self, loss: float) -> float:
        """By counts that are normal and rounded, at points spread evenly, put to the same test.

        ``numpy.random`` takes longer to import than all the rest of this.
        """
        fails = self._fails(loss)
        flipped = self.lost + self.won
        swapped, failed, undone = _spread(DRAWS // 2)
        won = _counts(np.full(len(swapped), flipped), 0.5, swapped)
        lost = flipped - won + _counts(np.full(len(swapped), self.kept), fails, failed)
        return float(shares_worse(lost, won - _counts(won, fails, undone), self.n, self.bar).mean())

    def simulated(self, loss: float, draws: int = DRAWS) -> float:
        """How often the loss is called worse, of so many draws."""
        random, fails = np.random.default_rng(SEED), self._fails(loss)
        flipped = self.lost + self.won
        won = random.binomial(flipped, 0.5, draws)
        lost = flipped - won + random.binomial(self.kept, fails, draws)
        won = random.binomial(won, 1 - fails)
        return float(shares_worse(lost, won, self.n, self.bar).mean())

    def _fails(self, loss: float) -> float:
        """The chance of each right answer to become wrong."""
        return min(1.0, loss / self.most) if self.most else 0.0


@dataclass(frozen=True)
class Items:
    """Values of items on both sides in [0, 1], shape (n,), whose mean the metric is.

    ``codes`` number the sources, ``None`` where each item is one of its own. ``shares``: they are
    0 and 1 alone, so that a difference is one of shares.
    """

    old: Reals
    new: Reals
    codes: Ints | None
    bar: Bar
    shares: bool = False

    @property
    def most(self) -> float:
        """The mean of both sides."""
        return float(self.old.mean() + self.new.mean()) / 2

    @cached_property
    def _places(self) -> Ints:
        """Numbers of sources without gaps."""
        if self.codes is None:
            return np.arange(len(self.old))
        return np.unique(self.codes, return_inverse=True)[1].reshape(-1)

    @cached_property
    def _sizes(self) -> Reals:
        return np.bincount(self._places).astype(np.float64)

    @property
    def degrees(self) -> int:
        """One less than there are sources."""
        return len(self._sizes) - 1

    def error(self, loss: float) -> float:
        """Standard error of the mean difference with a loss in it, over all draws.

        Of a source both ways round, and of the items that fail, which spread by themselves.
        """
        fails = min(1.0, loss / self.most) if self.most else 0.0
        apart, level, sized, sizes, items = self._squares
        # Sources one way round and the other, halved: of apart - fails new + loss sizes, squared.
        square = (1 - fails) * apart + fails**2 * level + loss**2 * sizes - fails * loss * sized
        square = max(0.0, square) + fails * (1 - fails) * items
        units = len(self._sizes)
        return math.sqrt(units / max(1, units - 1) * square) / len(self.old)

    @cached_property
    def _squares(self) -> tuple[float, float, float, float, float]:
        """Sums over sources that an error is made of: once, however many losses are asked for."""
        old, new = (np.bincount(self._places, side) for side in (self.old, self.new))
        return (
            float(((new - old) ** 2).sum()),
            float((old**2 + new**2).sum()) / 2,
            float((old + new) @ self._sizes),
            float((self._sizes**2).sum()),
            float((self.old**2 + self.new**2).sum()) / 2,
        )

    def chance(self, loss: float) -> float:
        """By the normal distribution of the mean, with an error that is itself an estimate."""
        if self.shares and 2.0**-self.degrees > 2 * self.bar.level:
            return 0.0
        error = self.error(loss)
        if error <= TOLERANCE:
            return float(loss > self.bar.margin)
        if not self.shares:
            return t_power((loss - self.bar.margin) / error, self.bar.t(self.degrees), self.degrees)
        error *= math.sqrt(_penalty(len(self.old), len(self._sizes)))
        return t_power((loss - self.bar.margin) / error, self.bar.z, self.degrees)

    def simulated(self, loss: float, draws: int = DRAWS) -> float:
        """How often the loss is called worse, of so many draws; of very many items by chance."""
        n = len(self.old)
        if n > MOST_SIMULATED:
            return self.chance(loss)
        random = np.random.default_rng(SEED)
        fails = min(1.0, loss / self.most) if self.most else 0.0
        found, done = 0, 0
        while done < draws:
            many = min(draws - done, max(1, _CELLS // n))
            signs = random.integers(0, 2, (many, len(self._sizes)), dtype=np.int8)
            kept = random.random((many, n), dtype=np.float32) >= fails
            new_first = signs[:, self._places] == 1
            after = np.where(new_first, self.new, self.old) * kept
            gains = after - np.where(new_first, self.old, self.new)
            found += int(self._worse(gains).sum())
            done += many
        return found / draws

    def _worse(self, gains: Reals) -> Mask:
        """Of gains of items, shape (draws, n)."""
        sums = gains
        if self.codes is not None:
            order = np.argsort(self._places, kind="stable")
            starts = np.concatenate([[0], np.cumsum(self._sizes)[:-1]]).astype(np.int64)
            sums = np.add.reduceat(gains[:, order], starts, axis=1)
        if not self.shares:
            return means_worse(sums, self._sizes, self.bar)
        won, lost = (gains > 0.5).sum(axis=1), (gains < -0.5).sum(axis=1)
        return clustered_worse(sums, self._sizes, lost, won, self.bar)


@dataclass(frozen=True)
class Smooth:
    """A figure of a whole set: its difference has an error, which is taken to stay as it is.

    ``most`` is the largest loss there can be.
    """

    error: float
    degrees: float
    most: float
    bar: Bar

    def chance(self, loss: float) -> float:
        """By Student's t, not central."""
        crit = self.bar.t(self.degrees)
        return t_power((loss - self.bar.margin) / self.error, crit, self.degrees)

    def simulated(self, loss: float, draws: int = DRAWS) -> float:
        """Nothing is drawn: there are no items."""
        return self.chance(loss)


def shares_worse(lost: Ints, won: Ints, n: int, bar: Bar) -> Mask:
    """Which counts of flips are called worse, shape (draws,), items being independent."""
    far = _below(lost, won, n, bar) & (lost > won)
    total = lost + won
    # Hoeffding's bound on the tail of fair coins spares most of the exact ones, which take long.
    sure = np.exp(-((lost - won) ** 2) / np.maximum(2 * total, 1)) <= bar.level
    close = far & ~sure
    # A set: NumPy's unique imports masked arrays, which takes longer than all of this.
    needed = {int(many): fewest_lost(int(many), bar.level) for many in set(total[close].tolist())}
    fewest = np.array([needed.get(int(many), n + 1) for many in total.tolist()])
    return np.asarray(far & (sure | (lost >= fewest)))


def means_worse(sums: Reals, sizes: Reals, bar: Bar) -> Mask:
    """Which means are called worse, from the sums of sources, shape (draws, sources)."""
    n, units = float(sizes.sum()), len(sizes)
    means = sums.sum(axis=1) / n
    squares = _about(means, sums, sizes)
    errors = np.sqrt(squares * units / max(1, units - 1)) / n
    known = errors > TOLERANCE
    return np.asarray(known & (-bar.margin - means >= bar.t(units - 1) * errors))


def clustered_worse(sums: Reals, sizes: Reals, lost: Ints, won: Ints, bar: Bar) -> Mask:
    """Which differences of shares are called worse, from sums of sources and counts of items."""
    n, units = float(sizes.sum()), len(sizes)
    means = (won - lost) / n
    spread = (won + lost) / n - means**2
    variance = _about(means, sums, sizes) * units / max(1, units - 1) / n**2
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.clip(spread / variance / _penalty(int(n), units), 1.0, n)
    size = np.where((variance <= TOLERANCE * spread) | (spread <= 0), float(units), size)
    found = _below(lost * size / n, won * size / n, size, bar) & (lost > won)
    # Hoeffding's bound again, of signed sums.
    tails = np.exp(-(sums.sum(axis=1) ** 2) / np.maximum(2 * squares_of(sums), 1.0))
    for row in np.flatnonzero(found & (tails > bar.level)).tolist():
        found[row] = sign_flip_p(sums[row]) / 2 <= bar.level
    return np.asarray(found)


def squares_of(sums: Reals) -> Reals:
    """Sum of squares of each row."""
    return np.asarray(np.einsum("ij,ij->i", sums, sums))


def _about(means: Reals, sums: Reals, sizes: Reals) -> Reals:
    """Sum of squares of what the mean leaves of each source's sum, without a table of it."""
    moved = means * (means * float((sizes**2).sum()) - 2 * (sums @ sizes))
    return np.maximum(squares_of(sums) + moved, 0.0)


def t_power(distance: float, crit: float, degrees: float) -> float:
    """P(T >= crit) for Student's T that is ``distance`` errors off centre.

    Abramowitz and Stegun 26.7.10: within .01 from 10 degrees on.
    """
    shift = crit * (1 - 1 / (4 * degrees))
    return _NORMAL.cdf((distance - shift) / math.sqrt(1 + crit**2 / (2 * degrees)))


@lru_cache(maxsize=1 << 14)
def fewest_lost(flips: int, level: float) -> int:
    """The fewest losses of so many flips that McNemar's exact test shows; one more where none."""
    low, high = (flips + 1) // 2, flips + 1
    while low < high:
        middle = (low + high) // 2
        if binomial_tail(flips - middle, flips) <= level and 2 * middle > flips:
            high = middle
        else:
            low = middle + 1
    return high


def _below(lost: NDArray, won: NDArray, n: float | Reals, bar: Bar) -> Mask:  # type: ignore[type-arg, unused-ignore]
    """Whether Bonett and Price's interval at the level lies below the margin."""
    up, down = (won + 1) / (n + 2), (lost + 1) / (n + 2)
    middle = up - down
    error = np.sqrt(np.maximum(0.0, up + down - middle**2) / (n + 2))
    return np.asarray(-bar.margin - middle >= bar.z * error)


@lru_cache(maxsize=1)
def _spread(count: int) -> Reals:
    """Points of a normal distribution in three dimensions, spread evenly, shape (3, count).

    By the additive recurrence of the root of x^4 = x + 1 (Roberts 2018).
    """
    steps = np.array([1.2207440846057596**-power for power in (1, 2, 3)])
    even = (0.5 + steps[:, None] * np.arange(1, count + 1)) % 1
    return np.array([[_NORMAL.inv_cdf(share) for share in row] for row in even.tolist()])


def _counts(trials: Ints, chance: float, normal: Reals) -> Ints:
    """Successes of so many trials, taken for normal, and rounded to what there can be."""
    middle = trials * chance + normal * np.sqrt(trials * chance * (1 - chance))
    return np.asarray(np.clip(np.rint(middle), 0, trials), dtype=np.int64)


def _penalty(n: int, units: int) -> float:
    """What few sources cost the effective number of items (Korn and Graubard 1998)."""
    return float((t_quantile(LEVEL, units - 1) / t_quantile(LEVEL, n - 1)) ** 2)
