"""A detection record's figures again, from the scores and labels beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.compare.sides import Side
from harness.metrics.thresholds.areas import curve_measures
from harness.metrics.thresholds.operating_point import cut_of, resolvable
from harness.metrics.thresholds.roc import roc
from suites.detection import protocol as names
from suites.detection.units import Unit, lay_out_rows

Reals = NDArray[np.float64]

EMBEDDED = "detection/embedded"
NULLS, EMBEDDED_NULLS = 3, 4
"""Versions of tasks from which on a rate without a threshold is null."""


def figures(side: Side) -> Mapping[str, float | None]:
    """Every metric but that of the texts' length, which no table tells; empty without a table."""
    label, scores = side.reals("label"), side.reals("score")
    if label is None or scores is None or not np.isin(label, (0, 1)).all():
        return {}
    columns = {
        name: values
        for name in ("split", "domain", "attack")
        if (values := side.column(name)) is not None
    }
    layout = lay_out_rows(label, columns)
    strict = _knows_nulls(side)
    found: dict[str, float | None] = {}
    for policy in names.POLICIES:
        every = layout.units(policy)
        units = [unit for unit in every if len(unit.positives)]
        people = [unit for unit in every if len(unit.negatives)]
        accused = people if strict and policy == names.CALIBRATED else units
        for target in names.TARGETS:
            dead = strict and _tied(units, accused, scores, target)
            caught = None if dead else _share(units, scores, target, "positives", strict)
            found[names.tpr_name(target, policy)] = caught
            if policy == names.CALIBRATED and target in names.FPR_TARGETS:
                flagged = None if dead else _share(accused, scores, target, "negatives", strict)
                found[names.fpr_name(target)] = flagged
    found[names.WORST_DOMAIN] = _worst(layout.units(names.PER_DOMAIN), scores, strict)
    return found | _curve(scores[layout.negatives], scores[layout.positives], strict)


def _knows_nulls(side: Side) -> bool:
    """Whether the record is of a version that has no rate without a threshold."""
    task = side.record.task
    return int(task.version) >= (EMBEDDED_NULLS if task.id == EMBEDDED else NULLS)


def _worst(every: Sequence[Unit], scores: Reals, strict: bool) -> float | None:
    target, rates = names.TARGETS[0], []
    for unit in every:
        if len(unit.positives) and unit.domain:
            dead = strict and _tied([unit], [unit], scores, target)
            rates.append(None if dead else _share([unit], scores, target, "positives", strict))
    known = [rate for rate in rates if rate is not None]
    return min(known) if known and len(known) == len(rates) else None


def _curve(human: Reals, machine: Reals, strict: bool) -> dict[str, float | None]:
    measures = curve_measures(names.METRICS)
    alike = len(human) + len(machine) and np.ptp(np.concatenate([human, machine])) == 0
    if strict and (min(len(human), len(machine)) < 2 or alike):
        return dict.fromkeys(measures)
    curve = roc(human, machine)
    return {name: compute(curve) for name, compute in measures.items()}


def _share(
    units: Sequence[Unit], scores: Reals, target: float, kind: str, strict: bool
) -> float | None:
    """Of all texts of a kind those above the cut of their unit; ``None`` where one has no cut."""
    cuts = _cuts(units, scores, target, strict)
    rows = [np.asarray(getattr(unit, kind)) for unit in units]
    every = sum(map(len, rows))
    if cuts is None or not every:
        return None
    return sum(int((scores[r] > c).sum()) for r, c in zip(rows, cuts, strict=True)) / every


def _tied(units: Sequence[Unit], accused: Sequence[Unit], scores: Reals, target: float) -> bool:
    """Whether nothing is flagged, each cut being the score of several of the texts behind it."""
    for some, kind in ((units, "positives"), (accused, "negatives")):
        cuts = _cuts(some, scores, target, True)
        if cuts is not None and any(
            (scores[getattr(unit, kind)] > cut).any() for unit, cut in zip(some, cuts, strict=True)
        ):
            return False
    both = [unit for unit in (*units, *accused) if len(unit.calibration)]
    cuts = _cuts(both, scores, target, False) or []
    return all(
        int((scores[unit.calibration] == cut).sum()) > 1
        for unit, cut in zip(both, cuts, strict=True)
    )


def _cuts(units: Sequence[Unit], scores: Reals, target: float, strict: bool) -> list[float] | None:
    sizes = [(len(unit.calibration), unit.conformal) for unit in units]
    if not all(size for size, _ in sizes):
        return None
    if strict and not all(resolvable(target, size, conformal=by) for size, by in sizes):
        return None
    return [cut_of(scores[u.calibration], target, conformal=u.conformal) for u in units]
