"""Scores of candidates -> how often they agree with people, under each rule for ties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.metrics.base import MetricResult, as_optional
from harness.metrics.intervals import mean
from harness.metrics.intervals.means import mean_of
from harness.metrics.intervals.smooth import LOGIT, jackknife
from harness.metrics.ranking.compute import compute_ranking_metrics
from harness.metrics.ranking.judged import Graded
from harness.nouns import Task
from harness.records.record import IntervalMethod
from harness.records.scored import Scored, Scoring
from suites.preference.blind import RANDOM
from suites.preference.board import Board
from suites.preference.calibration import RELIABILITY, Margins, log_odds
from suites.preference.cards_beside import ECE
from suites.preference.data import PreferenceData
from suites.preference.protocol import (
    BEST,
    BLIND_PREFIX,
    NO_PAIR,
    PERSON,
    PICKED,
    POOLED_AUC,
    RIGHT,
    RM_BENCH,
    SUBSET,
    card,
    sliced,
)
from suites.preference.record import BlindRow, PreferencePart, SubsetRow
from suites.preference.styles import STYLES, matrix
from suites.preference.subsets import subset_rows
from suites.preference.tied import ITEM_FIGURES, POOLED_TIES, Compared
from suites.preference.whole import MARGINS, WHOLE, filled, margin_items, value_of

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

FITTED = "it was fitted on these very items"
"""Why a figure has no interval."""


def score(task: Task, data: PreferenceData, scores: Floats, scoring: Scoring) -> Scored:
    """Compute a preference task's metrics for flat canonical ``scores``.

    NaN is a candidate that could not be scored: it loses every pair, see
    :mod:`suites.preference.tied`.
    A model that gives one score to all is no error here: it is a row that the rules for ties tell
    apart.
    """
    if scoring.direction == "lower":
        scores = -scores
    board = Board.of(data, scoring.bootstrap(data.group_clusters))
    sure = scoring.direction != "lower" and log_odds(scores)
    model = Compared(board.judged, scores, log_odds=sure)
    made: dict[str, MetricResult] = {}
    deleted: dict[str, Reals] = {}
    for name in task.metrics:
        if name == POOLED_AUC:
            made[name] = _auc(board, model, scoring)
        elif name in WHOLE:
            made[name], without = _whole(name, board, model)
            deleted |= {} if without is None else {name: without}
        elif name in POOLED_TIES:
            made[name], without = _pooled(name, board, model)
            deleted |= {} if without is None else {name: without}
        elif name in MARGINS:
            made[name] = _mean(name, board, margin_items(name, board, model))
        else:
            made[name] = _mean(name, board, ITEM_FIGURES[name](model))
    return Scored(
        metrics=tuple(made[name] for name in task.metrics),
        intervals=IntervalMethod(**board.bootstrap.describe()),
        part=_part(task, board, model),
        columns=_columns(task, board, model, made),
        files=_files(task, board, model),
        jackknife=deleted,
    )


def _mean(name: str, board: Board, values: Reals) -> MetricResult:
    value = mean_of(values)
    sure = mean(values, board.bootstrap.codes, limits=card(name).limits)
    return MetricResult.of(
        name,
        value,
        sure,
        int((~np.isnan(values)).sum()),
        card(name),
        reason=card(name).undefined if value is None else None,
        per_group=as_optional(values),
        column=name,
    )


def _pooled(name: str, board: Board, model: Compared) -> tuple[MetricResult, Reals | None]:
    """A share of all pairs, and its values without each of the prompts that have pairs."""
    right, pairs = model.pair_sums(POOLED_TIES[name])
    codes, count = board.bootstrap.codes, board.bootstrap.clusters_count
    ours, all_ = (np.bincount(codes, part, minlength=count) for part in (right, pairs))
    there = all_ > 0
    total, whole = float(ours.sum()), float(all_.sum())
    if not whole:
        return MetricResult(name, None, None, None, 0, card(name), NO_PAIR), None
    rest = whole - all_[there]
    with np.errstate(invalid="ignore", divide="ignore"):
        without = (total - ours[there]) / rest
    value = total / whole
    sure = jackknife(value, without, scale=LOGIT, limits=card(name).limits, what="prompts")
    result = MetricResult.of(name, value, sure, int(whole), card(name))
    return result, without if len(without) > 1 else None


def _whole(name: str, board: Board, model: Compared) -> tuple[MetricResult, Reals | None]:
    value, without = WHOLE[name](board, model)
    if value is None:
        return MetricResult(name, None, None, None, 0, card(name), card(name).undefined), None
    n = len(board.data.groups)
    if not len(without):
        return MetricResult.of(name, value, None, n, card(name), reason=FITTED), None
    sure = jackknife(value, without, scale=LOGIT, limits=card(name).limits, what="prompts")
    if name == ECE:
        sure = Margins.of(board.judged, model.scores).ece_sure(value, without)
    kept = None if len(without) < 2 or np.isnan(without).any() else without
    return MetricResult.of(name, value, sure, n, card(name)), kept


def _auc(board: Board, row: Compared, scoring: Scoring) -> MetricResult:
    groups = board.data.groups
    return compute_ranking_metrics(
        [POOLED_AUC],
        groups,
        Graded.of(groups, board.data.gold),
        filled(board, row.scores),
        scores_comparable=scoring.comparable,
        bootstrap=board.bootstrap,
    )[0]


def _part(task: Task, board: Board, model: Compared) -> PreferencePart:
    judged = board.judged
    rows: list[tuple[str, Compared | None]] = [*board.blind.items(), (RANDOM, None)]
    known = model.scores[~np.isnan(model.scores)]
    sizes = np.diff(judged.starts)
    return PreferencePart(
        signal=board.data.signal,
        pairs=len(judged.pairs[0]),
        people_tied=int((~judged.apart).sum()),
        undecided_items=int((~judged.decided).sum()),
        single_items=int((sizes < 2).sum()),
        tied_pairs=model.tied_pairs,
        tied_items=int(((model.picked() < 0) & (sizes > 1)).sum()),
        unanswered=len(model.scores) - len(known),
        distinct_scores=len(np.unique(known)),
        margins=Margins.of(judged, model.scores).quantiles() if ECE in task.metrics else None,
        blind=[
            BlindRow(name=name, values={m: value_of(board, m, row) for m in task.metrics})
            for name, row in rows
        ],
        subsets=_subsets(sliced(task.metrics), board, model),
    )


def _files(task: Task, board: Board, model: Compared) -> Mapping[str, Mapping[str, Sequence[Any]]]:
    """Tables beside the record: bins of confidence, and the cells of styles."""
    found: dict[str, Mapping[str, Sequence[Any]]] = {}
    if ECE in task.metrics and model.log_odds and len(board.judged.pairs[0]):
        margins = Margins.of(board.judged, model.scores)
        found[RELIABILITY] = margins.table(board.bootstrap.codes)
    if RM_BENCH[0] in task.metrics:
        found[STYLES] = matrix(board, model)
    return found


def _subsets(metric: str, board: Board, model: Compared) -> list[SubsetRow]:
    return subset_rows(
        metric,
        board.data.subsets,
        ITEM_FIGURES[metric](model),
        blind=board.blind_items(metric).values(),
        chance=board.chance[metric],
        clusters=board.bootstrap.codes,
    )


def _columns(
    task: Task, board: Board, model: Compared, made: dict[str, MetricResult]
) -> dict[str, Sequence[Any]]:
    """Per item: every metric that is a mean, what was picked, and the best blind row's values."""
    data, judged = board.data, board.judged
    names = [name for group in data.groups for name in group.candidates]
    picked = model.picked()
    columns: dict[str, Sequence[Any]] = {
        name: result.per_group for name, result in made.items() if result.per_group is not None
    }
    right = ITEM_FIGURES[BEST](model)
    columns[RIGHT] = [None if value != value else bool(value) for value in right.tolist()]
    columns[PICKED] = [names[place] if place >= 0 else "" for place in picked.tolist()]
    columns["candidates"] = np.diff(judged.starts).tolist()
    if any(data.subsets):
        columns[SUBSET] = list(data.subsets)
    if not np.isnan(np.array(data.persons)).all():
        columns[PERSON] = as_optional(np.array(data.persons, dtype=np.float64))
    metric = sliced(task.metrics)
    rows = board.blind_items(metric)
    best = max(rows, key=lambda name: mean_of(rows[name]) or 0.0)
    columns[BLIND_PREFIX + metric] = as_optional(rows[best])
    return columns
