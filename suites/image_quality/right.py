"""What a quality model got right: of two images clearly apart in opinion, the better is higher.

Clearly apart means by more than a tenth of the opinion scale (for levels of distortion, by more
than that many levels). Equal scores are wrong: the model told nothing apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.compare.outcomes import PairOutcomes, Unknown
from harness.compare.sides import Side
from harness.metrics.opinion.correlation import rounded
from suites.image_quality.record import OpinionPart

NAME = "pairs"
DEFINITION = "of two images more than a tenth of the scale apart, the better one scores higher"
APART = 0.1
MOST_IMAGES = 20_000
LISTED = 200
_BLOCK = 512

Reals = NDArray[np.float64]


def pairs(old: Side, new: Side) -> Sequence[PairOutcomes | Unknown]:
    """Count pairs ordered right before and not after, block by block; memory is 512 rows."""
    opinion, before, after = old.column("opinion"), old.column("score"), new.column("score")
    part = old.record.part
    if opinion is None or before is None or after is None or not isinstance(part, OpinionPart):
        why = "no opinion scores beside one of the records"
        return [Unknown(NAME, DEFINITION, why)]
    if len(opinion) > MOST_IMAGES:
        return [Unknown(NAME, DEFINITION, f"more than {MOST_IMAGES:,} images")]
    sign = -1.0 if part.opinion == "lower" else 1.0
    gap = APART * (part.scale[1] - part.scale[0])
    ids = old.ids
    assert ids is not None, "there are scores"
    return [_count(sign * opinion.astype(np.float64), rounded(before), rounded(after), gap, ids)]


def _count(
    opinion: Reals, before: Reals, after: Reals, gap: float, ids: NDArray[Any]
) -> PairOutcomes:
    n = len(opinion)
    lost_of, pairs_of, won = np.zeros(n), np.zeros(n), 0
    worst: list[tuple[float, int, int]] = []
    for start in range(0, n, _BLOCK):
        rows = slice(start, min(start + _BLOCK, n))
        better = opinion[rows, None] - opinion[None, :] > gap  # each pair once, by its better one
        was = before[rows, None] > before[None, :]
        now = after[rows, None] > after[None, :]
        lost = better & was & ~now
        won += int((better & ~was & now).sum())
        lost_of[rows] += lost.sum(axis=1)
        lost_of += lost.sum(axis=0)
        pairs_of[rows] += better.sum(axis=1)
        pairs_of += better.sum(axis=0)
        worst += _worst(lost, start, opinion)
    worst.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = lost_of / pairs_of
    return PairOutcomes(
        name=NAME,
        definition=DEFINITION,
        unit="pairs",
        n=int(pairs_of.sum()) // 2,
        lost=int(lost_of.sum()) // 2,
        won=won,
        lost_share=share[pairs_of > 0],
        examples=[
            {
                "id": str(ids[better]),
                "worse image": str(ids[lesser]),
                "opinions apart": round(apart, 6),
            }
            for apart, better, lesser in worst[:LISTED]
        ],
    )


def _worst(lost: NDArray[np.bool_], start: int, opinion: Reals) -> list[tuple[float, int, int]]:
    rows, columns = np.nonzero(lost)
    apart = opinion[rows + start] - opinion[columns]
    order = np.argsort(-apart, kind="stable")[:LISTED]
    return [(float(apart[i]), int(rows[i]) + start, int(columns[i])) for i in order.tolist()]
