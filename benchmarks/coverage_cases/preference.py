"""Reward models and judges: accuracy under lengths, calibration of margins, places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coverage_cases.base import Cell, Generator, Seen
from harness.records.scored import Scoring
from suites.preference.cards_beside import BRIER, CONTROLLED, ECE, INCONSISTENT, OVER, PLACED
from suites.preference.items import Candidate, Item, assemble
from suites.preference.protocol import BALANCED, IN_BOTH, STRICT
from suites.preference.scoring import score
from suites.preference.verdict_scoring import score as score_verdicts
from suites.preference.verdicts import BOTH, shown

Reals = NDArray[np.float64]

LOUD = 0.5
"""How much of its margins a model knows: pairs are right with the chance sigma(margin / 2)."""

ALIKE = 0.7
"""Spread of what pairs of one prompt have in common, in log-odds."""

BASE, SLOPE, LONGEST = 0.6, 1.2, 12
"""Log-odds of a right pair at equal lengths, what length adds, and its largest difference."""

MANY_PAIRS = 400_000


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of a chosen and a rejected answer, ``each`` of them under one prompt.

    The preferred text is longer or shorter by up to :data:`LONGEST` characters, and a pair is right
    with the chance that its margin, its length and its prompt give it.
    """

    prompts: int
    each: int
    by_length: bool

    @property
    def metrics(self) -> tuple[str, ...]:
        """What is measured of them."""
        return (STRICT, BALANCED, CONTROLLED) if self.by_length else (STRICT, BRIER, ECE, OVER)

    def drawn(self, random: Generator) -> tuple[Reals, Reals]:
        """Margins of pairs, and by how much the preferred text is the longer one."""
        n = self.prompts * self.each
        longer = random.integers(-LONGEST, LONGEST + 1, size=n).astype(np.float64)
        size = np.abs(random.normal(0, 2, size=n)) + 0.01
        alike = ALIKE if self.each > 1 else 0.0
        common = np.repeat(alike * random.normal(size=self.prompts), self.each)
        spread = np.sqrt(np.mean(np.arange(-LONGEST, LONGEST + 1) ** 2))
        odds = BASE + SLOPE * np.tanh(longer / spread) if self.by_length else LOUD * size
        right = random.random(n) < 1 / (1 + np.exp(-(odds + common)))
        return np.where(right, size, -size), longer

    def __call__(self, random: Generator) -> Mapping[str, Seen]:
        """Draw once."""
        truths = population(replace(self, prompts=MANY_PAIRS // self.each))
        return {
            name: Seen.metric(result, truths[name]) for name, result in self.scored(random).items()
        }

    def scored(self, random: Generator) -> Mapping[str, Any]:
        """The metrics of one draw, by name."""
        margins, longer = self.drawn(random)
        items = [
            Item(f"i{n}", f"prompt {n // self.each:06d}", (
                Candidate(f"i{n}/a", "x" * (LONGEST + int(max(more, 0)) + 1), 1),
                Candidate(f"i{n}/b", "x" * (LONGEST + int(max(-more, 0)) + 1), 0)))
            for n, more in enumerate(longer.tolist())
        ]  # fmt: skip
        data = assemble(items, "chosen", where="drawn", ordered=True)
        scores = np.stack([margins, np.zeros(len(margins))], axis=1).reshape(-1)
        task: Any = SimpleNamespace(id="preference/drawn", metrics=self.metrics)
        return {one.name: one for one in score(task, data, scores, Scoring()).metrics}


@cache
def population(pairs: Pairs) -> dict[str, float]:
    """The figures of very many pairs, by formulas of their own."""
    margins, longer = pairs.drawn(np.random.default_rng(1))
    right, sure = margins > 0, 1 / (1 + np.exp(-np.abs(margins)))
    found = {STRICT: float(right.mean())}
    if pairs.by_length:
        sides = [float(right[at].mean()) for at in (longer > 0, longer < 0)]
        spread = np.sqrt(np.mean(longer**2))
        return {**found, BALANCED: sum(sides) / 2,
                CONTROLLED: _constant(np.tanh(longer / spread), right)}  # fmt: skip
    bins = np.minimum(np.floor((sure - 0.5) * 20), 9)
    gaps = [abs(float((right - sure)[bins == one].sum())) for one in range(10)]
    return {
        **found,
        BRIER: float(np.mean((right - sure) ** 2)),
        ECE: sum(gaps) / len(margins),
        OVER: float(np.mean(sure - right)),
    }


def _constant(term: Reals, right: NDArray[np.bool_]) -> float:
    """The logistic of the constant of a logistic regression, by scikit-learn."""
    from sklearn.linear_model import LogisticRegression

    fit = LogisticRegression(C=np.inf).fit(term[:, None], right)
    return float(1 / (1 + np.exp(-fit.intercept_[0])))


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts on pairs in both orders by a judge that leans to the first place."""

    pairs: int
    lean: float
    knows: float

    def __call__(self, random: Generator) -> Mapping[str, Seen]:
        """Draw once."""
        better = random.integers(0, 2, size=self.pairs)  # 0: A is the better one
        items = [
            Item(f"i{n:06d}", f"p{n}", (Candidate(f"i{n}/A", None, int(place == 0)),
                                        Candidate(f"i{n}/B", None, int(place == 1))))
            for n, place in enumerate(better.tolist())
        ]  # fmt: skip
        data = shown(assemble(items, "two", where="drawn", ordered=True), BOTH)
        stands = np.stack([better, 1 - better], axis=1)
        right = random.random(stands.shape) < np.where(stands == 0, self._first, self._second)
        said = np.where(right, stands, 1 - stands).reshape(-1).astype(np.float32)
        names = (IN_BOTH, INCONSISTENT, *PLACED, "first")
        task: Any = SimpleNamespace(id="preference/drawn", metrics=names, primary_metric=IN_BOTH)
        truths = dict(zip(names, (
            self._first * self._second,
            1 - self._first * self._second - (1 - self._first) * (1 - self._second),
            self._first,
            self._second,
            (self._first + 1 - self._second) / 2,
        ), strict=True))  # fmt: skip
        scored = score_verdicts(task, data, said, Scoring())
        return {one.name: Seen.metric(one, truths[one.name]) for one in scored.metrics}

    @property
    def _first(self) -> float:
        return min(self.knows + self.lean, 1.0)

    @property
    def _second(self) -> float:
        return self.knows - self.lean


def cells() -> list[Cell]:
    """Every cell of preferences."""
    found = [
        Cell("preference", f"{said}, {prompts} prompts x {each}", prompts * each, prompts,
             Pairs(prompts, each, by_length), share=0.5, short=(prompts, each) == (200, 1))
        for by_length, said in ((False, "margins twice too loud"), (True, "longer ones preferred"))
        for prompts, each in ((50, 1), (200, 1), (50, 4), (200, 4))
    ]  # fmt: skip
    return found + [
        Cell("preference", f"a judge right on {knows:g}, {lean:g} to the first place", pairs, pairs,
             Judged(pairs, lean, knows), share=0.5, short=pairs == 100)
        for pairs, lean, knows in ((50, 0.1, 0.7), (100, 0.2, 0.7), (400, 0.05, 0.85))
    ]  # fmt: skip
