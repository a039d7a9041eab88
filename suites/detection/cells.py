"""Rows of a detection record: operating points with their status, AUROCs, transfer matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.metrics.thresholds.areas import auroc
from harness.metrics.thresholds.operating_point import cut_of, operating_point, resolvable
from harness.metrics.thresholds.roc import roc
from suites.detection import protocol as names
from suites.detection.board import Board
from suites.detection.points import Counts
from suites.detection.realised import Accused, accused
from suites.detection.record import OperatingPoint, SliceAuroc, TransferCell
from suites.detection.units import Unit

Reals = NDArray[np.float64]


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
    units = board.realised[policy].units(number)
    seen = board.realised[policy].accused(number, target)
    status, reason = _status(policy, target, counts, seen, units)
    defined = status not in ("missing_negatives", "incomplete")
    sure = board.tpr_sure(policy, number, target) if defined else None
    threshold, ties = _threshold(target, units, board.scores) if defined else (None, None)
    if sure is not None and reason is None:
        few = board.realised[policy].few(number, target, oracle=policy != names.CALIBRATED)
        reason = few or sure.reason or sure.rough or seen.sure.rough
    return OperatingPoint(
        policy=policy,
        target=target,
        slice=dict(piece.by),
        status=status,
        n_neg=seen.n_neg,
        n_pos=int(counts.n_pos[0]),
        k=int(counts.k[0]) if defined else None,
        fp=seen.fp if defined else None,
        tp=int(counts.tp[0]) if defined else None,
        ties=ties,
        threshold=threshold,
        fpr=seen.fpr if defined else None,
        fpr_interval=seen.sure.interval if defined else None,
        tpr=float(counts.tpr()[0]) if defined else None,
        tpr_interval=sure.interval if sure is not None else None,
        reason=reason,
    )


def _status(
    policy: str, target: float, counts: Counts, seen: Accused, units: Sequence[Unit]
) -> tuple[str, str | None]:
    if not counts.n_pos[0]:
        return "incomplete", "no machine texts"
    bare = [unit.domain or "all" for unit in units if not len(unit.calibration)]
    if bare:
        return "missing_negatives", f"no human texts to calibrate on for: {', '.join(bare[:5])}"
    short = [
        len(u.calibration)
        for u in units
        if not resolvable(target, len(u.calibration), conformal=u.conformal)
    ]
    if short:
        return "unresolvable", (
            f"{min(short)} human texts cannot express {names.percent(target)}: this is the TPR at "
            "no false positive, which is too high on average"
        )
    nothing = not seen.fp and not counts.tp[0]
    if nothing and policy == names.CALIBRATED:
        return "ok", "the calibrated threshold flags nothing here"
    if nothing and counts.k[0] > 0:
        return "degenerate", "ties leave no threshold that flags anything"
    if not seen.n_neg:
        return "ok", "no human test texts here, so the FPR is unknown"
    return "ok", None


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
        area = auroc(roc(board.scores[negatives], board.scores[positives]))
        found.append(
            SliceAuroc(
                slice=dict(piece.by),
                n_neg=len(negatives),
                n_pos=len(positives),
                auroc=area,
                below_chance=area is not None and area < 0.5,
                reason=None if area is not None else "one class is missing",
            )
        )
    return found


def transfer_matrix(board: Board) -> list[TransferCell]:
    """FPR on each domain at the threshold calibrated on each, for 5 % and 1 %."""
    domains = board.layout.domains
    if len(domains) < 2:
        return []
    return [
        _transfer(board, target, source, applied)
        for target in names.TARGETS[:2]
        for source in domains
        for applied in domains
    ]


def _transfer(board: Board, target: float, source: str, applied: str) -> TransferCell:
    layout, scores = board.layout, board.scores
    calibrating, negatives = layout.calibrating(source), layout.human(applied)
    known = len(calibrating) > 0 and len(negatives) > 0
    threshold, seen = None, None
    if known:
        point = operating_point(scores[calibrating], scores[negatives], target, conformal=True)
        above = scores > cut_of(scores[calibrating], target, conformal=True)
        threshold, seen = point.threshold, accused(above, negatives, board.bootstrap)
    return TransferCell(
        calibrated_on=source,
        applied_to=applied,
        target=target,
        threshold=threshold,
        n_neg=len(negatives),
        fp=seen.fp if seen else None,
        fpr=seen.fpr if seen else None,
        fpr_interval=seen.sure.interval if seen else None,
        reason=_why_no_transfer(seen),
    )


def _why_no_transfer(seen: Accused | None) -> str | None:
    return "no human texts in one of the two domains" if seen is None else seen.sure.reason
