"""Operating points as tables: calibrated thresholds beside oracle ones, and every point."""

from __future__ import annotations

from collections.abc import Sequence

from harness.exhibits import Cell, Figure, Of, Table
from suites.detection.protocol import CALIBRATED, PER_DOMAIN, TARGETS, percent
from suites.detection.record import DetectionPart, OperatingPoint
from suites.showing import Told, grouped, slice_name

TARGET = TARGETS[0]
"""The target FPR of pictures, and of thresholds set side by side."""

Runs = Sequence[Told[DetectionPart]]


def side_by_side(known: Runs) -> list[Table]:
    """Calibrated thresholds, with the FPR they realised, beside the oracle ones."""
    rows = []
    for name, _, part in known:
        points = [point for point in part.points if point.target == TARGET]
        oracle = {slice_name(p.slice): p for p in points if p.policy == PER_DOMAIN}
        rows += [
            _pair(name, point, oracle.get(slice_name(point.slice)))
            for point in points
            if point.policy == CALIBRATED
        ]
    if not rows:
        return []
    return [
        Table(
            title=f"At a target FPR of {percent(TARGET)}: calibrated beside oracle thresholds",
            columns=(
                *("Slice", "System", "TPR", "FPR realised", "Oracle TPR", "Caught", "Accused"),
                "Status",
            ),
            rows=grouped(rows),
            note="TPR, the FPR realised, machine texts caught and human texts accused are those at "
            "the threshold calibrated elsewhere; the oracle threshold is that of the test’s own "
            "human texts.",
        )
    ]


def _pair(name: str, point: OperatingPoint, oracle: OperatingPoint | None) -> tuple[Cell, ...]:
    status = status_text(point)
    if oracle is not None and oracle.status != "ok":
        status += f"; oracle {status_text(oracle)}"
    return (
        slice_name(point.slice),
        name,
        *_rates(point),
        Figure(oracle.tpr, oracle.tpr_interval) if oracle else None,
        *_counts(point),
        status,
    )


def every_point(run: Told[DetectionPart]) -> list[Table]:
    """Every operating point of a run, those of all texts first."""
    rows = [
        (
            slice_name(point.slice),
            Figure(point.target),
            point.policy.replace("_", " "),
            *_rates(point),
            *_counts(point),
            status_text(point),
        )
        for point in run.part.points
    ]
    columns = ("Slice", "Target FPR", "Threshold", "TPR", "FPR", "Caught", "Accused", "Status")
    return [Table("Every operating point", columns, grouped(rows, cells=2))] if rows else []


def _rates(point: OperatingPoint) -> tuple[Figure, Figure]:
    return Figure(point.tpr, point.tpr_interval), Figure(point.fpr, point.fpr_interval)


def _counts(point: OperatingPoint) -> tuple[Of, Of]:
    return Of(point.tp, point.n_pos), Of(point.fp, point.n_neg)


def status_text(point: OperatingPoint) -> str:
    """Whether the point can be trusted, and why not."""
    return point.status.replace("_", " ") + (f": {point.reason}" if point.reason else "")
