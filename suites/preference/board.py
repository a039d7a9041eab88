"""One task's items with all rows on it: the model's scores, blind ones, and chance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import Bootstrap
from suites.preference.blind import RANDOM, blind_scores, chance
from suites.preference.calibration import log_odds
from suites.preference.data import PreferenceData
from suites.preference.tied import ITEM_FIGURES, Compared, Judged

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Board:
    """One task's items with all rows on it: the model's scores, blind ones, and chance."""

    data: PreferenceData
    judged: Judged
    bootstrap: Bootstrap

    @classmethod
    def of(cls, data: PreferenceData, bootstrap: Bootstrap | None = None) -> Board:
        """From a task's data, grades in the order of the candidates; ``None`` for usual draws."""
        grades = [[data.gold[group.id][name] for name in group.candidates] for group in data.groups]
        return cls(data, Judged.of(grades), bootstrap or Bootstrap(data.group_clusters))

    @cached_property
    def blind(self) -> dict[str, Compared]:
        """Blind rows by name."""
        rows = blind_scores(self.data)
        return {
            name: Compared(self.judged, scores, log_odds=log_odds(scores)) for name, scores in rows
        }

    @cached_property
    def chance(self) -> dict[str, Reals]:
        """Expected values of chance, by metric and item."""
        return chance(self.judged)

    @cached_property
    def longer(self) -> NDArray[np.int64]:
        """Of every pair by how many characters the preferred text is the longer one.

        All 0 where texts are not at hand.
        """
        _, a, b = self.judged.pairs
        lengths = np.zeros(len(self.judged.item), dtype=np.int64)
        if self.data.documents:
            names = [name for group in self.data.groups for name in group.candidates]
            lengths = np.array([len(self.data.documents[name]) for name in names], dtype=np.int64)
        return np.asarray(lengths[a] - lengths[b])

    def blind_items(self, metric: str) -> dict[str, Reals]:
        """A metric that is a mean over items, item by item, of each blind row and of chance."""
        rows = {name: ITEM_FIGURES[metric](row) for name, row in self.blind.items()}
        return {**rows, RANDOM: self.chance[metric]}
