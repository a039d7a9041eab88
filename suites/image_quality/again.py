"""An image-quality record's figures again, from the scores and opinions beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from harness.compare.sides import Side
from harness.metrics.opinion.correlation import pearson, why_undefined
from harness.metrics.opinion.measures import FITTED, KRCC, PLCC, RMSE, SRCC
from suites.image_quality.record import OpinionPart

Reals = NDArray[np.float64]


def figures(side: Side) -> Mapping[str, float | None]:
    """Correlations and the error of the fit; not what needs single votes, which no table has."""
    opinion, scores = side.reals("opinion"), side.reals("score")
    part = side.record.part
    if opinion is None or scores is None or not isinstance(part, OpinionPart):
        return {}
    if np.isnan(opinion).any() or np.isnan(scores).any():
        return {}
    sign = -1.0 if part.opinion == "lower" else 1.0
    opinions = sign * opinion
    every = (SRCC, PLCC, KRCC, FITTED, RMSE)
    if why_undefined(scores, opinions):
        return dict.fromkeys((measure.card.name for measure in every), None)
    found: dict[str, float | None] = {
        measure.card.name: measure.value(measure.card.name, scores, opinions)
        for measure in (SRCC, PLCC)
    }
    found[KRCC.card.name] = tau_b(scores, opinions)
    column = side.reals("fitted")
    fitted = None if column is None or np.isnan(column).any() else sign * column
    if fitted is None:
        return found | {FITTED.card.name: pearson(scores, opinions), RMSE.card.name: None}
    return found | {
        measure.card.name: measure.value(measure.card.name, fitted, opinions)
        for measure in (FITTED, RMSE)
    }


def tau_b(x: Reals, y: Reals) -> float:
    """Kendall's tau-b in n log n steps of whole arrays.

    Source: Knight, Journal of the American Statistical Association 61 (1966), inversions being
    counted bit by bit of the ranks.
    """
    n, order = len(x), np.lexsort((y, x))
    ranks = np.unique(y, return_inverse=True)[1][order].astype(np.int64)
    total = n * (n - 1) // 2
    tied_x, tied_y, both = (_tied(v) for v in (x, y, np.stack([x, y], axis=1)))
    apart = total - tied_x - tied_y + both - 2 * _inversions(ranks)
    size = math.sqrt(total - tied_x) * math.sqrt(total - tied_y)
    return max(-1.0, min(1.0, apart / size))


def _tied(values: Reals) -> int:
    counts = np.unique(values, axis=0, return_counts=True)[1].astype(np.int64)
    return int((counts * (counts - 1) // 2).sum())


def _inversions(ranks: NDArray[np.int64]) -> int:
    """Pairs of which the earlier is the larger."""
    found, bits = 0, int(ranks.max(initial=0)).bit_length()
    for bit in range(bits - 1, -1, -1):
        # Those alike in all higher bits stand together, in the order that they came in.
        order = np.argsort(ranks >> (bit + 1), kind="stable")
        high, ones = (ranks >> (bit + 1))[order], (ranks[order] >> bit) & 1
        before = np.cumsum(ones) - ones
        starts = np.flatnonzero(np.diff(high, prepend=-1))
        first = np.repeat(before[starts], np.diff(np.append(starts, len(high))))
        found += int((before - first)[ones == 0].sum())
    return found
