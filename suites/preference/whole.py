"""Figures of all items of a board together, and the value of any metric for any row of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.metrics.intervals.means import mean_of
from suites.preference.bands import best_band
from suites.preference.board import Board
from suites.preference.board_metrics import BAND
from suites.preference.calibration import Margins
from suites.preference.cards_beside import BRIER, CONTROLLED, ECE, OVER
from suites.preference.composites import domain_mean, ties
from suites.preference.lengths import length_balanced, length_controlled
from suites.preference.protocol import BALANCED, DOMAINS, POOLED_AUC, STYLES_MEAN, TIES_SCORE
from suites.preference.sections import FIGURES
from suites.preference.styles import LOWER, mean_of_levels, style
from suites.preference.tied import ITEM_FIGURES, POOLED_TIES, Compared, Figure

Reals = NDArray[np.float64]


def _error_of_calibration(board: Board, row: Compared | None) -> Figure:
    if row is None or not row.log_odds:
        return None, np.empty(0)
    bootstrap = board.bootstrap
    return Margins.of(board.judged, row.scores).ece(bootstrap.codes, bootstrap.clusters_count)


WHOLE: Mapping[str, Callable[[Board, Compared | None], Figure]] = {
    BALANCED: length_balanced,
    CONTROLLED: length_controlled,
    ECE: _error_of_calibration,
    DOMAINS: domain_mean,
    TIES_SCORE: ties,
    STYLES_MEAN: mean_of_levels,
    **{f"style accuracy[{level}]": style(level) for level in LOWER},
    **FIGURES,
    BAND: best_band,
}
"""Metric -> its figure of a row, of chance for ``None``."""

MARGINS: Mapping[str, Callable[[Margins], Reals]] = {
    BRIER: Margins.brier,
    OVER: Margins.overconfidence,
}
"""Metric -> its values by item, where scores are log-odds."""


def margin_items(metric: str, board: Board, row: Compared | None) -> Reals:
    """A metric of :data:`MARGINS` by item; NaN for chance and for scores that are no log-odds."""
    if row is None or not row.log_odds:
        return np.full(board.judged.items, np.nan)
    return MARGINS[metric](Margins.of(board.judged, row.scores))


def value_of(board: Board, metric: str, row: Compared | None) -> float | None:
    """A figure of one row, ``None`` for that of chance."""
    if metric == POOLED_AUC:
        return 0.5 if row is None else auc_value(board, row)
    if metric in WHOLE:
        return WHOLE[metric](board, row)[0]
    if metric in MARGINS:
        return mean_of(margin_items(metric, board, row))
    if metric in POOLED_TIES:
        right, pairs = (
            row.pair_sums(POOLED_TIES[metric])
            if row is not None
            else (board.judged.pairs_of / 2, board.judged.pairs_of)
        )
        return float(right.sum() / pairs.sum()) if pairs.sum() else None
    return mean_of(board.chance[metric] if row is None else ITEM_FIGURES[metric](row))


def filled(board: Board, scores: NDArray[Any]) -> NDArray[Any]:
    """Scores with a number for those that are NaN: beyond all others, on the wrong side."""
    unknown = np.isnan(scores)
    if not unknown.any():
        return scores
    known = scores[~unknown].astype(np.float64)
    low, high = (known.min() - 1, known.max() + 1) if len(known) else (0.0, 1.0)
    return np.where(unknown, np.where(board.judged.grades > 0, low, high), scores)


def auc_value(board: Board, row: Compared) -> float | None:
    """Mann-Whitney's share of pairs of a passed and a failed candidate; a tie counts one half."""
    scores = filled(board, row.scores).astype(np.float64)
    positive, negative = scores[board.judged.grades > 0], np.sort(scores[board.judged.grades <= 0])
    if not len(positive) or not len(negative):
        return None
    sides = (np.searchsorted(negative, positive, side=side).sum() for side in ("left", "right"))
    return float(sum(sides) / (2 * len(positive) * len(negative)))
