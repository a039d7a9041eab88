"""What an embedder got right: each item's nearest neighbour, and pairs at one threshold.

The threshold is the baseline's at FAR 1%, used for both models: what happens when a model is
exchanged and the threshold is not. Pairs of one class are right when accepted, others when not.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.compare.outcomes import Outcomes, PairOutcomes, Unknown, touching
from harness.compare.sides import Side
from harness.metrics.pairs.counts import unit
from harness.metrics.pairs.items import PLACES
from harness.metrics.pairs.workers import FEW, one_blas_thread
from harness.predictions.answers.embedding import EmbeddingAnswer
from suites.consistency.failed import near_nobody
from suites.consistency.pair_flips import PAIRS, PAIRS_RULE, listed
from suites.consistency.protocol import CARRIED, TEST
from suites.consistency.record import ConsistencyPart

LIST = "pair list"
HIT, HIT_RULE = "nearest neighbour", "the nearest other item is of the same class"
MOST_ITEMS = 20_000
LISTED = 200
_ROWS = 128

Ints = NDArray[np.int64]


def pairs(old: Side, new: Side) -> Sequence[Outcomes | PairOutcomes | Unknown]:
    """Items by their nearest neighbour, then pairs at one threshold; of a list, its pairs alone."""
    part = old.record.part
    if isinstance(part, ConsistencyPart) and part.protocol == LIST:
        return [listed(old, new, _distance(part))]
    return [_hits(old, new), _pairs(old, new)]


def _hits(old: Side, new: Side) -> Outcomes | Unknown:
    before, after, ids = old.column("nearest_hit"), new.column("nearest_hit"), old.ids
    labels = old.column("label")
    if before is None or after is None or ids is None or labels is None:
        return Unknown(HIT, HIT_RULE, "no nearest-neighbour hits beside one of the records")
    asked = np.array([hit is not None for hit in before.tolist()], dtype=bool)
    was, now = (np.array(side[asked].tolist(), dtype=bool) for side in (before, after))
    return Outcomes(
        name=HIT,
        definition=HIT_RULE,
        unit="items",
        ids=ids[asked],
        clusters=labels[asked],
        lost=was & ~now,
        won=~was & now,
        severity=np.zeros(int(asked.sum())),
        right=(was, now),
        shown={"class": labels[asked]},
    )


def _pairs(old: Side, new: Side) -> PairOutcomes | Unknown:
    limit = _threshold(old.record.part)
    if limit is None:
        return Unknown(PAIRS, PAIRS_RULE, "the baseline has no threshold at this FAR for all pairs")
    tables = [side.predictions() for side in (old, new)]
    if any(table is None or "embedding" not in table.column_names for table in tables):
        return Unknown(PAIRS, PAIRS_RULE, "no embeddings beside one of the records")
    labels, split, ids = old.column("label"), old.column("split"), old.ids
    if labels is None or ids is None or any(len(labels) != table.num_rows for table in tables):
        return Unknown(PAIRS, PAIRS_RULE, "no classes of the items beside the baseline's record")
    test = np.ones(len(labels), dtype=bool) if split is None else split == TEST
    if int(test.sum()) > MOST_ITEMS:
        return Unknown(PAIRS, PAIRS_RULE, f"more than {MOST_ITEMS:,} items")
    before, after = (_vectors(table)[test] for table in tables)
    # Several threads win little in small products, and lose much where other work has the cores.
    with one_blas_thread() if len(before) <= FEW else nullcontext():
        return _count(before, after, labels[test], limit, ids[test])


def _threshold(part: Any) -> float | None:
    """The cosine that pairs are accepted above, where all pairs of the baseline were counted."""
    if not isinstance(part, ConsistencyPart) or part.protocol != "all pairs":
        return None
    distance = _distance(part)
    return None if distance is None else round(1 - distance**2 / 2, PLACES)


def _distance(part: ConsistencyPart) -> float | None:
    point = next((p for p in part.points if p.target == CARRIED), None)
    return None if point is None else point.threshold


def _vectors(table: Any) -> NDArray[np.float64]:
    return unit(near_nobody(EmbeddingAnswer().read(table))).astype(np.float64)


def _count(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    labels: NDArray[Any],
    limit: float,
    ids: NDArray[Any],
) -> PairOutcomes:
    n = len(labels)
    codes = np.unique(labels, return_inverse=True)[1]
    # Lost pairs of each item, and those inside each class.
    lost_of, within = np.zeros(n, np.int64), np.zeros(int(codes.max(initial=-1)) + 1, np.int64)
    kinds = {"pairs of a class newly rejected": 0, "pairs of two newly accepted": 0}
    won = 0
    worst: list[tuple[float, int, int]] = []
    for top in range(0, n, _ROWS):
        rows, others = slice(top, min(top + _ROWS, n)), slice(top, n)
        same = codes[rows, None] == codes[None, others]
        upper = np.arange(top, n)[None, :] > np.arange(rows.start, rows.stop)[:, None]
        was = ((np.round(before[rows] @ before[others].T, PLACES) > limit) == same) & upper
        near = np.round(after[rows] @ after[others].T, PLACES)
        now = ((near > limit) == same) & upper
        lost = was & ~now
        won += int((now & ~was).sum())
        kinds["pairs of a class newly rejected"] += int((lost & same).sum())
        kinds["pairs of two newly accepted"] += int((lost & ~same).sum())
        lost_of[rows] += lost.sum(axis=1)
        lost_of[others] += lost.sum(axis=0)
        np.add.at(within, codes[rows], (lost & same).sum(axis=1))
        worst += _worst(lost, np.abs(near - limit), top)
    worst.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
    return PairOutcomes(
        name=PAIRS,
        definition=PAIRS_RULE,
        unit="pairs",
        n=n * (n - 1) // 2,
        lost=int(lost_of.sum()) // 2,
        won=won,
        touching=_touching(codes, lost_of, within),
        clustered_by="classes",
        examples=[
            {"id": str(ids[a]), "other": str(ids[b]), "same class": bool(codes[a] == codes[b])}
            for _, a, b in worst[:LISTED]
        ],
        directions=kinds,
    )


def _touching(codes: Ints, lost_of: Ints, lost_within: Ints) -> Ints:
    """Lost pairs and all pairs that touch each class, shape (classes, 2)."""
    n, sizes = len(codes), np.bincount(codes)
    of_items = np.stack([lost_of, np.full(n, n - 1)], axis=1)
    within = np.stack([lost_within, sizes * (sizes - 1) // 2], axis=1)
    return touching(codes, of_items, within)


def _worst(
    lost: NDArray[np.bool_], gap: NDArray[np.float64], top: int
) -> list[tuple[float, int, int]]:
    rows, columns = np.nonzero(lost)
    size = gap[rows, columns]
    order = np.argsort(-size, kind="stable")[:LISTED]
    return [(float(size[i]), int(rows[i]) + top, int(columns[i]) + top) for i in order.tolist()]
