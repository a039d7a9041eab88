"""What a reranker got right: a relevant document among the first, and nDCG that did not drop."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.compare.outcomes import Outcomes, Unknown
from harness.compare.sides import Side

HIT, HIT_RULE = "hit@10", "a relevant document is among the first ten"
DROP, DROP_RULE = "nDCG@10 drop", "nDCG@10 fell by more than .05 (the other way: rose)"
STEP = 0.05
DEPTH = 10
RECIPROCAL = re.compile(r"RR(?:\(rel=(?P<rel>\d+)\))?@(?P<k>\d+)")


def pairs(old: Side, new: Side) -> Sequence[Outcomes | Unknown]:
    """Queries by hit in the top ten, and by a drop of nDCG@10; the largest drops first."""
    return [
        _hits(old, new) or Unknown(HIT, HIT_RULE, "RR@10 is not among the metrics"),
        _drops(old, new, "nDCG@10") or Unknown(DROP, DROP_RULE, "nDCG@10 is not a metric here"),
    ]


def _reciprocal(old: Side, new: Side) -> tuple[str, int, int] | None:
    """The reciprocal rank that the task has, its threshold of relevance and its cutoff.

    Of several, the one at ten with the lowest threshold.
    """
    found = []
    for metric in old.record.metrics:
        told = RECIPROCAL.fullmatch(metric.name)
        if told and all(side.column(metric.name) is not None for side in (old, new)):
            found.append((metric.name, int(told["rel"] or 1), int(told["k"])))
    return min(found, key=lambda one: (one[2] != DEPTH, one[1]), default=None)


def _hits(old: Side, new: Side) -> Outcomes | None:
    named = _reciprocal(old, new)
    values = _both(old, new, named[0]) if named else None
    if named is None or values is None:
        return None
    name, grade, depth = named
    before, after, kept = values
    # The reciprocal rank is above 0 exactly when a relevant document is within the cutoff.
    was, now = before > 0, after > 0
    first = "the first ten" if depth == DEPTH else f"the first {depth}"
    relevant = "a relevant document" if grade == 1 else f"a document of grade {grade} or above"
    return Outcomes(
        name=f"hit@{depth}" if grade == 1 else f"hit(rel={grade})@{depth}",
        definition=f"{relevant} is among {first}",
        unit="queries",
        **_common(old, kept),
        lost=was & ~now,
        won=~was & now,
        severity=before - after,
        right=(was, now),
        shown={f"{name} before": before, f"{name} after": after},
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
    before, after = old.reals(column), new.reals(column)
    if before is None or after is None:
        return None
    kept = ~(np.isnan(before) | np.isnan(after))
    return before[kept], after[kept], kept


def _common(old: Side, kept: Any) -> dict[str, Any]:
    ids, clusters = old.ids, old.clusters
    assert ids is not None, "there are values"
    return {"ids": ids[kept], "clusters": (ids if clusters is None else clusters)[kept]}
