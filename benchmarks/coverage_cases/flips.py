"""Two models on the same items: negative flips, alone, in clusters, and over pairs of images."""

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
from coverage_cases.quality import Quality
from coverage_cases.shares import PER_CLUSTER
from harness.compare.outcomes import count_flips
from harness.data import ItemData
from harness.scored import Scoring
from suites.flips.protocol import ACCURACY, REFERENCE
from suites.flips.scoring import score
from suites.image_quality.record import OpinionPart
from suites.image_quality.right import pairs

WANTED = (ACCURACY, "NFR", "PFR", "NFR[relative]", "NFI")
ICC = 0.5

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Classifiers:
    """Two classifiers: some items are lost, some won; ``right`` is the old one's accuracy."""

    lost: float
    won: float
    right: float
    n: int
    clusters: int | None

    def truths(self) -> Mapping[str, float]:
        """The known figures."""
        new = self.right - self.lost + self.won
        return {
            ACCURACY: new,
            "NFR": self.lost,
            "PFR": self.won,
            "NFR[relative]": self.lost / (self.right * (1 - new)),
            "NFI": self.lost / (1 - new),
        }

    def __call__(self, random: Generator) -> Mapping[str, Seen]:
        """Draw once."""
        level = random.normal(size=self.n)
        if self.clusters is not None:
            shared = np.repeat(random.normal(size=self.clusters), self.n // self.clusters)
            level = np.sqrt(ICC) * shared + np.sqrt(1 - ICC) * level
        # Lost, right twice, won, wrong twice, from the lowest level to the highest.
        ends = np.cumsum([self.lost, self.right - self.lost, self.won])
        place = np.searchsorted(ends, stats.norm.cdf(level))
        old, new = np.isin(place, (0, 1)), np.isin(place, (1, 2))
        answers = np.stack([np.where(new, 0.0, 1.0), np.ones(self.n)], axis=1)
        task: Any = SimpleNamespace(id="flips", metrics=WANTED)
        scored = score(task, self._data(old), answers.astype(np.float32), Scoring())
        truths = self.truths()
        given = {ACCURACY: new, "NFR": old & ~new, "PFR": ~old & new}
        return {
            result.name: Seen.metric(
                result, truths[result.name], self._reference(given.get(result.name))
            )
            for result in scored.metrics
        }

    def _reference(self, hits: NDArray[np.bool_] | None) -> Reference | None:
        if hits is None:
            return None
        values = hits.astype(np.float64)
        if self.clusters is None:
            return "Wilson", references.wilson_of(values)
        codes = np.repeat(np.arange(self.clusters), self.n // self.clusters)
        return "Wilson, design effect, t", references.wilson_clustered(values, codes)

    def _data(self, old: NDArray[np.bool_]) -> ItemData:
        clusters = self.clusters or self.n
        codes = np.repeat(np.arange(clusters), self.n // clusters).tolist()
        return ItemData(
            ids=tuple(f"{number:06d}" for number in range(self.n)),
            contents=(),
            gold=(0.0,) * self.n,
            clusters=tuple(f"source {code:06d}" for code in codes),
            columns={REFERENCE: tuple("right" if hit else "wrong" for hit in old.tolist())},
            classes=("right", "wrong"),
        )


@dataclass(frozen=True, slots=True)
class QualityPairs:
    """Two quality models on the same images; pairs that were ordered right and are not now."""

    references: int
    images: int

    def __call__(self, random: Generator) -> Mapping[str, Seen]:
        """Draw once."""
        opinions, before = Quality(self.references, self.images, 0.6).draw(random)
        moved = random.normal(size=(self.references, self.images))
        if self.images > 1:
            moved += random.normal(size=(self.references, 1))
        after = before * np.exp(0.3 * moved.reshape(-1))
        made = [_Beside.make(self, opinions, scores) for scores in (before, after)]
        found = count_flips(pairs(made[0], made[1])[0])  # type: ignore[arg-type]
        rough = found.rough is not None
        return {"NFR of pairs": Seen(found.nfr, None, found.interval, rough, found.method)}


@dataclass(frozen=True, slots=True)
class _Beside:
    """What the counting of pairs reads of a :class:`harness.compare.sides.Side`."""

    record: Any
    ids: NDArray[Any]
    clusters: NDArray[Any]
    columns: Mapping[str, Reals]

    @classmethod
    def make(cls, layout: QualityPairs, opinions: Reals, scores: Reals) -> _Beside:
        n = len(opinions)
        part = OpinionPart.model_construct(opinion="higher", scale=[0.0, 100.0])
        sources = np.repeat(np.arange(layout.references), layout.images)
        return cls(
            SimpleNamespace(part=part),
            np.array([f"{number:06d}" for number in range(n)]),
            np.array([f"reference {source:06d}" for source in sources.tolist()]),
            {"opinion": opinions, "score": scores},
        )

    def reals(self, name: str) -> Reals | None:
        """A column of per-item numbers."""
        return self.columns.get(name)


def cells() -> list[Cell]:
    """Every cell of flips."""
    found = [
        Cell("flips", f"{lost:.0%} lost, {won:.0%} won", n, n,
             Classifiers(lost, won, right, n, None), share=0.5, short=(lost, n) == (0.05, 50))
        for lost, won, right in ((0.05, 0.05, 0.8), (0.02, 0.05, 0.8), (0.1, 0.02, 0.8))
        for n in (20, 50, 200, 500)
    ]  # fmt: skip
    found += [
        Cell("flips, clusters of 5", f"{lost:.0%} lost, {won:.0%} won, {clusters} clusters",
             5 * clusters, clusters, Classifiers(lost, won, 0.8, PER_CLUSTER * clusters, clusters),
             share=0.5, short=(lost, clusters) == (0.1, 50))
        for lost, won in ((0.02, 0.05), (0.1, 0.02))
        for clusters in (10, 20, 50, 100)
    ]  # fmt: skip
    found += [
        Cell("flips over pairs", f"{references} references x {images}", references * images,
             references, QualityPairs(references, images), share=0.5, short=references == 80)
        for references, images in ((80, 1), (11, 25), (25, 20), (50, 5))
    ]  # fmt: skip
    return found
