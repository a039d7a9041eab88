"""``compare`` on two models of equal quality, scored by each suite: how often it sees a change.

The models have the same population of answers; what they have in common, such as the difficulty
of an item, is drawn once for both. Each figure decides alone, as the primary one of one task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np

from coverage_cases import consistency, detection, quality
from coverage_cases.base import Generator, Rates
from coverage_cases.sides import side_of, words_of
from harness.compare.verdicts import Verdict
from harness.data import ItemData
from harness.scored import Scored, Scoring
from suites.consistency.scoring import score as score_embeddings
from suites.detection.scoring import score as score_texts
from suites.image_quality.scoring import score as score_images

ONE_SIDED = 0.025
SHARED = 0.5
"""Share of the variance of a model's noise that both models have in common."""

HALF = float(np.sqrt(SHARED))


class Pairing(Protocol):
    """Draws two models of equal quality on one task."""

    @property
    def metrics(self) -> Sequence[str]:
        """The figures that are compared."""

    def __call__(self, random: Generator) -> tuple[ItemData, Scored, Scored]:
        """Draw once."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Two detectors on n human and n machine texts, of sources of their own or shared by five."""

    layout: detection.Detector
    metrics: Sequence[str]

    def __call__(self, random: Generator) -> tuple[ItemData, Scored, Scored]:
        """Draw once."""
        n, clusters = self.layout.n, self.layout.clusters or self.layout.n
        # A source of texts is common to both detectors, or else each text's own difficulty is.
        size = 3 * n if self.layout.clusters is None else clusters
        common = HALF * random.normal(size=size)
        if self.layout.clusters is not None:
            common = np.tile(np.repeat(common, n // clusters), 3)
        common = common + np.repeat([0.0, 0.0, self.layout.scores.shift], n)
        task: Any = SimpleNamespace(id="detection/drawn", metrics=self.metrics)
        data = self.layout.data()
        made = []
        for _ in range(2):
            scores = (common + HALF * random.normal(size=3 * n)).astype(np.float32)
            made.append(score_texts(task, data, scores, Scoring()))
        return data, made[0], made[1]


@dataclass(frozen=True, slots=True)
class Images:
    """Two quality models on the same images; their errors are as large and apart."""

    layout: quality.Quality
    metrics: Sequence[str]

    def __call__(self, random: Generator) -> tuple[ItemData, Scored, Scored]:
        """Draw once."""
        level = self.layout.levels(random)
        opinions = quality.opinions_of(level)
        data = self.layout.data(opinions)
        task: Any = SimpleNamespace(id="image-quality/drawn", metrics=self.metrics)
        made = []
        for _ in range(2):
            scores = quality.scores_of(level, self.layout.levels(random), self.layout.noise)
            made.append(score_images(task, data, scores.astype(np.float32), Scoring()))
        return data, made[0], made[1]


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Two embedders of the same items, with noise of their own for each class and item."""

    layout: consistency.Embedder
    metrics: Sequence[str]

    def __call__(self, random: Generator) -> tuple[ItemData, Scored, Scored]:
        """Draw once."""
        data, centres = self.layout.data(), self.layout.centres(random)
        task: Any = SimpleNamespace(id="consistency/drawn", metrics=self.metrics)
        made = [
            score_embeddings(task, data, self.layout.around(centres, random), Scoring())
            for _ in range(2)
        ]
        return data, made[0], made[1]


@dataclass(frozen=True, slots=True)
class NoChange:
    """Which figures ``compare`` calls worse or better."""

    pairing: Pairing

    def __call__(self, random: Generator) -> Mapping[str, float | None]:
        """Draw once."""
        data, *both = self.pairing(random)
        names = self.pairing.metrics
        old, new = (
            side_of(name, data, one, names[:1]) for name, one in zip("ab", both, strict=True)
        )
        found: dict[str, float | None] = {}
        for name, word in words_of(old, new).items():
            found[f"{name}: false worse"] = float(word is Verdict.WORSE)
            found[f"{name}: false better"] = float(word is Verdict.BETTER)
        return found


TEXT_METRICS = ("TPR@FPR=5%[oracle_per_domain]", "TPR@FPR=1%[oracle_per_domain]", "AUROC")
IMAGE_METRICS = ("SRCC", "PLCC", "RMSE[logistic4]")
ITEM_METRICS = ("OPIS[FAR=1%..10%]", "R@1", "TAR@FAR=1%")


def cells() -> list[Rates]:
    """Every cell of verdicts on whole suites."""
    found = [
        _cell("detectors", detection.said(scores, n, clusters), n,
              Texts(detection.Detector(scores, n, clusters), TEXT_METRICS),
              short=(n, clusters) == (100, None))
        for scores, n, clusters in (
            (detection.NORMAL, 100, None), (detection.NORMAL, 500, None),
            (detection.NORMAL, 250, 50),
        )
    ]  # fmt: skip
    found += [
        _cell("quality models", quality.said(references, images, 1.0), references * images,
              Images(quality.Quality(references, images, 1.0), IMAGE_METRICS),
              short=references == 80)
        for references, images in ((20, 1), (80, 1), (11, 25), (50, 5))
    ]  # fmt: skip
    found += [
        _cell("embedders", consistency.said(classes, items, consistency.UNEQUAL), classes * items,
              Embeddings(consistency.Embedder(classes, items, consistency.UNEQUAL), ITEM_METRICS),
              short=classes == 50)
        for classes, items in ((20, 10), (50, 5), (200, 5))
    ]  # fmt: skip
    return found


def _cell(what: str, population: str, n: int, pairing: Pairing, *, short: bool) -> Rates:
    limits = {
        f"{name}: false {word}": ("at most", ONE_SIDED)
        for name in pairing.metrics
        for word in ("worse", "better")
    }
    return Rates(f"no change, {what}", population, n, NoChange(pairing), limits, share=0.25,
                 short=short)  # fmt: skip
