"""Embeddings of a consistency task -> counts of pairs -> metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.capabilities import Floats
from harness.data import ItemData
from harness.metrics.pairs.counts import count_pairs, unit
from harness.nouns import Task
from harness.records.scored import Scored, Scoring
from suites.consistency import protocol as names
from suites.consistency.carried import carried_threshold
from suites.consistency.failed import near_nobody
from suites.consistency.further import add_further
from suites.consistency.measure import Measured, far_points, measure, over_classes
from suites.consistency.record import ConsistencyPart
from suites.consistency.tally import Tally

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]


def score(task: Task, data: ItemData, scores: Floats, scoring: Scoring) -> Scored:
    """Compute a consistency task's metrics from raw embeddings, shape (items, dimension).

    An item without an embedding, whose row is NaN, is near nobody: its row is taken for zeros.
    """
    scores = near_nobody(scores)
    if "pairs" in data.facts:
        from suites.consistency.pair_scoring import score_pairs

        return score_pairs(task, data, scores)
    vectors = unit(scores)
    labels = np.asarray(data.gold, dtype=np.int64)
    test = np.array(data.columns["split"]) == names.TEST
    carried, why = carried_threshold(vectors[~test], labels[~test])
    used, codes = np.unique(labels[test], return_inverse=True)
    counts = count_pairs(
        vectors[test],
        codes,
        query=_queries(data, test),
        far=names.FAR_RANGE,
        targets=names.TARGETS,
        extra=() if carried is None else (carried,),
    )
    classes = [data.classes[int(code)] for code in used]
    tally = Tally.make(classes, counts, carried, why)
    found = measure(tally, counts.nearest, codes)
    add_further(
        found,
        task.metrics,
        test=(vectors[test], codes, _queries(data, test)),
        calibration=(vectors[~test], labels[~test]),
        classes=classes,
    )
    return Scored(
        metrics=tuple(found.results[name] for name in task.metrics),
        intervals=over_classes(codes),
        part=_part(data, scores[test], test, tally, found),
        columns=_columns(data, test, counts.nearest),
        files=tally.tables(),
        jackknife=found.jackknife,
    )


def _queries(data: ItemData, test: Mask) -> Mask | None:
    roles = data.columns.get("role")
    if roles is None:
        return None
    return np.asarray(np.array(roles)[test] == names.QUERY)


def _part(
    data: ItemData, raw: Floats, test: Mask, tally: Tally, found: Measured
) -> ConsistencyPart:
    norms = np.linalg.norm(raw.astype(np.float64), axis=1)
    several = tally.same_total > 0
    return ConsistencyPart(
        protocol=names.protocol_of(data),
        items=int(test.sum()),
        classes=int(several.sum()),
        singletons=int((tally.sizes == 1).sum()),
        pairs_same=int(tally.same_total.sum()),
        pairs_other=int(tally.other_total.sum()) // 2,
        far_range=list(names.FAR_RANGE),
        low=tally.low,
        high=tally.high,
        thresholds=len(tally.distances),
        norms=[float(q) for q in np.quantile(norms, [0, 0.5, 1])],
        zero_vectors=int((norms == 0).sum()),
        dimension=raw.shape[1],
        points=far_points(tally),
        carried=found.carried,
        reason=tally.reason,
    )


def _columns(data: ItemData, test: Mask, nearest: NDArray[np.int8]) -> dict[str, Sequence[Any]]:
    hits: list[bool | None] = [None] * len(data.ids)
    for row, hit in zip(np.flatnonzero(test).tolist(), nearest.tolist(), strict=True):
        hits[row] = None if hit < 0 else bool(hit)
    kept = {name: data.columns[name] for name in ("split", "role") if name in data.columns}
    return {"label": list(data.clusters), "nearest_hit": hits, **kept}
