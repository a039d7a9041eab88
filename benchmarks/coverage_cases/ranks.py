"""Ranges of ranks from all pairs of systems: whether they hold every true rank, and how wide."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coverage_cases.base import Generator, Rates
from coverage_cases.real_runs import values_of
from harness.metrics.intervals import LEVEL
from harness.metrics.intervals.distributions import t_quantile
from harness.metrics.intervals.families import deviations, influences, rank_ranges, told_apart
from harness.records.bars import FIRST_STAGE
from leaderboard_site.board.contenders import Contender, contenders, mean_drawn
from leaderboard_site.board.standing import Barred, standing_of
from leaderboard_site.reading.summary import Metric, Spread

Reals = NDArray[np.float64]

BOARDS = (
    ("fiqa", ("MiniLM", "monoT5-base", "monoT5-large", "RankT5-base", "MiniLM-listwise")),
    ("scifact", ("MiniLM", "monoT5-base", "monoT5-large", "RankT5-base", "MiniLM-listwise",
                 "MiniLM-listwise-adversarial", "MiniLM-listwise-targeted")),
)  # fmt: skip
HIT_RATES = np.linspace(0.9, 0.999, 20)


@dataclass(frozen=True, slots=True)
class RealBoard:
    """Real systems on queries drawn, one by one, from all of them."""

    dataset: str
    systems: tuple[str, ...]

    def pool(self) -> Reals:
        """nDCG@10 of every system and query."""
        return np.stack([values_of(self.dataset, one, "nDCG@10") for one in self.systems])

    def truth(self) -> Reals:
        """Means over all queries."""
        return np.asarray(self.pool().mean(axis=1))

    def draw(self, random: Generator, n: int) -> Reals:
        """Values of n queries."""
        pool = self.pool()
        return np.asarray(pool[:, random.integers(pool.shape[1], size=n)])


@dataclass(frozen=True, slots=True)
class LatentBoard:
    """Twenty systems of normal values that correlate, .6 of a deviation from best to worst."""

    correlation: float
    spread: float = 0.6
    systems: int = 20

    def truth(self) -> Reals:
        """Their means."""
        return np.linspace(0, self.spread, self.systems)

    def draw(self, random: Generator, n: int) -> Reals:
        """Values of n groups."""
        own = random.normal(size=(self.systems, n))
        common = random.normal(size=n)
        part = self.correlation
        drawn = self.truth()[:, None] + np.sqrt(part) * common + np.sqrt(1 - part) * own
        return np.asarray(drawn)


@dataclass(frozen=True, slots=True)
class HitBoard:
    """Twenty nearly perfect systems, right or wrong on each item for themselves."""

    def truth(self) -> Reals:
        """Their rates."""
        return HIT_RATES

    def draw(self, random: Generator, n: int) -> Reals:
        """Hits on n items."""
        return (random.random((len(HIT_RATES), n)) < HIT_RATES[:, None]).astype(np.float64)


@dataclass(frozen=True, slots=True)
class LevelTables:
    """A suite's mean over ``tasks`` of equal systems and a bar, as the site ranks them.

    Of ``bare`` systems the intervals alone are known. Whoever is told apart is told apart wrongly,
    so that this is the whole of the family's error.
    """

    n: int
    tasks: int
    systems: int = 10
    bare: int = 0

    def __call__(self, random: Generator) -> Mapping[str, float | None]:
        """Draw once."""
        made = [self._task(random, stream) for stream in range(self.tasks)]
        found = [self._mean([task[place] for task in made]) for place in range(self.systems + 1)]
        bar = Barred(FIRST_STAGE, "bar", found[-1])
        standing = standing_of(found[:-1], [bar])
        open_ranks = all((r.best, r.worst) == (1, self.systems) for r in standing.ranks)
        level_with_bar = not standing.beaten[0] and not standing.missed[0]
        return {
            "nothing told apart of equals": float(open_ranks and level_with_bar),
            "pairs by intervals alone": float(standing.unpaired),
        }

    def _task(self, random: Generator, stream: int) -> list[Contender]:
        values = LatentBoard(0.6, spread=0.0, systems=self.systems + 1).draw(random, self.n)
        metrics = [_metric(row) for row in values]
        spreads = [_spread(row) if place >= self.bare else None
                   for place, row in enumerate(values)]  # fmt: skip
        return contenders(metrics, spreads, stream=stream)

    def _mean(self, parts: list[Contender]) -> Contender:
        half = math.sqrt(sum(_half(part) ** 2 for part in parts)) / len(parts)
        value = float(np.mean([part.value for part in parts]))
        return Contender(value, (value - half, value + half), mean_drawn([p.drawn for p in parts]))


def _half(one: Contender) -> float:
    assert one.interval is not None
    return one.interval[1] - one.value


def _metric(row: Reals) -> Metric:
    value = float(row.mean())
    half = t_quantile(LEVEL, len(row) - 1) * float(row.std(ddof=1)) / math.sqrt(len(row))
    return Metric("mean", value, (value - half, value + half), len(row), True, None)


def _spread(row: Reals) -> Spread:
    packed = base64.b64encode(influences(row).astype("<f4").tobytes()).decode("ascii")
    return Spread("one", len(row), False, packed)


@dataclass(frozen=True, slots=True)
class Ranked:
    """The ranks of a board of n groups."""

    board: RealBoard | LatentBoard | HitBoard
    n: int

    def __call__(self, random: Generator) -> Mapping[str, float | None]:
        """Draw once."""
        values, truth = self.board.draw(random, self.n), self.board.truth()
        drawn = deviations(np.stack([influences(row) for row in values]))
        ranges = rank_ranges(told_apart(values.mean(axis=1), drawn, units=self.n))
        true_ranks = 1 + (truth[None, :] > truth[:, None]).sum(axis=1)
        inside = [low <= rank <= high for rank, (low, high) in zip(true_ranks, ranges, strict=True)]
        leaders = [place for place, (low, high) in enumerate(ranges) if low == high == 1]
        wrong = bool(leaders) and leaders[0] != int(np.argmax(truth))
        return {
            "all true ranks inside": float(all(inside)),
            "wrong leader named": float(wrong),
            "sole leader named": float(bool(leaders)),
            "mean number of ranks left open": float(np.mean([b - a + 1 for a, b in ranges])),
        }


def cells() -> list[Rates]:
    """Every cell of ranks."""
    found = [
        _cell(f"{len(systems)} rerankers, nDCG@10, {dataset}", n, RealBoard(dataset, systems))
        for dataset, systems in BOARDS
        for n in (20, 50, 200)
    ]
    found += [
        _cell(f"20 systems, normal, correlation {part:g}", n, LatentBoard(part))
        for part in (0.0, 0.6, 0.9)
        for n in (20, 50, 200)
    ]
    found += [_cell("20 systems, right in .9 to .999", n, HitBoard()) for n in (20, 50, 200)]
    found += [
        Rates("ranks of equals on the site", population, n, LevelTables(n, tasks, bare=bare),
              {"nothing told apart of equals": ("at least", LEVEL)}, short=n == 50 and tasks == 3)
        for population, tasks, bare in (
            ("10 systems and a bar, one task", 1, 0),
            ("10 systems and a bar, three tasks", 3, 0),
            ("10 systems and a bar, 4 by intervals alone", 1, 4),
        )
        for n in (20, 50, 200)
    ]  # fmt: skip
    return found


def _cell(population: str, n: int, board: RealBoard | LatentBoard | HitBoard) -> Rates:
    limits = {
        "all true ranks inside": ("at least", LEVEL),
        "wrong leader named": ("at most", 1 - LEVEL),
    }
    short = n == 50 and isinstance(board, LatentBoard) and board.correlation == 0.6
    return Rates("ranks on a board", population, n, Ranked(board, n), limits, share=0.5,
                 short=short, real=isinstance(board, RealBoard))  # fmt: skip
