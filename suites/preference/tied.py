"""Items with scores as flat arrays, and every figure of them under each rule for ties.

A score that is NaN is no answer. It loses under every rule: its candidate is never preferred where
people prefer it, and always where they do not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from suites.preference.board_metrics import IMAGE, SECOND, TEXT, THREE, WHOLE_QUAD

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Figure = tuple[float | None, Reals]
"""A figure of all items together, and its values without each of the prompts."""


@dataclass(frozen=True)
class Judged:
    """What people said of the candidates, flat, item after item.

    ``grades`` are higher for what is preferred, equal for what is tied. ``starts`` has where each
    item begins, and the end: shape (items + 1,).
    """

    grades: Ints
    starts: Ints

    @classmethod
    def of(cls, grades: Sequence[Sequence[int]]) -> Judged:
        """From one list of grades for each item."""
        sizes = [len(one) for one in grades]
        flat = np.array([grade for one in grades for grade in one], dtype=np.int64)
        return cls(flat, np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64))

    @property
    def items(self) -> int:
        """Number of items."""
        return len(self.starts) - 1

    @cached_property
    def item(self) -> Ints:
        """The item of each candidate."""
        return np.repeat(np.arange(self.items), np.diff(self.starts))

    @cached_property
    def couples(self) -> tuple[Ints, Ints, Ints]:
        """Every two candidates of one item: the item, and both places, the preferred one first."""
        found: list[tuple[Ints, Ints, Ints]] = []
        sizes = np.diff(self.starts)
        for size in np.unique(sizes).tolist():
            which = np.flatnonzero(sizes == size)
            first, second = np.triu_indices(size, 1)
            begin = self.starts[which][:, None]
            found.append(
                (
                    np.repeat(which, len(first)),
                    (begin + first[None, :]).reshape(-1),
                    (begin + second[None, :]).reshape(-1),
                )
            )
        item, a, b = (np.concatenate([part[k] for part in found]) for k in range(3))
        turned = self.grades[a] < self.grades[b]
        a, b = np.where(turned, b, a), np.where(turned, a, b)
        order = np.argsort(item, kind="stable")
        return item[order], a[order], b[order]

    @cached_property
    def apart(self) -> Mask:
        """Which of :attr:`couples` people told apart."""
        _, a, b = self.couples
        return np.asarray(self.grades[a] != self.grades[b])

    @cached_property
    def pairs(self) -> tuple[Ints, Ints, Ints]:
        """Couples that people told apart: the item, the preferred one's place, the other's."""
        item, a, b = (part[self.apart] for part in self.couples)
        return item, a, b

    @cached_property
    def pairs_of(self) -> Ints:
        """Pairs of each item."""
        return np.bincount(self.pairs[0], minlength=self.items)

    @cached_property
    def chosen(self) -> Mask:
        """Candidates of the highest grade of their item."""
        best = np.full(self.items, np.iinfo(np.int64).min)
        np.maximum.at(best, self.item, self.grades)
        return np.asarray(self.grades == best[self.item])

    @cached_property
    def decided(self) -> Mask:
        """Items with a candidate that is chosen and one that is not."""
        return np.asarray(self.pairs_of > 0)

    @cached_property
    def quads(self) -> Mask:
        """Items of four candidates of which the first and the last alone are preferred, alike."""
        found = np.diff(self.starts) == 4
        first = self.starts[:-1][found]
        grades = self.grades[first[:, None] + np.arange(4)]
        alike = (grades[:, 0] == grades[:, 3]) & (grades[:, 1] == grades[:, 2])
        found[found] = alike & (grades[:, 0] > grades[:, 1])
        return np.asarray(found)

    def per_item(self, values: ArrayLike, of: Ints) -> Reals:
        """Sum of values by item."""
        weights = np.asarray(values, dtype=np.float64)
        return np.bincount(of, weights, minlength=self.items).astype(np.float64)


@dataclass(frozen=True)
class Compared:
    """A model's scores, flat, beside what people said. Higher scores mean preferred.

    ``log_odds`` says that differences of scores may be read as log-odds.
    """

    judged: Judged
    scores: NDArray[Any]
    log_odds: bool = False

    @cached_property
    def _signs(self) -> NDArray[np.int64]:
        """Of each pair: 1 where the preferred one has the higher score, 0 tied, -1 else."""
        _, a, b = self.judged.pairs
        return _signs(self.scores, a, b)

    def pair_shares(self, tie: float) -> Reals:
        """Share of each item's pairs that are right, a tie counting ``tie``; NaN without a pair."""
        return self._share(np.where(self._signs == 0, tie, self._signs > 0))

    def pair_sums(self, tie: float) -> tuple[Reals, Ints]:
        """Sum of right pairs and number of pairs by item."""
        right = np.where(self._signs == 0, tie, self._signs > 0)
        return self.judged.per_item(right, self.judged.pairs[0]), self.judged.pairs_of

    @property
    def right_pairs(self) -> Mask:
        """Of every pair whether it is right, a tie being wrong."""
        return np.asarray(self._signs > 0)

    @property
    def tied_pairs(self) -> int:
        """Pairs that people told apart and the model did not."""
        return int((self._signs == 0).sum())

    def whole(self, tie: bool) -> Reals:
        """1 for items all of whose pairs are right, ties with them if ``tie``; NaN without any."""
        wrong = self._signs < 0 if tie else self._signs <= 0
        lost = self.judged.per_item(wrong, self.judged.pairs[0])
        return np.where(self.judged.decided, lost == 0, np.nan)

    def all_right_at(self, places: frozenset[tuple[int, int]]) -> Reals:
        """1 for items of :attr:`Judged.quads` whose pairs at those places are all right, strictly.

        A pair is the place of the preferred candidate in its item, and that of the other.
        """
        item, a, b = self.judged.pairs
        ours, other = a - self.judged.starts[item], b - self.judged.starts[item]
        there = np.zeros(len(item), dtype=np.bool_)
        for one, two in places:
            there |= (ours == one) & (other == two)
        lost = self.judged.per_item(there & (self._signs <= 0), item)
        return np.where(self.judged.quads, lost == 0, np.nan)

    def second_wins(self) -> Reals:
        """Share of each item's pairs that are right, of equal scores the candidate further back."""
        _, a, b = self.judged.pairs
        return self._share(np.where(self._signs == 0, a > b, self._signs > 0))

    def three_way(self) -> Reals:
        """Share of each item's couples of which scores say what people do: above, below, alike."""
        item, a, b = self.judged.couples
        right = _signs(self.scores, a, b) == self.judged.apart
        sizes = np.diff(self.judged.starts)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = self.judged.per_item(right, item) / (sizes * (sizes - 1) / 2)
        return np.asarray(shares, dtype=np.float64)

    def inversions(self) -> Reals:
        """1 - inversions / C(n, 2) of each item; a tie of the model alone is half an inversion.

        Pairs that people tied are right, as in HPSv2 (arXiv 2306.09341), which breaks the model's
        ties by the order of an unstable sort. NaN for items of one candidate.
        """
        sizes = np.diff(self.judged.starts)
        couples = sizes * (sizes - 1) / 2
        bad = np.where(self._signs == 0, 0.5, self._signs < 0)
        lost = self.judged.per_item(bad, self.judged.pairs[0])
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(couples > 0, 1 - lost / couples, np.nan)

    def tau_b(self) -> Reals:
        """Kendall's tau-b of each item (Kendall, Biometrika 33, 1945).

        NaN where people tied all candidates. Where the model did, it found no order: 0.
        """
        item, a, b = self.judged.couples
        signs = _signs(self.scores, a, b)
        apart = self.judged.apart
        agreed = self.judged.per_item(np.where(apart, signs, 0), item)
        theirs = self.judged.per_item(apart, item)
        ours = self.judged.per_item(signs != 0, item)
        with np.errstate(invalid="ignore", divide="ignore"):
            found = agreed / np.sqrt(theirs * ours)
        return np.where(theirs == 0, np.nan, np.where(ours == 0, 0.0, found))

    @cached_property
    def _top(self) -> Reals:
        """The highest score of each item's chosen candidates, -inf where none is answered for."""
        scores = self.scores[self.judged.chosen].astype(np.float64)
        best = np.full(self.judged.items, -np.inf)
        kept = np.where(np.isnan(scores), -np.inf, scores)
        np.maximum.at(best, self.judged.item[self.judged.chosen], kept)
        return best

    @cached_property
    def _beside(self) -> tuple[Ints, Ints, Ints]:
        """By item: others above the best chosen one, others beside it, chosen ones at its score."""
        scores = self.scores.astype(np.float64)
        chosen, item = self.judged.chosen, self.judged.item
        top = self._top[item]
        unknown = np.isnan(scores)
        above = ~chosen & ((scores > top) | unknown)
        beside = ~chosen & (scores == top)
        same = chosen & ((scores == top) | (unknown & (top == -np.inf)))
        counted = (np.bincount(item[mask], minlength=self.judged.items)
                   for mask in (above, beside, same))  # fmt: skip
        above_, beside_, same_ = counted
        return above_, beside_, same_

    def best(self, tie: str) -> Reals:
        """Whether the best of each item is a chosen one: ``strict``, ``ge`` or ``share`` of ties.

        NaN for items without another candidate than chosen ones.
        """
        above, beside, same = self._beside
        if tie == "strict":
            found = (above == 0) & (beside == 0)
        elif tie == "ge":
            found = above == 0
        else:
            found = np.where(above == 0, same / np.maximum(same + beside, 1), 0.0)
        return np.where(self.judged.decided, found, np.nan)

    def reciprocal(self, tie: str) -> Reals:
        """Reciprocal rank of the best chosen one: ``worst`` of its ties last, or ``expected``."""
        above, beside, same = self._beside
        if tie == "worst":
            found = 1 / (above + beside + 1)
        else:
            cells = zip(above.tolist(), beside.tolist(), same.tolist(), strict=True)
            found = np.array([expected_reciprocal(*cell) for cell in cells])
        return np.where(self.judged.decided, found, np.nan)

    def picked(self) -> Ints:
        """Place of each item's one candidate with the highest score, -1 where several have it."""
        scores = np.where(np.isnan(self.scores), -np.inf, self.scores.astype(np.float64))
        item = self.judged.item
        top = np.full(self.judged.items, -np.inf)
        np.maximum.at(top, item, scores)
        at = scores == top[item]
        places = np.full(self.judged.items, -1)
        places[item[at]] = np.flatnonzero(at)
        return np.where(np.bincount(item[at], minlength=self.judged.items) == 1, places, -1)

    def _share(self, right: ArrayLike) -> Reals:
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.judged.per_item(right, self.judged.pairs[0]) / self.judged.pairs_of


def _signs(scores: NDArray[Any], a: Ints, b: Ints) -> NDArray[np.int64]:
    ours, other = scores[a], scores[b]
    with np.errstate(invalid="ignore"):
        signs = (ours > other).astype(np.int64) - (ours < other)
    return np.where(np.isnan(ours) | np.isnan(other), -1, signs)


@lru_cache(maxsize=1 << 14)
def expected_reciprocal(above: int, beside: int, same: int) -> float:
    """Mean of 1 / rank of the first of ``same`` chosen ones, shuffled among ``beside`` others.

    The first of them is at place j of the tie with probability C(n - j, same - 1) / C(n, same).
    """
    n = beside + same
    ways = math.comb(n, same)
    return math.fsum(
        math.comb(n - j, same - 1) / ways / (above + j) for j in range(1, beside + 2)
    )  # fmt: skip


CAPTIONS = frozenset({(0, 1), (3, 2)})
PICTURES = frozenset({(0, 2), (3, 1)})
"""Winoground's pairs of two captions of one picture, and of two pictures of one caption; the four
candidates of an item are both captions with the first picture, then both with the second."""

ITEM_FIGURES: Mapping[str, Callable[[Compared], Reals]] = {
    "pair accuracy[strict]": lambda one: one.pair_shares(0.0),
    "pair accuracy[ge]": lambda one: one.pair_shares(1.0),
    "pair accuracy[half]": lambda one: one.pair_shares(0.5),
    "best of n[strict]": lambda one: one.best("strict"),
    "best of n[ge]": lambda one: one.best("ge"),
    "best of n[share]": lambda one: one.best("share"),
    "exact ranking[strict]": lambda one: one.whole(tie=False),
    "exact ranking[ge]": lambda one: one.whole(tie=True),
    "tau-b": Compared.tau_b,
    "inversion score[half]": Compared.inversions,
    "MRR[worst]": lambda one: one.reciprocal("worst"),
    "MRR[expected]": lambda one: one.reciprocal("expected"),
    TEXT: lambda one: one.all_right_at(CAPTIONS),
    IMAGE: lambda one: one.all_right_at(PICTURES),
    WHOLE_QUAD: lambda one: one.all_right_at(CAPTIONS | PICTURES),
    SECOND: Compared.second_wins,
    THREE: Compared.three_way,
}
"""Metric -> its value for every item; the metric is the mean of those that are not NaN."""

POOLED_TIES: Mapping[str, float] = {
    "pair accuracy[strict,pooled]": 0.0,
    "pair accuracy[ge,pooled]": 1.0,
    "pair accuracy[half,pooled]": 0.5,
}
"""Metric over all pairs together -> what a tie counts."""
