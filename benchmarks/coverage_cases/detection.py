"""Detectors: TPR at an FPR, the FPR at a calibrated cut, AUROC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from coverage_cases import references
from coverage_cases.base import Cell, Generator, Reference, Seen
from coverage_cases.shares import PER_CLUSTER
from harness.data import ItemData
from suites.detection.board import Board
from suites.detection.protocol import CALIBRATION, PER_DOMAIN, TEST, fpr_name, tpr_name

Reals = NDArray[np.float64]
TARGETS = (0.05, 0.01)
ORDERED_BELOW = 5
"""False positives below which the reference is by order statistics."""

NEAR_ONE = 0.95
STEP = 0.25
ICC = 0.6


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of human texts by a distribution; machine texts have the same, moved by ``shift``."""

    name: str
    shift: float
    standard: Any
    step: float = 0.0

    def draw(self, random: Generator, n: int, clusters: int | None) -> tuple[Reals, Reals]:
        """Scores of n human and n machine texts; those of a cluster share a source."""
        levels = random.normal(size=(2, n))
        if clusters is not None:
            shared = np.repeat(random.normal(size=clusters), n // clusters)
            levels = np.sqrt(ICC) * shared + np.sqrt(1 - ICC) * levels
        values = self.standard.ppf(stats.norm.cdf(levels))
        return self._stepped(values[0]), self._stepped(values[1] + self.shift)

    def _stepped(self, values: Reals) -> Reals:
        return np.floor(values / self.step) * self.step if self.step else values

    def above(self, cut: float, *, machine: bool) -> float:
        """The chance of a score above a cut."""
        if self.step:  # values are floored: those above the cut start at the next step
            cut = (np.floor(cut / self.step) + 1) * self.step
        return float(self.standard.sf(cut - (self.shift if machine else 0.0)))

    def tpr(self, target: float) -> float:
        """TPR at the lowest cut whose FPR is at most the target."""
        cut = float(self.standard.isf(target))
        if self.step:
            cut = np.floor(cut / self.step) * self.step
            while self.above(cut, machine=False) > target:
                cut += self.step
        return self.above(cut, machine=True)

    def area(self) -> float:
        """AUROC, a tie counting one half, by summing over 400,000 quantiles of human scores."""
        humans = self._stepped(self.standard.ppf((np.arange(400_000) + 0.5) / 400_000))
        values, counts = np.unique(humans, return_counts=True)
        if not self.step:
            return float(np.mean(self.standard.sf(humans - self.shift)))
        more = np.array([self.above(value, machine=True) for value in values])
        least = np.array([self.above(value - self.step, machine=True) for value in values])
        return float(((more + least) / 2 * counts).sum() / counts.sum())


NORMAL = Scores("normal, shift 2", 2.0, stats.norm)
GOOD = Scores("normal, shift 4", 4.0, stats.norm)
HEAVY = Scores("Student's t with 2 degrees, shift 5", 5.0, stats.t(2))
TIES = Scores(f"normal in steps of {STEP:g}, shift 2", 2.0, stats.norm, STEP)


def cut_for_others(negatives: Reals, target: float) -> float:
    """The conformal cut, from its definition: the m-th largest, m = floor(target (n + 1))."""
    rank = max(1, int(target * (len(negatives) + 1) + 1e-9))
    return float(np.sort(negatives)[::-1][rank - 1])


@dataclass(frozen=True, slots=True)
class Detector:
    """One detector on n human and n machine texts, and n further human texts to calibrate on."""

    scores: Scores
    n: int
    clusters: int | None

    def __call__(self, random: Generator) -> Mapping[str, Seen]:
        """Draw once."""
        other, _ = self.scores.draw(random, self.n, self.clusters)
        human, machine = self.scores.draw(random, self.n, self.clusters)
        board = Board.make(self.data(), np.concatenate([other, human, machine]))
        wanted = [tpr_name(target, PER_DOMAIN) for target in TARGETS]
        wanted += [fpr_name(target) for target in TARGETS] + ["AUROC"]
        task: Any = SimpleNamespace(metrics=wanted)
        found = {result.name: result for result in board.metrics(task, {})}
        seen = {"AUROC": Seen.metric(found["AUROC"], *self._area(human, machine))}
        for target in TARGETS:
            name = tpr_name(target, PER_DOMAIN)
            truth = self.scores.tpr(target)
            seen[name] = Seen.metric(found[name], truth, self._ordered(human, machine, target))
            cut = cut_for_others(other, target)
            name, truth = fpr_name(target), self.scores.above(cut, machine=False)
            seen[name] = Seen.metric(found[name], truth, self._wilson(human > cut))
        return seen

    def _area(self, human: Reals, machine: Reals) -> tuple[float, Reference | None]:
        truth = area_of(self.scores)
        if self.clusters is not None:
            return truth, None
        return truth, ("DeLong, logit", references.delong_logit(human, machine))

    def _ordered(self, human: Reals, machine: Reals, target: float) -> Reference | None:
        # The spread is no measure where TPR often is 1, or where ties hold the cut in its place.
        plain = self.scores.tpr(target) < NEAR_ONE and not self.scores.step
        if self.clusters is not None or (plain and target * self.n >= ORDERED_BELOW):
            return None
        return "order statistics", references.ordered_cut(human, machine, target)

    def _wilson(self, flagged: NDArray[np.bool_]) -> Reference:
        hits = flagged.astype(np.float64)
        if self.clusters is None:
            return "Wilson", references.wilson_of(hits)
        codes = np.repeat(np.arange(self.clusters), self.n // self.clusters)
        return "Wilson, design effect, t", references.wilson_clustered(hits, codes)

    def data(self) -> ItemData:
        """The labelled texts: those to calibrate on first, then human and machine texts to test."""
        n, clusters = self.n, self.clusters or self.n
        source = [f"{number:06d}" for number in np.repeat(np.arange(clusters), n // clusters)]
        # A cluster is a source: its human text, and what a machine made of it.
        alone = self.clusters is None
        machine = [f"m{name}" for name in source] if alone else source
        return ItemData(
            ids=tuple(f"{number:06d}" for number in range(3 * n)),
            contents=(),
            gold=(0.0,) * (2 * n) + (1.0,) * n,
            clusters=(*(f"c{name}" for name in source), *source, *machine),
            columns={"split": (CALIBRATION,) * n + (TEST,) * (2 * n)},
        )


_AREAS: dict[str, float] = {}


def area_of(scores: Scores) -> float:
    """The population's AUROC, computed once a process."""
    if scores.name not in _AREAS:
        _AREAS[scores.name] = scores.area()
    return _AREAS[scores.name]


def cells() -> list[Cell]:
    """Every cell of detectors."""
    alone: list[tuple[Scores, int, int | None]] = [
        (scores, n, None)
        for scores, sizes in ((NORMAL, (20, 100, 500, 1000)), (GOOD, (20, 100)),
                              (HEAVY, (100, 500)), (TIES, (100, 500)))
        for n in sizes
    ]  # fmt: skip
    grouped: list[tuple[Scores, int, int | None]] = [
        (scores, n, n // PER_CLUSTER)
        for scores, sizes in ((NORMAL, (100, 250, 500)), (HEAVY, (250,)), (TIES, (250,)))
        for n in sizes
    ]
    return [_cell(*one) for one in alone + grouped]


def said(scores: Scores, n: int, clusters: int | None) -> str:
    """A layout in words."""
    of = f", {clusters} clusters of {PER_CLUSTER}" if clusters else ""
    return f"{scores.name}{of}, {n} human and {n} machine texts"


def _cell(scores: Scores, n: int, clusters: int | None) -> Cell:
    return Cell(
        "detection" + (", clustered" if clusters else ""),
        said(scores, n, clusters),
        n,
        clusters or n,
        Detector(scores, n, clusters),
        share=0.25 if n < 500 else 0.15,
        short=(scores, n, clusters) in ((NORMAL, 100, None), (NORMAL, 250, 50)),
    )
