"""Rows of a detection record: operating points with their status, AUROCs, transfer matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals.shares import clopper_pearson
from harness.metrics.thresholds.areas import auroc
from harness.metrics.thresholds.operating_point import operating_point, resolvable
from harness.metrics.thresholds.roc import roc
from suites.detection import protocol as names
from suites.detection.board import Board
from suites.detection.points import Counts
from suites.detection.record import OperatingPoint, SliceAuroc, TransferCell
from suites.detection.units import Layout, Unit

Reals = NDArray[np.float64]

SMALL_K = 5


def operating_points(board: Board) -> list[OperatingPoint]:
    """Every policy, target and slice, in that order of nesting."""
    found = []
    for policy in names.POLICIES:
        units = board.layout.units(policy)
        for target in names.TARGETS:
            for number, piece in enumerate(board.slices):
                counts = board.once[policy][number, target]
                own = [u for u in units if piece.positives[u.positives].any()]
                interval = None
                tpr = counts.tpr()[0]
                if tpr == tpr:
                    interval = board.bootstrap.percentiles(
                        board.tpr[policy][number, target], float(tpr)
                    )
                found.append(
                    _point(policy, target, dict(piece.by), counts, own, board.scores, interval)
                )
    return found


def _point(
    policy: str,
    target: float,
    by: dict[str, str],
    counts: Counts,
    units: Sequence[Unit],
    scores: Reals,
    interval: tuple[float, float] | None,
) -> OperatingPoint:
    status, reason = _status(policy, target, counts, units)
    defined = status not in ("missing_negatives", "incomplete")
    n_neg, fp = int(counts.n_neg[0]), int(counts.fp[0])
    tpr = float(counts.tpr()[0])
    threshold, ties = _threshold(target, units, scores) if defined else (None, None)
    return OperatingPoint(
        policy=policy,
        target=target,
        slice=by,
        status=status,
        n_neg=n_neg,
        n_pos=int(counts.n_pos[0]),
        k=int(counts.k[0]) if defined else None,
        fp=fp if defined else None,
        tp=int(counts.tp[0]) if defined else None,
        ties=ties,
        threshold=threshold,
        fpr=fp / n_neg if defined and n_neg else None,
        fpr_interval=clopper_pearson(fp, n_neg) if defined and n_neg else None,
        tpr=tpr if defined else None,
        tpr_interval=interval if defined else None,
        reason=reason,
    )


def _status(
    policy: str, target: float, counts: Counts, units: Sequence[Unit]
) -> tuple[str, str | None]:
    if not counts.n_pos[0]:
        return "incomplete", "no machine texts"
    bare = [unit.domain or "all" for unit in units if not len(unit.calibration)]
    if bare:
        return "missing_negatives", f"no human texts to calibrate on for: {', '.join(bare[:5])}"
    short = [u for u in units if not resolvable(target, len(u.calibration))]
    if short:
        fewest = min(len(unit.calibration) for unit in short)
        return "unresolvable", (
            f"{fewest} human texts cannot express {names.percent(target)}: this is the TPR at no "
            "false positive"
        )
    if counts.k[0] > 0 and not counts.fp[0] and not counts.tp[0]:
        if policy == names.CALIBRATED:
            return "ok", "the calibrated threshold flags nothing here"
        return "degenerate", "ties leave no threshold that flags anything"
    if all(len(unit.negatives) == 0 for unit in units):
        return "ok", "no human test texts here, so the FPR is unknown"
    if counts.k[0] < SMALL_K:
        return "ok", f"the threshold rests on {int(counts.k[0])} false positives: see the interval"
    return "ok", None


def _threshold(
    target: float, units: Sequence[Unit], scores: Reals
) -> tuple[float | None, int | None]:
    if len(units) != 1:
        return None, None
    unit = units[0]
    test = np.concatenate([scores[unit.negatives], scores[unit.positives]])
    point = operating_point(scores[unit.calibration], test, target)
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


def transfer_matrix(layout: Layout, scores: Reals) -> list[TransferCell]:
    """FPR on each domain at the threshold calibrated on each, for 5 % and 1 %."""
    if len(layout.domains) < 2:
        return []
    return [
        _transfer(layout, scores, target, source, applied)
        for target in names.TARGETS[:2]
        for source in layout.domains
        for applied in layout.domains
    ]


def _transfer(
    layout: Layout, scores: Reals, target: float, source: str, applied: str
) -> TransferCell:
    calibrating, negatives = layout.calibrating(source), layout.human(applied)
    known = len(calibrating) > 0 and len(negatives) > 0
    threshold, fp = None, None
    if known:
        point = operating_point(scores[calibrating], scores[negatives], target)
        threshold, fp = point.threshold, point.tp  # those flagged of the negatives applied to
    return TransferCell(
        calibrated_on=source,
        applied_to=applied,
        target=target,
        threshold=threshold,
        n_neg=len(negatives),
        fp=fp,
        fpr=fp / len(negatives) if fp is not None else None,
        fpr_interval=clopper_pearson(fp, len(negatives)) if fp is not None else None,
        reason=None if known else "no human texts in one of the two domains",
    )
