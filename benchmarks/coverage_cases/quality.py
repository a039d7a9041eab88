"""Quality models: correlations with opinions, and the error after a fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coverage_cases.base import Cell, Generator, Seen
from harness.data import ItemData
from harness.metrics.opinion.logistic import fit_logistic
from harness.scored import Scoring
from suites.image_quality.protocol import METRICS
from suites.image_quality.scoring import score

Reals = NDArray[np.float64]
WANTED = ("SRCC", "KRCC", "PLCC", "PLCC[logistic4]", "RMSE[logistic4]")
MILD, STRONG = 0.3, 0.6
OF_REFERENCE = 0.5
"""Share of the variance of scores and opinions that images of one reference have in common."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Opinions and scores of distorted images; images of one reference share a part of both.

    ``noise`` is that of the scores: the SRCC is about .92 at .4 and .69 at 1. ``skew`` is the
    exponent of the scores: at .6 a few of them lie far above all others.
    """

    references: int
    images: int
    noise: float
    skew: float = MILD

    def levels(self, random: Generator) -> Reals:
        """Normal numbers, reference after reference."""
        shape = (self.references, self.images)
        levels = random.normal(size=shape)
        if self.images > 1:
            part = np.sqrt(OF_REFERENCE)
            levels = part * random.normal(size=(self.references, 1)) + part * levels
        return levels.reshape(-1)

    def draw(self, random: Generator) -> tuple[Reals, Reals]:
        """Opinions from 0 to 100 and scores, reference after reference."""
        level = self.levels(random)
        return opinions_of(level), scores_of(level, self.levels(random), self.noise, self.skew)

    def data(self, opinions: Reals) -> ItemData:
        """The task with these opinions."""
        sources = np.repeat(np.arange(self.references), self.images).tolist()
        return ItemData(
            ids=tuple(f"{number:06d}" for number in range(len(opinions))),
            contents=(),
            gold=tuple(opinions.tolist()),
            clusters=tuple(f"reference {source:06d}" for source in sources),
            facts={"opinion": "higher", "label_version": "drawn", "scale": [0, 100],
                   "proxy": False},
        )  # fmt: skip

    def __call__(self, random: Generator) -> Mapping[str, Seen]:
        """Draw once."""
        opinions, scores = self.draw(random)
        task: Any = SimpleNamespace(id="image-quality", metrics=METRICS)
        scored = score(task, self.data(opinions), scores.astype(np.float32), Scoring())
        truths = POPULATIONS[self.noise, self.skew]
        return {
            result.name: Seen.metric(result, truths[result.name])
            for result in scored.metrics
            if result.name in truths
        }


def opinions_of(level: Reals) -> Reals:
    """Opinions on a scale from 0 to 100 that ends softly."""
    return np.asarray(100 / (1 + np.exp(-1.3 * level)))


def scores_of(level: Reals, error: Reals, noise: float, skew: float = MILD) -> Reals:
    """Scores that rise with the level, log-normal."""
    return np.asarray(np.exp(skew * (level + noise * error)))


def said(references: int, images: int, noise: float, skew: float = MILD) -> str:
    """A layout in words."""
    return f"{references} references x {images}, noise {noise:g}, skew {skew:g}"


POPULATIONS = {
    (0.4, MILD): dict(zip(WANTED, (0.92173, 0.75730, 0.88519, 0.92415, 9.4749), strict=True)),
    (1.0, MILD): dict(zip(WANTED, (0.68949, 0.49940, 0.66106, 0.69829, 17.7537), strict=True)),
    (1.0, STRONG): dict(zip(WANTED, (0.68949, 0.49940, 0.56375, 0.69557, 17.8193), strict=True)),
}
"""Figures of 400,000 unrelated images by noise and skew, from :func:`population`: minutes."""


def population(noise: float, skew: float, images: int = 400_000) -> dict[str, float]:
    """The figures of unrelated images, by scipy: each is distributed as those of a reference."""
    from scipy import stats

    opinions, scores = Quality(images, 1, noise, skew).draw(np.random.default_rng(1))
    fitted = fit_logistic(scores, opinions).fitted
    assert fitted is not None, "a population is smooth"
    values = (
        stats.spearmanr(scores, opinions).statistic,
        stats.kendalltau(scores, opinions).statistic,
        stats.pearsonr(scores, opinions).statistic,
        stats.pearsonr(fitted, opinions).statistic,
        np.sqrt(np.mean((fitted - opinions) ** 2)),
    )
    return dict(zip(WANTED, map(float, values), strict=True))


LAYOUTS = (
    (20, 1, 0.4, MILD), (20, 1, 1.0, MILD), (80, 1, 1.0, MILD), (500, 1, 1.0, MILD),
    (10, 8, 1.0, MILD), (11, 25, 1.0, MILD), (20, 10, 1.0, MILD), (50, 5, 1.0, MILD),
    (20, 1, 1.0, STRONG), (80, 1, 1.0, STRONG), (50, 5, 1.0, STRONG),
)  # fmt: skip


def cells() -> list[Cell]:
    """Every cell of quality models."""
    return [
        Cell("image quality", said(*layout), layout[0] * layout[1], layout[0], Quality(*layout),
             share=0.4 if layout[0] * layout[1] < 200 else 0.2,
             short=layout == (80, 1, 1.0, MILD))
        for layout in LAYOUTS
    ]  # fmt: skip
