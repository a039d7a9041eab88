"""The empirical ROC curve, and its points for a picture.

Counts are integers until the last division. Higher scores mean more likely positive; ties count
one half. Values below chance are reported as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Roc:
    """Vertices of the ROC from (0, 0) to (1, 1): counts of flagged items per threshold.

    ``threshold[i]`` flags every score at or above it; the first vertex flags nothing and its
    threshold is infinite.
    """

    fp: Ints
    tp: Ints
    threshold: Reals

    @property
    def negatives(self) -> int:
        """Number of negatives."""
        return int(self.fp[-1])

    @property
    def positives(self) -> int:
        """Number of positives."""
        return int(self.tp[-1])


def roc(negatives: Reals, positives: Reals, weights: tuple[Ints, Ints] | None = None) -> Roc:
    """The ROC of negatives' and positives' scores, optionally with integer weights of both."""
    scores = np.concatenate([negatives, positives])
    weight_neg, weight_pos = weights or (
        np.ones(len(negatives), dtype=np.int64),
        np.ones(len(positives), dtype=np.int64),
    )
    values, inverse = np.unique(-scores, return_inverse=True)
    fp = np.bincount(inverse[: len(negatives)], weight_neg, len(values)).astype(np.int64)
    tp = np.bincount(inverse[len(negatives) :], weight_pos, len(values)).astype(np.int64)
    zero = np.zeros(1, dtype=np.int64)
    return Roc(
        np.concatenate([zero, np.cumsum(fp)]),
        np.concatenate([zero, np.cumsum(tp)]),
        np.concatenate([[np.inf], -values]),
    )


def thinned(curve: Roc, *, most: int = 400, targets: Sequence[float] = ()) -> Roc:
    """Fewer vertices of the same curve for a picture on log FPR.

    The last vertex at or below each target is kept, so that what is reported at a target can be
    read off; so are the ends. Vertices on a straight line go first, then those that are nearest
    to their neighbours in log FPR. The counts themselves are never changed.
    """
    keep = _corners(curve)
    if keep.sum() > most:
        keep &= _spread(curve, most)
    for target in targets:
        keep[np.searchsorted(curve.fp, np.floor(target * curve.negatives + 1e-9), "right") - 1] = 1
    keep[[0, -1]] = True
    return Roc(curve.fp[keep], curve.tp[keep], curve.threshold[keep])


def _corners(curve: Roc) -> NDArray[np.bool_]:
    dx, dy = np.diff(curve.fp), np.diff(curve.tp)
    corner = np.ones(len(curve.fp), dtype=bool)
    corner[1:-1] = dx[:-1] * dy[1:] != dx[1:] * dy[:-1]
    return corner


def _spread(curve: Roc, most: int) -> NDArray[np.bool_]:
    place = np.log10(np.maximum(curve.fp, 0.5) / max(curve.negatives, 1))
    width = (place[-1] - place[0]) / (most / 2) or 1.0
    cells = np.stack([np.floor(place / width), np.floor(curve.tp * most / 2 / curve.tp[-1])])
    chosen = np.zeros(len(place), dtype=bool)
    chosen[np.unique(cells, axis=1, return_index=True)[1]] = True
    return chosen
