"""Verdicts on pairs in the order shown -> how often they are those of people, and what place did.

A verdict that could not be read is wrong under every rule, and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.data import ItemData
from harness.metrics.base import MetricResult, as_optional
from harness.metrics.intervals import Bootstrap, Uncertainty, mean
from harness.metrics.intervals.means import Range, mean_of
from harness.metrics.intervals.smooth import LOGIT, jackknife
from harness.nouns import Task
from harness.records.record import IntervalMethod
from harness.records.scored import Scored, Scoring
from harness.tasks.reading.verdicts import BAD, FIRST, SECOND, TIE, UNPARSED, VERDICTS
from suites.preference.blind import RANDOM
from suites.preference.board_metrics import TWO_GAMES
from suites.preference.cards_beside import INCONSISTENT, PLACED
from suites.preference.protocol import (
    AGREEMENT,
    BLIND_PREFIX,
    IN_BOTH,
    PERSON,
    PICKED,
    RIGHT,
    SUBSET,
    card,
)
from suites.preference.record import BlindRow, PreferencePart, SubsetRow, VerdictRow
from suites.preference.subsets import subset_rows
from suites.preference.verdict_lengths import by_length

Reals = NDArray[np.float64]
FIRST_NAMED = "first"


@dataclass(frozen=True)
class Verdicts:
    """Verdicts beside what people said, item by item; ``pairs`` numbers the pairs of both orders.

    ``turned`` marks items that show their pair in the second order. ``coin`` stands for one that
    says A or B by the toss of a coin: its figures are expected values.
    """

    people: Reals
    said: Reals
    pairs: NDArray[np.int64]
    turned: NDArray[np.bool_]
    coin: bool = False

    @cached_property
    def right(self) -> Reals:
        """Whether each verdict is what people said; of a coin how likely that is."""
        if self.coin:
            return np.where(self.decided, 0.5, 0.0)
        return np.asarray(self.said == self.people, dtype=np.float64)

    @cached_property
    def decided(self) -> NDArray[np.bool_]:
        """Items of which people said that one is better."""
        return np.asarray((self.people == FIRST) | (self.people == SECOND))

    def told_apart(self, tie: float) -> Reals:
        """Right verdicts where people told two apart, ties counting ``tie``; NaN elsewhere."""
        tied = (self.said == TIE) | (self.said == BAD)
        found = np.where(tied & (not self.coin), tie, self.right)
        return np.where(self.decided, found, np.nan)

    def first(self) -> Reals:
        """1 for A and 0 for B; NaN for other verdicts."""
        if self.coin:
            return np.full(len(self.said), 0.5)
        chose = (self.said == FIRST) | (self.said == SECOND)
        return np.where(chose, self.said == FIRST, np.nan)

    def are(self, *words: float) -> Reals:
        """1 for verdicts that are one of these."""
        return np.isin(self.said, words).astype(np.float64) * (not self.coin)

    def in_orders(self, count: int) -> Reals:
        """1 for items whose pair is judged rightly in so many of its orders."""
        if self.coin:
            chance = np.where(self.decided, 0.25 if count == 2 else 0.5, 0.0)
            return np.asarray(chance, dtype=np.float64)
        sums = np.bincount(self.pairs, self.right)
        return np.asarray((sums == count)[self.pairs], dtype=np.float64)

    def inconsistent(self) -> Reals:
        """1 for items whose pair has two verdicts that name not one answer.

        Tie and both bad name none alike; what is unparsed is no verdict, and of one mind with none.
        """
        if self.coin:
            return np.full(len(self.said), 0.5)
        said = np.where(self.said == FIRST, 1.0, np.where(self.said == SECOND, -1.0, 0.0))
        said = np.where(self.said == UNPARSED, np.nan, np.where(self.turned, -said, said))
        sums, squares = np.bincount(self.pairs, said), np.bincount(self.pairs, said**2)
        # Two numbers are one where twice the sum of their squares is the square of their sum.
        return np.asarray((2 * squares != sums**2)[self.pairs], dtype=np.float64)

    def where_better_stands(self, place: float) -> Reals:
        """Right verdicts where the better answer is shown there; NaN elsewhere."""
        return np.where(self.people == place, self.right, np.nan)

    def in_two_games(self) -> Reals:
        """1 for items whose pair has more right verdicts than wrong ones, over its two orders.

        A tie, both bad and an answer that is no verdict count nothing (JudgeBench's public code).
        """
        if self.coin:
            return self.in_orders(2)
        named = (self.said == FIRST) | (self.said == SECOND)
        points = np.where(self.decided & named, 2 * self.right - 1, 0)
        return np.asarray((np.bincount(self.pairs, points) > 0)[self.pairs], dtype=np.float64)

    def figure(self, name: str) -> Reals:
        """A metric's value for every item, NaN where it has none."""
        if name in PLACED:
            return self.where_better_stands((FIRST, SECOND)[PLACED.index(name)])
        ties = {"strict": 0.0, "half": 0.5, "ge": 1.0}
        if name.startswith("pair accuracy["):
            return self.told_apart(ties[name.partition("[")[2][:-1]])
        figures: dict[str, Callable[[], Reals]] = {
            AGREEMENT: lambda: self.right,
            IN_BOTH: lambda: self.in_orders(2),
            TWO_GAMES: self.in_two_games,
            "right in one order": lambda: self.in_orders(1),
            INCONSISTENT: self.inconsistent,
            FIRST_NAMED: self.first,
            "ties": lambda: self.are(TIE, BAD),
            "unparsed": lambda: self.are(UNPARSED),
        }
        return figures[name]()


def score(task: Task, data: ItemData, scores: Floats, scoring: Scoring) -> Scored:
    """Compute a verdict task's metrics; NaN is an item that could not be answered: unparsed."""
    people = np.asarray(data.gold, dtype=np.float64)
    said = np.where(np.isnan(scores), UNPARSED, scores).astype(np.float64)
    _, pairs = np.unique(np.array(data.columns["pair"], dtype=np.str_), return_inverse=True)
    turned = np.array(data.columns["order"], dtype=np.str_) == "BA"
    model = Verdicts(people, said, pairs.astype(np.int64), turned)
    bootstrap = scoring.bootstrap(data.clusters)
    lengths = by_length(data.contents).items()
    blind = {**_blind(model), **{name: replace(model, said=said) for name, said in lengths}}
    return Scored(
        metrics=tuple(_metric(name, model, bootstrap) for name in task.metrics),
        intervals=IntervalMethod(**bootstrap.describe()),
        part=_part(task, data, model, blind, bootstrap),
        columns=_columns(task, data, model, blind),
    )


def _metric(name: str, model: Verdicts, bootstrap: Bootstrap) -> MetricResult:
    values = model.figure(name)
    value = mean_of(values)
    # Both orders of a pair pull apart here: what is shared by them is no reason to be less sure.
    sure = _ratio if name == FIRST_NAMED else mean
    return MetricResult.of(
        name,
        value,
        sure(values, bootstrap.codes, limits=card(name).limits),
        int((~np.isnan(values)).sum()),
        card(name),
        reason=card(name).undefined if value is None else None,
        per_group=as_optional(values),
        column=name,
    )


def _ratio(values: Reals, codes: NDArray[np.int64], *, limits: Range) -> Uncertainty:
    """The interval of a share of some items, by leaving out one prompt at a time."""
    there = ~np.isnan(values)
    sizes = np.bincount(codes[there]).astype(np.float64)
    sums = np.bincount(codes[there], values[there])[sizes > 0]
    sizes = sizes[sizes > 0]
    if not len(sizes):
        return mean(values, codes, limits=limits)
    with np.errstate(invalid="ignore", divide="ignore"):
        without = (sums.sum() - sums) / (sizes.sum() - sizes)
    value = float(sums.sum() / sizes.sum())
    return jackknife(value, without, scale=LOGIT, limits=limits, what="prompts")


def _blind(model: Verdicts) -> dict[str, Verdicts]:
    """One verdict for all, of each kind that people gave, and a coin."""
    words = [word for word in (FIRST, SECOND, TIE, BAD) if (model.people == word).any()]
    rows = {
        f"always {VERDICTS[int(word)]}": Verdicts(
            model.people, np.full(len(model.people), word), model.pairs, model.turned
        )
        for word in words
    }
    nothing = np.full(len(model.people), np.nan)
    return {**rows, RANDOM: Verdicts(model.people, nothing, model.pairs, model.turned, coin=True)}


def _part(
    task: Task,
    data: ItemData,
    model: Verdicts,
    blind: Mapping[str, Verdicts],
    bootstrap: Bootstrap,
) -> PreferencePart:
    decided = model.decided
    tied = np.isin(model.said, (TIE, BAD))
    return PreferencePart(
        signal=str(data.facts["signal"]),
        pairs=int(decided.sum()),
        people_tied=int((~decided).sum()),
        undecided_items=int((~decided).sum()),
        single_items=0,
        tied_pairs=int((tied & decided).sum()),
        tied_items=int(tied.sum()),
        unanswered=int((model.said == UNPARSED).sum()),
        distinct_scores=len(np.unique(model.said)),
        blind=[
            BlindRow(name=name, values={m: mean_of(row.figure(m)) for m in task.metrics})
            for name, row in blind.items()
        ],
        subsets=_subsets(task.primary_metric, data, model, blind, bootstrap),
        verdicts=[
            VerdictRow(
                people=VERDICTS[int(word)],
                counts=[int(((model.people == word) & (model.said == said)).sum())
                        for said in range(len(VERDICTS))],
            )
            for word in (FIRST, SECOND, TIE, BAD)
        ],
    )  # fmt: skip


def _subsets(
    metric: str,
    data: ItemData,
    model: Verdicts,
    blind: Mapping[str, Verdicts],
    bootstrap: Bootstrap,
) -> list[SubsetRow]:
    rows = {name: row.figure(metric) for name, row in blind.items()}
    return subset_rows(
        metric,
        data.columns.get("subset", ()),
        model.figure(metric),
        blind=rows.values(),
        chance=rows[RANDOM],
        clusters=bootstrap.codes,
    )


def _columns(
    task: Task, data: ItemData, model: Verdicts, blind: Mapping[str, Verdicts]
) -> dict[str, Sequence[Any]]:
    primary = task.primary_metric
    columns: dict[str, Sequence[Any]] = {
        name: as_optional(model.figure(name)) for name in task.metrics
    }
    columns[RIGHT] = (model.figure(primary) == 1).tolist()
    columns["people"] = [VERDICTS[int(word)] for word in model.people]
    columns[PICKED] = [VERDICTS[int(word)] for word in model.said]
    columns["pair"], columns["order"] = data.columns["pair"], data.columns["order"]
    if "subset" in data.columns:
        columns[SUBSET] = data.columns["subset"]
    if PERSON in data.numbers:
        columns[PERSON] = as_optional(np.array(data.numbers[PERSON], dtype=np.float64))
    rows = {name: row.figure(primary) for name, row in blind.items()}
    best = max(rows, key=lambda name: mean_of(rows[name]) or 0.0)
    columns[BLIND_PREFIX + primary] = as_optional(rows[best])
    return columns
