"""False alarms and power of ``compare``: verdicts on many tasks from paired differences alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from coverage_cases.base import Generator, Rates
from coverage_cases.real_runs import values_of
from harness.compare.comparison import adjusted
from harness.compare.deltas import Delta
from harness.compare.policy import Policy
from harness.compare.verdicts import Judged, Verdict, judge
from harness.metrics.intervals import mean_of, paired_mean
from harness.metrics.intervals.margins import below_p
from harness.nouns import MARGIN

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

ONE_SIDED = 0.025
FOUND, TOLD, SLACK = 0.85, 0.80, 0.05
"""Losses to be found; what ``compare`` says of items that would tell, which it calls "about"."""

PER_CLUSTER = 5
SIZES = (20, 50, 200, 1000)
TASKS = (1, 10, 50, 200)

Differences = Callable[[Generator], Reals]
"""Draws the paired differences of one task, candidate minus baseline."""


def verdicts(
    tasks: Sequence[Reals], clusters: Ints | None = None, margin: float = MARGIN
) -> list[tuple[Delta, Judged]]:
    """What ``compare`` says of one metric on each of the tasks, without a policy."""
    found = {str(number): [_delta(values, clusters, margin)] for number, values in enumerate(tasks)}
    policy = Policy()
    return [(row, judge(row)) for (row,) in adjusted(found, policy).values()]


def _delta(values: Reals, clusters: Ints | None, margin: float) -> Delta:
    sure, value = paired_mean(values, clusters), mean_of(values)
    return Delta(
        name="metric", baseline=None, candidate=None, difference=value,
        interval=sure.interval, p=sure.p, holm=None, n=len(values), higher_is_better=True, unit="",
        primary=True, decides=True, reason=sure.reason, method=sure.method, units=sure.units,
        rough=sure.rough, loss_p=below_p(sure, value or 0.0, -margin),
        margin=margin,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exchanged:
    """Two real runs whose values are exchanged at random, query by query; then some loss.

    So there is no change but the loss, which ``loss`` takes off each of the candidate's values.
    """

    dataset: str
    old: str
    new: str
    n: int
    loss: float = 0.0

    def __call__(self, random: Generator) -> Reals:
        """Draw one task."""
        pool = values_of(self.dataset, self.new, "nDCG@10") - values_of(
            self.dataset, self.old, "nDCG@10"
        )
        drawn = pool[random.integers(len(pool), size=self.n)]
        return np.where(random.random(self.n) < 0.5, drawn, -drawn) - self.loss


@dataclass(frozen=True, slots=True)
class Right:
    """Right or wrong: both models err on this part, each on its own or both, in clusters or not."""

    n: int
    flips: float
    loss: float = 0.0
    clustered: bool = False

    def __call__(self, random: Generator) -> Reals:
        """Draw one task."""
        if self.clustered:
            # A cluster leans to one side, so that its items flip alike.
            size = self.n // PER_CLUSTER
            lean = np.repeat(random.beta(0.5, 0.5, size), PER_CLUSTER)
        else:
            lean = np.full(self.n, 0.5)
        flipped = random.random(self.n) < self.flips
        down = random.random(self.n) < lean
        drawn = np.where(flipped, np.where(down, -1.0, 1.0), 0.0)
        lost = (random.random(self.n) < self.loss) & ~flipped
        return np.where(lost, -1.0, drawn)


@dataclass(frozen=True, slots=True)
class Alarms:
    """Whether any of many tasks is called worse, or better, though nothing changed.

    No loss is small enough not to matter here: with a margin there would be fewer alarms.
    """

    draw: Differences
    tasks: int
    clusters: Ints | None = None

    def __call__(self, random: Generator) -> Mapping[str, float]:
        """Draw once."""
        found = verdicts([self.draw(random) for _ in range(self.tasks)], self.clusters, 0.0)
        words = [judged.verdict for _, judged in found]
        return {
            "any false worse": float(Verdict.WORSE in words),
            "any false better": float(Verdict.BETTER in words),
        }


@dataclass(frozen=True, slots=True)
class Planted:
    """Whether a loss on the first of many tasks is called worse; nothing changed on the others.

    Found is a loss beyond ``margin``.
    """

    draw: Differences
    still: Differences
    tasks: int
    margin: float = 0.0
    clusters: Ints | None = None

    def __call__(self, random: Generator) -> Mapping[str, float]:
        """Draw once."""
        tasks = [self.draw(random), *(self.still(random) for _ in range(self.tasks - 1))]
        (_, first), *_ = verdicts(tasks, self.clusters, self.margin)
        return {
            "loss found": float(first.verdict is Verdict.WORSE),
            "loss called same": float(first.verdict is Verdict.SAME),
        }


@dataclass(frozen=True, slots=True)
class Told:
    """Whether as many groups as ``compare`` asks for give a verdict, where it could not tell.

    The number is taken from a difference that was seen to be the true one: any other guess is
    no fault of the number.
    """

    sized: Callable[[int], Differences]
    n: int
    loss: float
    most: int = 60_000

    def __call__(self, random: Generator) -> Mapping[str, float | None]:
        """Draw once."""
        values = self.sized(self.n)(random)
        values = values - values.mean() - self.loss
        ((_, judged),) = verdicts([values])
        if judged.needed is None or judged.needed > self.most:
            return {"told with as many as asked for": None}
        ((_, again),) = verdicts([self.sized(judged.needed)(random)])
        return {"told with as many as asked for": float(again.verdict is not Verdict.CANNOT_TELL)}


def codes_of(n: int) -> Ints:
    """Numbers of clusters of five."""
    return np.repeat(np.arange(n // PER_CLUSTER), PER_CLUSTER)


def cells() -> list[Rates]:
    """Every cell of verdicts."""
    return [*_alarm_cells(), *_power_cells()]


def _alarm_cells() -> list[Rates]:
    most = dict.fromkeys(("any false worse", "any false better"), ("at most", ONE_SIDED))
    found = []
    for n in SIZES:
        for tasks in TASKS:
            populations: dict[str, tuple[Differences, Ints | None]] = {
                "right or wrong, 10 % flip": (Right(n, 0.1), None),
                "right or wrong, 30 % flip, clusters of 5": (
                    Right(n, 0.3, clustered=True), codes_of(n),
                ),
            }  # fmt: skip
            pair = ("fiqa", "MiniLM", "monoT5-base")
            close = ("fiqa", "RankT5-base", "monoT5-base")
            populations["nDCG@10 exchanged"] = (Exchanged(*pair, n), None)
            populations["nDCG@10 of near equals exchanged"] = (Exchanged(*close, n), None)
            found += [
                Rates("no change", f"{name}, {tasks} tasks", n, Alarms(draw, tasks, clusters), most,
                      share=min(1.0, 40 / tasks), short=tasks == 10 and n in (20, 200),
                      real=isinstance(draw, Exchanged))
                for name, (draw, clusters) in populations.items()
            ]  # fmt: skip
    return found


def _power_cells() -> list[Rates]:
    found = []
    # Of one recipe, as an update is: their values differ by .146 on average (root mean square).
    pair = partial(Exchanged, "fiqa", "monoT5-base", "monoT5-large")
    for tasks in (1, 10, 51):
        draw = Planted(pair(200, loss=0.05), pair(200), tasks)
        found.append(
            Rates("planted loss", f"nDCG@10 minus .05, {tasks} tasks", 200, draw,
                  {"loss found": ("at least", FOUND)}, short=tasks == 51, real=True)
        )  # fmt: skip
    for n, loss in ((50, 0.0), (200, 0.0), (50, 0.03), (200, 0.02)):
        told = Told(partial(pair, loss=loss), n, loss)
        found.append(_told(f"nDCG@10 minus {loss:g}", n, told, real=True))
    for part in (0.0, 0.04):
        draw_told = Told(partial(Right, flips=0.1, loss=part), 200, 0.9 * part)
        found.append(_told(f"right or wrong, loses {part:g}", 200, draw_told, real=False))
    return found


def _told(population: str, n: int, draw: Told, *, real: bool) -> Rates:
    name = "told with as many as asked for"
    return Rates("items that would tell", population, n, draw, {name: ("at least", TOLD - SLACK)},
                 short=n == 50, real=real)  # fmt: skip
