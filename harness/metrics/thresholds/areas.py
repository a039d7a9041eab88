"""What one number says of a whole ROC curve: each measure's card beside its function.

Nothing heavy is imported before a curve is measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from harness.nouns import MetricCard

if TYPE_CHECKING:
    from harness.metrics.thresholds.roc import Roc

ONE_KIND = "there are fewer than two positives or negatives, or all scores are equal"


@dataclass(frozen=True, slots=True)
class CurveMeasure:
    """A metric of a :class:`~harness.metrics.thresholds.roc.Roc`.

    ``compute`` takes the curve and the numbers in the metric's name; it returns ``None`` without
    positives or negatives.
    """

    card: MetricCard
    compute: Callable[..., float | None]


def auroc(curve: Roc) -> float | None:
    """Mann-Whitney U / (n+ n-), ties one half; ``None`` without positives or negatives."""
    if not curve.negatives or not curve.positives:
        return None
    # Python's integers, so that the area of a large set is exact.
    flagged = curve.tp.tolist()
    widths = (curve.fp[1:] - curve.fp[:-1]).tolist()
    steps = zip(widths, flagged[:-1], flagged[1:], strict=True)
    twice = sum(width * (low + high) for width, low, high in steps if width)
    return float(twice / (2 * curve.negatives * curve.positives))


AUROC = CurveMeasure(
    MetricCard(
        "AUROC", "area under the ROC curve", "higher", 0, 1,
        undefined=ONE_KIND,
        summary="chance that a positive scores above a negative, over all pairs",
        anchor="auroc-and-its-relatives",
        situation="area",
    ),
    auroc,
)  # fmt: skip


def partial_auc(curve: Roc, limit: float) -> float | None:
    """Area under the ROC polyline for FPR in [0, limit], divided by ``limit``: a mean TPR.

    ``None`` without positives or negatives.
    """
    import numpy as np

    if not curve.negatives or not curve.positives:
        return None
    fpr, tpr = curve.fp / curve.negatives, curve.tp / curve.positives
    stop = int(np.searchsorted(fpr, limit, side="right"))
    x, y = fpr[:stop], tpr[:stop]
    if stop < len(fpr):
        ahead = slice(stop - 1, stop + 1)
        x, y = np.append(x, limit), np.append(y, np.interp(limit, fpr[ahead], tpr[ahead]))
    return math.fsum(((x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2).tolist()) / limit


PARTIAL = CurveMeasure(
    MetricCard(
        "pAUC@FPR=a", "partial area under the ROC curve", "higher", 0, 1,
        undefined=ONE_KIND,
        summary="mean TPR over FPRs up to a",
        anchor="auroc-and-its-relatives",
        situation="drawn",
    ),
    partial_auc,
)  # fmt: skip


def equal_error_rate(curve: Roc) -> float | None:
    """The rate where FPR equals FNR, crossing linearly between adjacent vertices."""
    if not curve.negatives or not curve.positives:
        return None
    fpr, fnr = curve.fp / curve.negatives, 1 - curve.tp / curve.positives
    gap = fnr - fpr  # from 1 down to -1, never rising
    after = int((gap <= 0).argmax())
    if gap[after] == 0:
        return float(fpr[after])
    share = gap[after - 1] / (gap[after - 1] - gap[after])
    return float(fpr[after - 1] + share * (fpr[after] - fpr[after - 1]))


EER = CurveMeasure(
    MetricCard(
        "EER", "equal error rate", "lower", 0, 1,
        undefined=ONE_KIND,
        summary="the rate where FPR and FNR are equal",
        anchor="auroc-and-its-relatives",
        situation="drawn",
    ),
    equal_error_rate,
)  # fmt: skip

CURVE_MEASURES = (AUROC, PARTIAL, EER)


def measures_of(names: Iterable[str]) -> dict[str, tuple[CurveMeasure, tuple[float, ...]]]:
    """Those of the names that are metrics of a curve, each with its measure and its numbers."""
    return {
        name: (measure, tuple(measure.card.numbers(name)))
        for name in names
        for measure in CURVE_MEASURES
        if measure.card.matches(name)
    }


def curve_measures(names: Iterable[str]) -> dict[str, Callable[[Roc], float | None]]:
    """Those of the names that are metrics of a curve, each with what computes it from one."""
    return {
        name: partial(_compute, measure, numbers)
        for name, (measure, numbers) in measures_of(names).items()
    }


def _compute(measure: CurveMeasure, numbers: Sequence[float], curve: Roc) -> float | None:
    return measure.compute(curve, *numbers)
