"""Accuracy with the part of length taken out: by two strata, and by a logistic model.

The model is that of length-controlled AlpacaEval (Dubois et al., COLM 2024, arXiv 2404.04475,
equation 2), with the model under test in the place of the annotator.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from suites.preference.board import Board
from suites.preference.tied import Compared, Figure

Reals = NDArray[np.float64]

STEPS, CLOSE = 50, 1e-10
NONE: Figure = (None, np.empty(0))


def length_balanced(board: Board, row: Compared | None) -> Figure:
    """Mean of the shares of right pairs among longer and among shorter preferred texts."""
    right = np.full(len(board.longer), 0.5) if row is None else row.right_pairs
    longer = np.sign(board.longer)
    codes, count = board.bootstrap.codes[board.judged.pairs[0]], board.bootstrap.clusters_count
    shares, without = [], []
    for sign in (1, -1):
        at = longer == sign
        of = np.bincount(codes[at], minlength=count).astype(np.float64)
        hits = np.bincount(codes[at], right[at].astype(np.float64), minlength=count)
        if not of.sum():
            return NONE
        shares.append(float(hits.sum() / of.sum()))
        with np.errstate(invalid="ignore", divide="ignore"):
            without.append((hits.sum() - hits) / (of.sum() - of))
    return sum(shares) / 2, np.asarray((without[0] + without[1]) / 2, dtype=np.float64)


def length_controlled(board: Board, row: Compared | None) -> Figure:
    """The share of right pairs that a logistic model with a term of length has at equal lengths.

    logit P(right) = a + b tanh(d / s), d being the preferred text's characters less the other's
    and s the root of the mean of d squared (their standard deviation would depend on which side
    is whose); the figure is the logistic of a. Undefined where texts are not at hand or all pairs
    differ by one length, and where a length parts right pairs from wrong ones (all right and all
    wrong among them): no finite a fits best then (Albert and Anderson, Biometrika 71, 1984).
    """
    longer = board.longer.astype(np.float64)
    if not longer.any():
        return NONE
    if row is None:
        return 0.5, np.full(board.bootstrap.clusters_count, 0.5)
    spread = float(np.sqrt((longer**2).mean()))
    right = row.right_pairs.astype(np.float64)
    codes, count = board.bootstrap.codes[board.judged.pairs[0]], board.bootstrap.clusters_count
    return fitted(np.tanh(longer / spread), right, codes, count)


def fitted(term: Reals, right: Reals, codes: NDArray[np.int64], count: int) -> Figure:
    """The logistic of the constant of a fit of ``right`` (0 and 1) by one term, by Newton's steps.

    Without each cluster in turn it is one step from the whole fit, exact to second order
    (Pregibon, Annals of Statistics 9, 1981). Clusters without a pair are left out.
    """
    if _parted(term[right == 1], term[right == 0]):
        return NONE
    design = np.stack([np.ones(len(term)), term], axis=1)
    found = _best(design, right)
    if found is None:
        return NONE
    score, information = _slopes(design, right, found)
    ours, curves = np.zeros((count, 2)), np.zeros((count, 2, 2))
    np.add.at(ours, codes, score)
    np.add.at(curves, codes, information)
    there = np.bincount(codes, minlength=count) > 0
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        rest = information.sum(axis=0) - curves[there]
        shifted = found[0] + _first_of_solved(rest, -ours[there])
        return _logistic(float(found[0])), np.asarray(1 / (1 + np.exp(-shifted)), dtype=np.float64)


def _best(design: Reals, right: Reals) -> Reals | None:
    """Newton's steps from 0, halved while they lose likelihood; ``None`` if they do not settle."""
    found, fits = np.zeros(2), _fits(design, right, np.zeros(2))
    for _ in range(STEPS):
        score, information = _slopes(design, right, found)
        step = np.linalg.solve(information.sum(axis=0), score.sum(axis=0))
        while (new := _fits(design, right, found + step)) < fits - CLOSE * abs(fits):
            step = step / 2
        found, fits = found + step, new
        if float(np.abs(step).max()) < CLOSE:
            return found
    return None


def _fits(design: Reals, right: Reals, at: Reals) -> float:
    """Log-likelihood."""
    turned = np.where(right == 1, 1, -1) * (design @ at)
    return -float(np.logaddexp(0, -turned).sum())


def _parted(ones: Reals, zeros: Reals) -> bool:
    """Whether some value has no 1 below it and no 0 above it, or the reverse."""
    if not len(ones) or not len(zeros):
        return True
    return bool(ones.min() >= zeros.max() or zeros.min() >= ones.max())


def _slopes(design: Reals, right: Reals, at: Reals) -> tuple[Reals, Reals]:
    """Of every pair the score, shape (pairs, 2), and the information, shape (pairs, 2, 2)."""
    likely = 1 / (1 + np.exp(-np.clip(design @ at, -500, 500)))
    score = design * (right - likely)[:, None]
    information = (likely * (1 - likely))[:, None, None] * design[:, :, None] * design[:, None, :]
    return np.asarray(score), np.asarray(information)


def _first_of_solved(matrices: Reals, vectors: Reals) -> Reals:
    """The first unknown of many systems of two, by Cramer's rule."""
    a, b, d = matrices[:, 0, 0], matrices[:, 0, 1], matrices[:, 1, 1]
    return np.asarray((vectors[:, 0] * d - b * vectors[:, 1]) / (a * d - b * b))


def _logistic(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))
