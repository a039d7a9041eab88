"""Scores of two candidates where people may also say that neither is better."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from suites.preference.board import Board
from suites.preference.tied import Compared, Figure


def best_band(board: Board, row: Compared | None) -> Figure:
    """The highest share of right pairs over all bands of no winner; chance has none.

    A band e says that neither is better where the scores differ by at most e. It is chosen on the
    items that it is counted on, as VideoGen-RewardBench does (arXiv 2501.13918), so the figure is
    too high by an amount that grows as items get fewer. Every band is tried that changes anything,
    that in which no pair is tied among them, and pairs with one margin enter it together; the
    public code does neither.
    """
    if row is None:
        return None, np.empty(0)
    _, a, b = board.judged.couples
    if not len(a):
        return None, np.empty(0)
    margins = row.scores[a].astype(np.float64) - row.scores[b].astype(np.float64)
    return _highest(margins, board.judged.apart), np.empty(0)


def _highest(margins: NDArray[np.float64], apart: NDArray[np.bool_]) -> float:
    """``margins`` are those of the preferred candidate; NaN is never right."""
    sizes = np.abs(margins)
    sizes[np.isnan(sizes)] = np.inf
    order = np.argsort(sizes, kind="stable")
    gained = np.where(apart, -((margins > 0).astype(np.int64)), 1)[order]
    start = int((apart & (margins > 0)).sum())
    ends = np.flatnonzero(np.append(np.diff(sizes[order]) > 0, True))
    ends = ends[np.isfinite(sizes[order][ends])]
    within = start + np.cumsum(gained)[ends]
    return float(max(start, *within.tolist()) if len(within) else start) / len(margins)
