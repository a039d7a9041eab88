"""Counts and hits -> a record's values again, without an embedding."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.data import ItemData
from harness.errors import InvalidError
from harness.nouns import Task
from harness.records.scored import Scored
from suites.consistency import protocol as names
from suites.consistency.measure import Measured, far_points, measure, over_classes
from suites.consistency.record import ConsistencyPart
from suites.consistency.recount_checks import check_counts, check_items, check_range
from suites.consistency.tally import Tally, read_tally


def recount(task: Task, tables: Any, data: ItemData | None) -> Scored:
    """Every metric from a record's tables; see :class:`harness.nouns.EvidenceTables`.

    Raises :class:`InvalidError` when a table or a column is missing, when counts do not fit each
    other, and when they are not counts of the task's own items.
    """
    try:
        tally = read_tally(tables)
        labels = np.array(tables.column("label"), dtype=np.str_)
        hits = [-1 if hit is None else int(hit) for hit in tables.column("nearest_hit")]
        splits = tables.column("split") or [names.TEST] * len(labels)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise InvalidError(f"the tables do not fit together ({error})") from error
    test, nearest = np.array(splits) == names.TEST, np.array(hits, dtype=np.int8)
    check_counts(tally, labels[test], nearest[~test])
    check_range(tally)
    if data is not None:
        check_items(tally, tables, data)
    codes = np.unique(labels[test], return_inverse=True)[1].astype(np.int64)
    found = measure(tally, nearest[test], codes)
    return Scored(
        metrics=tuple(found.results[name] for name in task.metrics),
        intervals=over_classes(codes),
        part=_part(tables.record.part, tally, found, int(test.sum()), data),
        jackknife=found.jackknife,
    )


def _part(
    claimed: ConsistencyPart, tally: Tally, found: Measured, items: int, data: ItemData | None
) -> ConsistencyPart:
    """The part of the record; what only the embeddings can tell is taken from the claim."""
    return claimed.model_copy(
        update={
            "protocol": claimed.protocol if data is None else names.protocol_of(data),
            "items": items,
            "classes": int((tally.same_total > 0).sum()),
            "singletons": int((tally.sizes == 1).sum()),
            "pairs_same": int(tally.same_total.sum()),
            "pairs_other": int(tally.other_total.sum()) // 2,
            "far_range": list(names.FAR_RANGE),
            "thresholds": len(tally.distances),
            "points": far_points(tally),
            "carried": found.carried,
        }
    )
