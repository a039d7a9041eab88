"""One task's items with all rows on it: the model's scores, blind ones, and chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import Bootstrap
from harness.metrics.intervals.means import mean_of
from suites.preference.blind import RANDOM, blind_scores, chance
from suites.preference.composites import LOWER, Figure, domain_mean, style, ties
from suites.preference.data import PreferenceData
from suites.preference.protocol import BALANCED, DOMAINS, POOLED_AUC, TIES_SCORE
from suites.preference.tied import ITEM_FIGURES, POOLED_TIES, Compared, Judged

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Board:
    """One task's items with all rows on it: the model's scores, blind ones, and chance."""

    data: PreferenceData
    judged: Judged
    bootstrap: Bootstrap

    @classmethod
    def of(cls, data: PreferenceData) -> Board:
        """From a task's data; grades stand in the order of the candidates."""
        grades = [[data.gold[group.id][name] for name in group.candidates] for group in data.groups]
        return cls(data, Judged.of(grades), Bootstrap(data.group_clusters))

    @cached_property
    def blind(self) -> dict[str, Compared]:
        """Blind rows by name."""
        rows = blind_scores(self.data)
        return {name: Compared(self.judged, scores) for name, scores in rows}

    @cached_property
    def chance(self) -> dict[str, Reals]:
        """Expected values of chance, by metric and item."""
        return chance(self.judged)

    @cached_property
    def longer(self) -> NDArray[np.int64]:
        """Of every pair: 1 where the preferred text has more characters, -1 fewer, 0 as many.

        All 0 where texts are not at hand.
        """
        _, a, b = self.judged.pairs
        lengths = np.zeros(len(self.judged.item), dtype=np.int64)
        if self.data.documents:
            names = [name for group in self.data.groups for name in group.candidates]
            lengths = np.array([len(self.data.documents[name]) for name in names], dtype=np.int64)
        return np.asarray(np.sign(lengths[a] - lengths[b]))

    def blind_items(self, metric: str) -> dict[str, Reals]:
        """A metric that is a mean over items, item by item, of each blind row and of chance."""
        rows = {name: ITEM_FIGURES[metric](row) for name, row in self.blind.items()}
        return {**rows, RANDOM: self.chance[metric]}

    def value(self, metric: str, row: Compared | None) -> float | None:
        """A figure of one row, ``None`` for that of chance."""
        if metric == POOLED_AUC:
            return 0.5 if row is None else auc_value(self, row)
        if metric in WHOLE:
            return WHOLE[metric](self, row)[0]
        if metric in POOLED_TIES:
            right, pairs = (
                row.pair_sums(POOLED_TIES[metric])
                if row is not None
                else (self.judged.pairs_of / 2, self.judged.pairs_of)
            )
            return float(right.sum() / pairs.sum()) if pairs.sum() else None
        return mean_of(self.chance[metric] if row is None else ITEM_FIGURES[metric](row))


def length_balanced(board: Board, row: Compared | None) -> Figure:
    """Mean of the shares of right pairs among longer and among shorter preferred texts."""
    right = np.full(len(board.longer), 0.5) if row is None else row.right_pairs
    codes, count = board.bootstrap.codes[board.judged.pairs[0]], board.bootstrap.clusters_count
    shares, without = [], []
    for sign in (1, -1):
        at = board.longer == sign
        of = np.bincount(codes[at], minlength=count).astype(np.float64)
        hits = np.bincount(codes[at], right[at].astype(np.float64), minlength=count)
        if not of.sum():
            return None, np.empty(0)
        shares.append(float(hits.sum() / of.sum()))
        with np.errstate(invalid="ignore", divide="ignore"):
            without.append((hits.sum() - hits) / (of.sum() - of))
    return sum(shares) / 2, np.asarray((without[0] + without[1]) / 2, dtype=np.float64)


WHOLE: Mapping[str, Callable[[Board, Compared | None], Figure]] = {
    BALANCED: length_balanced,
    DOMAINS: domain_mean,
    TIES_SCORE: ties,
    **{f"style accuracy[{level}]": style(level) for level in LOWER},
}
"""Metric -> its figure of a row, of chance for ``None``."""


def filled(board: Board, scores: NDArray[Any]) -> NDArray[Any]:
    """Scores with a number for those that are NaN: beyond all others, on the wrong side."""
    unknown = np.isnan(scores)
    if not unknown.any():
        return scores
    known = scores[~unknown].astype(np.float64)
    low, high = (known.min() - 1, known.max() + 1) if len(known) else (0.0, 1.0)
    return np.where(unknown, np.where(board.judged.grades > 0, low, high), scores)


def auc_value(board: Board, row: Compared) -> float | None:
    """Mann-Whitney's share of pairs of a passed and a failed candidate; a tie counts one half."""
    scores = filled(board, row.scores).astype(np.float64)
    positive, negative = scores[board.judged.grades > 0], np.sort(scores[board.judged.grades <= 0])
    if not len(positive) or not len(negative):
        return None
    sides = (np.searchsorted(negative, positive, side=side).sum() for side in ("left", "right"))
    return float(sum(sides) / (2 * len(positive) * len(negative)))
