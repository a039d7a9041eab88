"""Means and paired differences of means, and means over tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coverage_cases import references
from coverage_cases.base import Cell, Generator, Seen
from coverage_cases.real_runs import values_of
from harness.metrics.intervals import mean, paired_mean
from harness.metrics.intervals.means import mean_over_tasks, spread_of

Reals = NDArray[np.float64]
SIZES = (20, 50, 200, 1000)

RUNS = (
    ("nDCG@10", "fiqa", "monoT5-large"),
    ("nDCG@10", "scifact", "MiniLM-listwise-targeted"),
    ("RR", "scifact", "MiniLM"),
    ("AP", "nfcorpus", "RankT5-base"),
)
PAIRS = (
    ("nDCG@10", "fiqa", "monoT5-large", "monoT5-base"),
    ("nDCG@10", "scifact", "RankT5-base", "monoT5-base"),
    ("RR", "scifact", "MiniLM", "MiniLM-listwise"),
    ("AP", "nfcorpus", "MiniLM", "RankT5-base"),
)
BETAS = ((2.0, 2.0), (0.5, 0.5), (0.3, 3.0), (8.0, 0.4))


@dataclass(frozen=True, slots=True)
class Resampled:
    """The mean of values drawn, one by one, from real ones."""

    values: Callable[[], Reals]
    n: int
    paired: bool = False

    def __call__(self, random: Generator) -> Mapping[str, Seen]:
        """Draw once."""
        pool = self.values()
        drawn = pool[random.integers(len(pool), size=self.n)]
        reference = "Student's t", references.plain_t(drawn)
        found = paired_mean(drawn) if self.paired else mean(drawn)
        name = "difference" if self.paired else "mean"
        return {name: Seen.of(found, float(pool.mean()), reference=reference)}


@dataclass(frozen=True, slots=True)
class Real:
    """The values of one run, read when first asked for."""

    metric: str
    dataset: str
    system: str
    other: str | None = None

    def __call__(self) -> Reals:
        """Its values per query, or those minus the other's."""
        values = values_of(self.dataset, self.system, self.metric)
        if self.other is None:
            return values
        return values - values_of(self.dataset, self.other, self.metric)


@dataclass(frozen=True, slots=True)
class Beta:
    """The mean of values from a beta distribution; in clusters of five they share a part."""

    a: float
    b: float
    n: int
    clusters: int | None = None

    def __call__(self, random: Generator) -> Mapping[str, Seen]:
        """Draw once."""
        truth = self.a / (self.a + self.b)
        if self.clusters is None:
            values = random.beta(self.a, self.b, self.n)
            reference = "Student's t", references.plain_t(values)
            return {"mean": Seen.of(mean(values), truth, reference=reference)}
        codes = np.repeat(np.arange(self.clusters), self.n // self.clusters)
        # Every other value is its cluster's own: a correlation of a quarter to a third.
        values = random.beta(self.a, self.b, self.n)
        shared = random.beta(self.a, self.b, self.clusters)[codes]
        values = np.where(random.random(self.n) < 0.5, values, shared)
        reference = "t over clusters", references.cluster_t(values, codes)
        return {"mean": Seen.of(mean(values, codes), truth, reference=reference)}


@dataclass(frozen=True, slots=True)
class FewDiffer:
    """Paired differences of which 3 % are not 0 and lose .2 to 1."""

    n: int
    part: float = 0.03

    def __call__(self, random: Generator) -> Mapping[str, Seen]:
        """Draw once."""
        lost = random.random(self.n) < self.part
        drawn = np.where(lost, -random.uniform(0.2, 1.0, self.n), 0.0)
        truth = -0.6 * self.part
        reference = "Student's t", references.plain_t(drawn)
        return {"difference": Seen.of(paired_mean(drawn), truth, reference=reference)}


@dataclass(frozen=True, slots=True)
class OverTasks:
    """The mean over tasks of means over beta values, each task with a mean of its own."""

    tasks: int
    n: int

    def __call__(self, random: Generator) -> Mapping[str, Seen]:
        """Draw once."""
        means = np.linspace(0.15, 0.85, self.tasks)
        parts = [random.beta(2 * m, 2 * (1 - m), self.n) for m in means.tolist()]
        found = mean_over_tasks([spread_of(part) for part in parts])
        value = float(np.mean([part.mean() for part in parts]))
        return {"mean over tasks": Seen.of(found, 0.5, value=value)}


def cells() -> list[Cell]:
    """Every cell of means."""
    found = [
        Cell("mean", f"beta({a:g}, {b:g})", n, n, Beta(a, b, n),
             short=n in (20, 50) and (a, b) in ((0.5, 0.5), (0.3, 3.0)))
        for a, b in BETAS
        for n in SIZES
    ]  # fmt: skip
    found += [
        Cell("mean, clusters of 5", f"beta({a:g}, {b:g}), {clusters} clusters", 5 * clusters,
             clusters, Beta(a, b, 5 * clusters, clusters),
             short=(a, clusters) in ((0.5, 50), (0.3, 20)))
        for a, b in BETAS
        for clusters in (20, 50, 100)
    ]  # fmt: skip
    found += [
        Cell("paired mean", "97 % of queries equal, 3 % lose .2 to 1", n, n, FewDiffer(n),
            short=n == 50)
        for n in SIZES
    ]  # fmt: skip
    found += [
        Cell("mean over tasks", f"{tasks} tasks x {n}, beta with mean .15 to .85", n, tasks * n,
             OverTasks(tasks, n), short=tasks == 4)
        for tasks, n in ((4, 20), (12, 50), (15, 200))
    ]  # fmt: skip
    return found + _real()


def _real() -> list[Cell]:
    found = [
        Cell("mean", f"{metric}, {dataset}, {system}", n, n,
             Resampled(Real(metric, dataset, system), n), real=True)
        for metric, dataset, system in RUNS
        for n in SIZES
    ]  # fmt: skip
    found += [
        Cell("paired mean", f"{metric}, {dataset}, {new} - {old}", n, n,
             Resampled(Real(metric, dataset, new, old), n, paired=True), real=True)
        for metric, dataset, new, old in PAIRS
        for n in SIZES
    ]  # fmt: skip
    return found
