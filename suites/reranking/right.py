"""What a reranker got right: a relevant document among the first, and nDCG that did not drop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.compare.outcomes import Outcomes, Unknown
from harness.compare.sides import Side

HIT, HIT_RULE = "hit@10", "a relevant document is among the first ten"
DROP, DROP_RULE = "nDCG@10 drop", "nDCG@10 fell by more than .05 (the other way: rose)"
STEP = 0.05


def pairs(old: Side, new: Side) -> Sequence[Outcomes | Unknown]:
    """Queries by hit in the top ten, and by a drop of nDCG@10; the largest drops first."""
    return [
        _hits(old, new, "RR@10") or Unknown(HIT, HIT_RULE, "RR@10 is not among the metrics"),
        _drops(old, new, "nDCG@10") or Unknown(DROP, DROP_RULE, "nDCG@10 is not a metric here"),
    ]


def _hits(old: Side, new: Side, column: str) -> Outcomes | None:
    values = _both(old, new, column)
    if values is None:
        return None
    before, after, kept = values
    # The reciprocal rank is above 0 exactly when a relevant document is within the cutoff.
    was, now = before > 0, after > 0
    return Outcomes(
        name=HIT,
        definition=HIT_RULE,
        unit="queries",
        **_common(old, kept),
        lost=was & ~now,
        won=~was & now,
        severity=before - after,
        right=(was, now),
        shown={"RR@10 before": before, "RR@10 after": after},
    )


def _drops(old: Side, new: Side, column: str) -> Outcomes | None:
    values = _both(old, new, column)
    if values is None:
        return None
    before, after, kept = values
    drop = before - after
    return Outcomes(
        name=DROP,
        definition=DROP_RULE,
        unit="queries",
        **_common(old, kept),
        lost=drop > STEP,
        won=drop < -STEP,
        severity=drop,
        shown={"before": before, "after": after},
    )


def _both(old: Side, new: Side, column: str) -> tuple[Any, Any, Any] | None:
    """Values of both sides for queries that have one, and which those are."""
    before, after = old.column(column), new.column(column)
    if before is None or after is None:
        return None
    before, after = before.astype(np.float64), after.astype(np.float64)
    kept = ~(np.isnan(before) | np.isnan(after))
    return before[kept], after[kept], kept


def _common(old: Side, kept: Any) -> dict[str, Any]:
    ids, clusters = old.ids, old.clusters
    assert ids is not None, "there are values"
    return {"ids": ids[kept], "clusters": (ids if clusters is None else clusters)[kept]}
