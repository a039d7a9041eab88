"""Likelihoods of candidates -> how often a policy finds likelier what people prefer.

Sources: arXiv 2405.19534, definition 2.3 (ranking accuracy by sums and by token) and corollary 3.3
(what the best of its objective would reach from a reference), the latter in log space: the
published code divides log-probabilities, which is another number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.data import ItemData
from harness.metrics.base import MetricResult, as_optional
from harness.metrics.intervals import Bootstrap, mean
from harness.metrics.intervals.means import mean_of
from harness.nouns import Task
from harness.records.record import IntervalMethod
from harness.records.scored import Scored, Scoring
from suites.preference.answers.likelihood import REFERENCE, SUM, TOKENS
from suites.preference.blind import CONSTANT, LONGER, ORDER, RANDOM, SHORTER
from suites.preference.calibration import RELIABILITY, Margins
from suites.preference.cards_beside import BRIER, ECE
from suites.preference.data import VOTES
from suites.preference.likelihoods import starts_of
from suites.preference.protocol import (
    BLIND_PREFIX,
    NO_PAIR,
    OF,
    PICKED,
    PREFERRED,
    QUANTILES,
    RIGHT,
    SUBSET,
    card,
)
from suites.preference.record import BlindRow, PreferencePart, SubsetRow
from suites.preference.subsets import subset_rows
from suites.preference.tied import Compared, Judged

Reals = NDArray[np.float64]
DIFFICULTY = "difficulty"
"""The side file of quantiles of the reference's difficulty."""

EPSILON = 0.001
"""How far from 1 the share of people is taken to be where all agree, or nobody counted them."""


@dataclass(frozen=True)
class Policy:
    """Likelihoods of candidates, flat, item after item, beside what people said of them."""

    judged: Judged
    rows: Reals
    bytes: Reals
    counted: bool

    @cached_property
    def scores(self) -> Mapping[str, Reals]:
        """Scores of every candidate by what the sum is held against; higher is likelier."""
        sums = self.rows[:, SUM]
        return {
            "sum": sums,
            "per token": sums / self.rows[:, TOKENS],
            "per byte": sums / np.where(self.bytes > 0, self.bytes, np.nan),
            "against reference": sums - self.rows[:, REFERENCE],
        }

    @cached_property
    def margins(self) -> Margins:
        """Of every pair the sum for the preferred less that of the other, less the reference's."""
        used = self.scores["against reference" if self.has_reference else "sum"]
        return Margins.of(self.judged, used)

    @property
    def has_reference(self) -> bool:
        """Whether every candidate that has a likelihood has one under a reference, too."""
        there = ~np.isnan(self.rows[:, SUM])
        return bool(there.any() and not np.isnan(self.rows[there, REFERENCE]).any())

    def accuracy(self, by: str, tie: float) -> Reals:
        """Share of each item's pairs that are right; NaN where a candidate has no such score."""
        if by == "against reference" and not self.has_reference:
            return np.full(self.judged.items, np.nan)
        if by == "per byte" and not (self.bytes > 0).all():
            return np.full(self.judged.items, np.nan)
        return Compared(self.judged, self.scores[by]).pair_shares(tie)

    def idealized(self, beta: float) -> Reals:
        """Share of pairs that the best policy of the objective would order as people do.

        Its margin is c + logit(alpha) / beta: c that of the reference, alpha the share of people
        who prefer the one that more of them do.
        """
        if not self.has_reference:
            return np.full(self.judged.items, np.nan)
        _, a, b = self.judged.pairs
        reference = self.rows[:, REFERENCE]
        alpha = np.full(len(a), 1 - EPSILON)
        if self.counted:
            votes = self.judged.grades
            alpha = np.minimum(votes[a] / (votes[a] + votes[b]), 1 - EPSILON)
        right = reference[a] - reference[b] + np.log(alpha / (1 - alpha)) / beta > 0
        return self._shares(right)

    def _shares(self, values: NDArray[Any]) -> Reals:
        with np.errstate(invalid="ignore", divide="ignore"):
            sums = self.judged.per_item(values, self.judged.pairs[0])
            return np.asarray(sums / self.judged.pairs_of, dtype=np.float64)

    def figure(self, name: str) -> Reals:
        """A metric's value for every item, NaN where it has none."""
        kind, _, told = name.partition("[")
        if kind == "pair accuracy":
            tie, by = told[:-1].split(",")
            return self.accuracy(by, {"strict": 0.0, "ge": 1.0}[tie])
        if kind == "idealized accuracy":
            return self.idealized(card(name).numbers(name)[0])
        return self.margins.brier() if name == BRIER else self.margins.overconfidence()


def score(task: Task, data: ItemData, scores: Floats, scoring: Scoring) -> Scored:
    """Compute the metrics of likelihoods; a candidate without one loses every pair."""
    starts = starts_of(data.columns["group"])
    grades = np.array(data.gold, dtype=np.int64)
    judged = Judged(grades, starts)
    lengths = np.array(data.numbers.get("bytes", np.zeros(len(grades))), dtype=np.float64)
    policy = Policy(judged, scores.astype(np.float64), lengths, data.facts["signal"] == VOTES)
    bootstrap = scoring.bootstrap([data.clusters[place] for place in starts[:-1].tolist()])
    blind = {name: Compared(judged, values) for name, values in _blind(data, policy)}
    error, without = policy.margins.ece(bootstrap.codes, bootstrap.clusters_count)
    return Scored(
        metrics=tuple(
            _error(policy, error, without) if name == ECE else _metric(name, policy, bootstrap)
            for name in task.metrics
        ),
        intervals=IntervalMethod(**scoring.bootstrap(data.clusters).describe()),
        part=_part(task, data, policy, blind, bootstrap),
        columns=_columns(task, data, policy, blind),
        files=_files(policy, bootstrap),
        jackknife={ECE: without} if len(without) > 1 and not np.isnan(without).any() else {},
    )


def _metric(name: str, policy: Policy, bootstrap: Bootstrap) -> MetricResult:
    values = policy.figure(name)
    value = mean_of(values)
    reason = None if value is not None else card(name).undefined
    return MetricResult.of(
        name,
        value,
        mean(values, bootstrap.codes, limits=card(name).limits),
        int((~np.isnan(values)).sum()),
        card(name),
        reason=reason,
        per_group=_spread(policy, values),
        column=name,
    )


def _files(policy: Policy, bootstrap: Bootstrap) -> Mapping[str, Mapping[str, Sequence[Any]]]:
    """Tables beside the record: bins of confidence, and quantiles of the reference's difficulty."""
    if not len(policy.judged.pairs[0]):
        return {}
    found: dict[str, Mapping[str, Sequence[Any]]] = {
        RELIABILITY: policy.margins.table(bootstrap.codes)
    }
    known = Margins.of(policy.judged, policy.rows[:, REFERENCE]).quantiles()
    if policy.has_reference and known is not None:
        # Difficulty is the reference's lead of what people do not prefer: the margin turned.
        found[DIFFICULTY] = {"share": QUANTILES, "value": [-value for value in known[::-1]]}
    return found


def _error(policy: Policy, value: float | None, without: Reals) -> MetricResult:
    """The error of calibration over all items together."""
    if value is None:
        return MetricResult(ECE, None, None, None, 0, card(ECE), NO_PAIR)
    sure = policy.margins.ece_sure(value, without)
    return MetricResult.of(ECE, value, sure, int(policy.judged.decided.sum()), card(ECE))


def _spread(policy: Policy, values: Reals) -> tuple[float | None, ...]:
    """A value for each item at its first candidate, ``None`` at the others: the mean is theirs."""
    found = np.full(len(policy.rows), np.nan)
    found[policy.judged.starts[:-1]] = values
    return as_optional(found)


def _blind(data: ItemData, policy: Policy) -> list[tuple[str, Reals]]:
    """Scores that look at no prompt, as in :mod:`suites.preference.blind`."""
    count, starts = len(policy.rows), policy.judged.starts
    rows: list[tuple[str, Reals]] = [(CONSTANT, np.zeros(count))]
    if data.facts["ordered"]:
        place = np.arange(count) - np.repeat(starts[:-1], np.diff(starts))
        rows.append((ORDER, -place.astype(np.float64)))
    if data.has_contents:
        lengths = np.array([len(text) for text in data.contents], dtype=np.float64)
        rows += [(LONGER, lengths), (SHORTER, -lengths)]
    return rows


def _blind_figure(name: str, row: Compared | None, policy: Policy) -> Reals:
    """What a blind row has where the metric orders pairs; nothing under the others."""
    if not name.startswith("pair accuracy") or np.isnan(policy.figure(name)).all():
        return np.full(policy.judged.items, np.nan)
    if row is None:
        return np.where(policy.judged.decided, 0.5, np.nan)
    return row.pair_shares(1.0 if "[ge" in name else 0.0)


def _part(
    task: Task,
    data: ItemData,
    policy: Policy,
    blind: Mapping[str, Compared],
    bootstrap: Bootstrap,
) -> PreferencePart:
    judged = policy.judged
    model = Compared(judged, policy.rows[:, SUM])
    known = policy.rows[~np.isnan(policy.rows[:, SUM]), SUM]
    sizes = np.diff(judged.starts)
    rows: dict[str, Compared | None] = {**blind, RANDOM: None}
    return PreferencePart(
        signal=str(data.facts["signal"]),
        pairs=len(judged.pairs[0]),
        people_tied=int((~judged.apart).sum()),
        undecided_items=int((~judged.decided).sum()),
        single_items=int((sizes < 2).sum()),
        tied_pairs=model.tied_pairs,
        tied_items=int(((model.picked() < 0) & (sizes > 1)).sum()),
        unanswered=len(policy.rows) - len(known),
        distinct_scores=len(np.unique(known)),
        blind=[
            BlindRow(
                name=name,
                values={m: mean_of(_blind_figure(m, row, policy)) for m in task.metrics},
            )
            for name, row in rows.items()
        ],
        subsets=_subsets(task.primary_metric, data, policy, rows, bootstrap),
        margins=policy.margins.quantiles(),
    )


def _subsets(
    metric: str,
    data: ItemData,
    policy: Policy,
    blind: Mapping[str, Compared | None],
    bootstrap: Bootstrap,
) -> list[SubsetRow]:
    told = data.columns.get("subset", ("",) * len(policy.rows))
    rows = {name: _blind_figure(metric, row, policy) for name, row in blind.items()}
    return subset_rows(
        metric,
        [told[place] for place in policy.judged.starts[:-1].tolist()],
        policy.figure(metric),
        blind=rows.values(),
        chance=rows[RANDOM],
        clusters=bootstrap.codes,
    )


def _columns(
    task: Task, data: ItemData, policy: Policy, blind: Mapping[str, Compared]
) -> dict[str, Sequence[Any]]:
    judged, primary = policy.judged, task.primary_metric
    model = Compared(judged, policy.rows[:, SUM])
    columns: dict[str, Sequence[Any]] = {
        name: _spread(policy, policy.figure(name)) for name in task.metrics if name != ECE
    }
    columns[RIGHT] = _spread(policy, model.best("strict"))
    ids = np.array(data.ids, dtype=np.str_)
    picked = model.picked()
    named = np.where(picked >= 0, ids[np.maximum(picked, 0)], "")
    columns[PICKED] = named[judged.item].tolist()
    columns[OF], columns[PREFERRED] = data.columns["group"], judged.chosen.tolist()
    if "subset" in data.columns:
        columns[SUBSET] = data.columns["subset"]
    every: dict[str, Compared | None] = {**blind, RANDOM: None}
    values = {name: _blind_figure(primary, row, policy) for name, row in every.items()}
    best = max(values, key=lambda name: mean_of(values[name]) or 0.0)
    columns[BLIND_PREFIX + primary] = _spread(policy, values[best])
    return columns
