"""Rates of a detector within slices of the texts: the operating points of a record, for pairing.

A slice of machine texts is flagged at the thresholds that the whole has: by domain at that domain's
own, by generator or attack at those of the domains it occurs in. Replicates draw the clusters of
the whole task, so that those of two detectors pair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.compare.sides import Side
from harness.data import ItemData
from harness.metrics.base import MetricResult
from harness.metrics.intervals import Bootstrap
from harness.records.record import IntervalMethod
from harness.scored import Scored
from suites.detection import protocol as names
from suites.detection.board import Board, make_slices
from suites.detection.cells import point_at
from suites.detection.points import Slice, count_once
from suites.detection.realised import Realised
from suites.detection.replicating import replicated
from suites.detection.units import lay_out

Reals = NDArray[np.float64]

KEPT = ("split", *names.SLICES)
NO_HUMANS = "no human texts where there are machine texts"


def within(side: Side, column: str, metrics: Sequence[str]) -> dict[str, Scored]:
    """TPR at every threshold, and the realised FPR by domain, of each slice of machine texts.

    Human texts are of no generator and of no attack, so that there is no FPR of those. Nothing is
    told of other columns.
    """
    label, score = side.column("label"), side.column("score")
    if column not in names.SLICES or label is None or score is None:
        return {}
    data = _data(side, label)
    scores = score.astype(np.float64)
    slices = tuple(piece for piece in make_slices(data, lay_out(data)) if column in piece.by)
    targets = _targets(metrics)
    board = _board(data, scores, slices, targets)
    fprs = [t for t in names.FPR_TARGETS if names.fpr_name(t) in metrics and column == "domain"]
    found = {}
    for number, piece in enumerate(slices):
        rates = [_tpr(board, policy, t, number) for policy, some in targets.items() for t in some
                 if names.tpr_name(t, policy) in metrics]  # fmt: skip
        accused = [_fpr(board, target, number) for target in fprs]
        found[piece.by[column]] = Scored(
            metrics=(*rates, *accused),
            intervals=IntervalMethod(**board.bootstrap.describe()),
            replicates=_replicates(board, number, metrics, fprs),
        )
    return found


def _data(side: Side, label: NDArray[np.int64]) -> ItemData:
    ids, clusters = side.ids, side.clusters
    assert ids is not None, "there are labels"
    columns = {}
    for name in KEPT:
        values = side.column(name)
        if values is not None:
            columns[name] = tuple("" if v is None else str(v) for v in values.tolist())
    return ItemData(
        ids=tuple(ids.tolist()),
        contents=(),
        gold=tuple(label.astype(np.float64).tolist()),
        clusters=tuple((ids if clusters is None else clusters).tolist()),
        columns=columns,
    )


def _targets(metrics: Sequence[str]) -> dict[str, list[float]]:
    """Target FPRs by policy, as far as the metrics ask for them."""
    asked: dict[str, list[float]] = {}
    for policy in names.POLICIES:
        for target in names.TARGETS:
            known = {names.tpr_name(target, policy)}
            if policy == names.CALIBRATED:
                known.add(names.fpr_name(target))
            if known & set(metrics):
                asked.setdefault(policy, []).append(target)
    return asked


def _board(
    data: ItemData,
    scores: Reals,
    slices: tuple[Slice, ...],
    targets: Mapping[str, Sequence[float]],
) -> Board:
    layout, bootstrap = lay_out(data), Bootstrap(data.clusters)
    once, realised = {}, {}
    for policy, wanted in targets.items():
        units = layout.units(policy)
        once[policy] = count_once(scores, units, slices, wanted)
        realised[policy] = Realised(scores, bootstrap, units, slices, wanted, layout.domain_of)
    tpr = replicated(scores, bootstrap, layout, slices, targets, {}).tpr
    return Board(data, scores, layout, slices, bootstrap, once, tpr, realised, {}, {})


def _tpr(board: Board, policy: str, target: float, number: int) -> MetricResult:
    name, point = names.tpr_name(target, policy), point_at(board, policy, target, number)
    sure = None if point.tpr is None else board.tpr_sure(policy, number, target)
    return MetricResult.of(
        name, point.tpr, sure, point.n_pos, names.card(name), reason=point.reason
    )


def _fpr(board: Board, target: float, number: int) -> MetricResult:
    name, point = names.fpr_name(target), point_at(board, names.CALIBRATED, target, number)
    known = point.fpr is not None and point.n_neg > 0
    seen = board.realised[names.CALIBRATED].accused(number, target)
    return MetricResult.of(
        name,
        point.fpr if known else None,
        seen.sure if known else None,
        point.n_neg,
        names.card(name),
        reason=None if known else point.reason or NO_HUMANS,
    )


def _replicates(
    board: Board, number: int, metrics: Sequence[str], fprs: Sequence[float]
) -> dict[str, Reals]:
    found = {
        name: np.full_like(drawn[number, target], np.nan)
        if board.standing(policy, number, target).no_tpr
        else drawn[number, target]
        for policy, drawn in board.tpr.items()
        for target in names.TARGETS
        if (name := names.tpr_name(target, policy)) in metrics
    }
    if fprs:
        calibrated = board.realised[names.CALIBRATED]
        rows = np.stack([calibrated.accused_rows(target, number) for target in fprs])
        means = board.bootstrap.replicate_means(rows)
        found |= dict(zip(map(names.fpr_name, fprs), means, strict=True))
    return found
