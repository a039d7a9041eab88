"""Rows of a detection record: operating points with their status, AUROCs, transfer matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals import Uncertainty
from harness.metrics.thresholds.areas import auroc
from harness.metrics.thresholds.operating_point import cut_of, operating_point
from harness.metrics.thresholds.roc import roc
from suites.detection import protocol as names
from suites.detection.board import Board
from suites.detection.realised import accused
from suites.detection.record import OperatingPoint, SliceAuroc, TransferCell
from suites.detection.standing import unresolvable
from suites.detection.units import Unit

Reals = NDArray[np.float64]

NO_DOMAIN = "(no domain)"
"""What texts without a domain are called in the transfer matrix."""


def operating_points(board: Board) -> list[OperatingPoint]:
    """Every policy, target and slice, in that order of nesting."""
    return [
        point_at(board, policy, target, number)
        for policy in names.POLICIES
        for target in names.TARGETS
        for number in range(len(board.slices))
    ]


def point_at(board: Board, policy: str, target: float, number: int) -> OperatingPoint:
    """One of them, of the slice with that number."""
    piece, counts = board.slices[number], board.once[policy][number, target]
    realised, stands = board.realised[policy], board.standing(policy, number, target)
    seen = realised.accused(number, target)
    has_tpr, has_fpr = not stands.no_tpr, not stands.no_fpr
    sure = board.tpr_sure(policy, number, target) if has_tpr else None
    units = realised.units(number) or realised.human_units(number)
    defined = has_tpr or has_fpr
    threshold, ties = _threshold(target, units, board.scores) if defined else (None, None)
    return OperatingPoint(
        policy=policy,
        target=target,
        slice=dict(piece.by),
        status=stands.status,
        n_neg=seen.n_neg,
        n_pos=int(counts.n_pos[0]),
        k=realised.expected(number, target) if defined else None,
        fp=seen.fp if has_fpr else None,
        tp=int(counts.tp[0]) if has_tpr else None,
        ties=ties,
        threshold=threshold,
        fpr=seen.fpr if has_fpr else None,
        fpr_interval=seen.sure.interval if has_fpr else None,
        tpr=float(counts.tpr()[0]) if has_tpr else None,
        tpr_interval=sure.interval if sure is not None else None,
        reason=stands.reason or _said(board, policy, target, number, sure),
    )


def _said(
    board: Board, policy: str, target: float, number: int, sure: Uncertainty | None
) -> str | None:
    """What is to be known of a point whose rates are both there."""
    seen = board.realised[policy].accused(number, target)
    if not seen.fp and not board.once[policy][number, target].tp[0]:
        return "the threshold flags nothing here"
    if sure is None:
        return seen.sure.rough
    few = board.realised[policy].few(number, target, oracle=policy != names.CALIBRATED)
    return few or sure.reason or sure.rough or seen.sure.rough


def _threshold(
    target: float, units: Sequence[Unit], scores: Reals
) -> tuple[float | None, int | None]:
    if len(units) != 1:
        return None, None
    unit = units[0]
    test = np.concatenate([scores[unit.negatives], scores[unit.positives]])
    point = operating_point(scores[unit.calibration], test, target, conformal=unit.conformal)
    return point.threshold, point.ties


def slice_aurocs(board: Board) -> list[SliceAuroc]:
    """AUROC of every slice against the human texts of the domains it occurs in."""
    layout = board.layout
    found = []
    for piece in board.slices:
        positives = layout.positives[piece.positives[layout.positives]]
        domains = np.unique(layout.domain_of[positives])
        inside = np.isin(layout.domain_of[layout.negatives], domains)
        negatives = layout.negatives[inside]
        why = board.no_curve(negatives, positives)
        area = None if why else auroc(roc(board.scores[negatives], board.scores[positives]))
        found.append(
            SliceAuroc(
                slice=dict(piece.by),
                n_neg=len(negatives),
                n_pos=len(positives),
                auroc=area,
                below_chance=area is not None and area < 0.5,
                reason=why or None,
            )
        )
    return found


def transfer_matrix(board: Board) -> list[TransferCell]:
    """FPR on each domain at the threshold calibrated on each, for 5 % and 1 %.

    Rows are the domains that give thresholds: those of the calibration split where there is one,
    its texts without a domain being a row of their own, else the test's. Columns are domains that
    have human test texts.
    """
    layout = board.layout
    sources = layout.sources()
    applied = [domain for domain in layout.domains if len(layout.human(domain))]
    if not sources or not applied or max(len(sources), len(applied)) < 2:
        return []
    return [
        _transfer(board, target, source, domain)
        for target in names.TARGETS[:2]
        for source in sources
        for domain in applied
    ]


def _transfer(board: Board, target: float, source: str, applied: str) -> TransferCell:
    layout, scores = board.layout, board.scores
    calibrating, negatives = layout.calibrating(source), layout.human(applied)
    threshold, seen = None, None
    short = unresolvable(len(calibrating), target, conformal=True)
    if not short:
        point = operating_point(scores[calibrating], scores[negatives], target, conformal=True)
        above = scores > cut_of(scores[calibrating], target, conformal=True)
        threshold, seen = point.threshold, accused(above, negatives, board.bootstrap)
    return TransferCell(
        calibrated_on=source or NO_DOMAIN,
        applied_to=applied or NO_DOMAIN,
        target=target,
        threshold=threshold,
        n_neg=len(negatives),
        fp=seen.fp if seen else None,
        fpr=seen.fpr if seen else None,
        fpr_interval=seen.sure.interval if seen else None,
        reason=seen.sure.reason if seen else short,
    )
