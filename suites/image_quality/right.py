"""What a quality model got right: of two images clearly apart in opinion, the better is higher.

Clearly apart means by more than a tenth of the opinion scale (for levels of distortion, by more
than that many levels). Equal scores are wrong: the model told nothing apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.compare.outcomes import PairOutcomes, Unknown, touching
from harness.compare.sides import Side
from suites.image_quality.record import OpinionPart

NAME = "pairs"
DEFINITION = "of two images more than a tenth of the scale apart, the better one scores higher"
APART = 0.1
MOST_IMAGES = 20_000
LISTED = 200
_BLOCK = 512

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]


def pairs(old: Side, new: Side) -> Sequence[PairOutcomes | Unknown]:
    """Count pairs ordered right before and not after, block by block; memory is 512 rows."""
    opinion, before, after = old.reals("opinion"), old.reals("score"), new.reals("score")
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
    sources = old.clusters
    codes = np.unique(ids if sources is None else sources, return_inverse=True)[1]
    shown = _Shown(
        sign * opinion,
        before,
        after,
        gap,
        ids,
    )
    return [_count(shown, codes)]


@dataclass(frozen=True, slots=True)
class _Shown:
    """Opinions and both models' scores, all higher for better, and what clearly apart means."""

    opinion: Reals
    before: Reals
    after: Reals
    gap: float
    ids: NDArray[Any]


def _count(shown: _Shown, sources: Ints) -> PairOutcomes:
    opinion, before, after, gap = shown.opinion, shown.before, shown.after, shown.gap
    n = len(opinion)
    clusters = int(sources.max(initial=-1)) + 1
    # Of each image, and within each source: lost pairs and all pairs.
    of_images, within = np.zeros((n, 2), np.int64), np.zeros((clusters, 2), np.int64)
    won = 0
    worst: list[tuple[float, int, int]] = []
    for start in range(0, n, _BLOCK):
        rows = slice(start, min(start + _BLOCK, n))
        better = opinion[rows, None] - opinion[None, :] > gap  # each pair once, by its better one
        was = before[rows, None] > before[None, :]
        now = after[rows, None] > after[None, :]
        lost = better & was & ~now
        won += int((better & ~was & now).sum())
        for kind, mask in enumerate((lost, better)):
            of_images[rows, kind] += mask.sum(axis=1)
            of_images[:, kind] += mask.sum(axis=0)
            if clusters < n:
                inside = (mask & (sources[rows, None] == sources[None, :])).sum(axis=1)
                np.add.at(within[:, kind], sources[rows], inside)
        worst += _worst(lost, start, opinion)
    worst.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
    lost_pairs, all_pairs = (of_images.sum(axis=0) // 2).tolist()
    return PairOutcomes(
        name=NAME,
        definition=DEFINITION,
        unit="pairs",
        n=all_pairs,
        lost=lost_pairs,
        won=won,
        touching=touching(sources, of_images, within),
        clustered_by="images" if clusters == n else "references",
        examples=[
            {
                "id": str(shown.ids[better]),
                "worse image": str(shown.ids[lesser]),
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
