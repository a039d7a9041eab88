"""A detection record's figures again, from the scores and labels beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from harness.compare.sides import Side
from harness.metrics.thresholds.areas import curve_measures
from harness.metrics.thresholds.operating_point import cut_of
from harness.metrics.thresholds.roc import roc
from suites.detection import protocol as names
from suites.detection.units import Unit, lay_out_rows

Reals = NDArray[np.float64]


def figures(side: Side) -> Mapping[str, float | None]:
    """Every metric but that of the texts' length, which no table tells; empty without a table."""
    label, scores = side.numbers("label"), side.numbers("score")
    if label is None or scores is None or not np.isin(label, (0, 1)).all():
        return {}
    columns = {
        name: values
        for name in ("split", "domain", "attack")
        if (values := side.column(name)) is not None
    }
    layout = lay_out_rows(label, columns)
    found: dict[str, float | None] = {}
    for policy in names.POLICIES:
        units = [unit for unit in layout.units(policy) if len(unit.positives)]
        for target in names.TARGETS:
            found[names.tpr_name(target, policy)] = _tpr(units, scores, target)
            if policy == names.CALIBRATED and target in names.FPR_TARGETS:
                found[names.fpr_name(target)] = _fpr(units, scores, target)
    own = [unit for unit in layout.units(names.PER_DOMAIN) if len(unit.positives) and unit.domain]
    rates = [_tpr([unit], scores, names.TARGETS[0]) for unit in own]
    known = [rate for rate in rates if rate is not None]
    found[names.WORST_DOMAIN] = min(known) if known and len(known) == len(rates) else None
    curve = roc(scores[layout.negatives], scores[layout.positives])
    measures = curve_measures(names.METRICS)
    return found | {name: compute(curve) for name, compute in measures.items()}


def _tpr(units: Sequence[Unit], scores: Reals, target: float) -> float | None:
    """Of all machine texts those above the cut of their unit; ``None`` where one has no cut."""
    cuts = _cuts(units, scores, target)
    if not units or cuts is None:
        return None
    flagged = sum(
        int((scores[unit.positives] > cut).sum()) for unit, cut in zip(units, cuts, strict=True)
    )
    return flagged / sum(len(unit.positives) for unit in units)


def _fpr(units: Sequence[Unit], scores: Reals, target: float) -> float | None:
    """The same of the human texts of these units."""
    cuts, every = _cuts(units, scores, target), sum(len(unit.negatives) for unit in units)
    if cuts is None or not every:
        return None
    flagged = (
        int((scores[unit.negatives] > cut).sum()) for unit, cut in zip(units, cuts, strict=True)
    )
    return sum(flagged) / every


def _cuts(units: Sequence[Unit], scores: Reals, target: float) -> list[float] | None:
    if not all(len(unit.calibration) for unit in units):
        return None
    return [cut_of(scores[u.calibration], target, conformal=u.conformal) for u in units]
