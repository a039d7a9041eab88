"""What a classifier got right: its answer is the label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.compare.outcomes import Outcomes, Unknown
from harness.compare.sides import Side

NAME = "answer"
DEFINITION = "the predicted class is the label"


def pairs(old: Side, new: Side) -> Sequence[Outcomes | Unknown]:
    """Items by whether the answer is the label, worst first: the surest wrong answers."""
    before, after, label = (
        old.column("prediction"),
        new.column("prediction"),
        old.column("label"),
    )
    if before is None or after is None or label is None:
        return [Unknown(NAME, DEFINITION, "no groups.parquet beside one of the records")]
    was, now = before == label, after == label
    known = _old_classes(old, label)
    clusters: Any = old.clusters
    found = Outcomes(
        name=NAME if known is None else f"{NAME} (old classes)",
        definition=DEFINITION
        + ("" if known is None else "; items of classes that the baseline knows"),
        unit="items",
        ids=old.ids if old.ids is not None else [],
        clusters=clusters,
        lost=was & ~now,
        won=~was & now,
        severity=_severity(new, len(label)),
        right=(was, now),
        changed=before != after,
        shown={"label": label, "before": before, "after": after},
    )
    return [found if known is None else _only(found, known)]


def _severity(new: Side, count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    confidence = new.reals("confidence")
    if confidence is None:
        return np.zeros(count)
    return np.nan_to_num(confidence, nan=0.0)


def _old_classes(old: Side, label: Any) -> Any:
    """Items whose class the baseline knows, where it declares fewer than the task has."""
    labels = old.record.model.details.get("labels")
    if not isinstance(labels, list) or not labels:
        return None
    known = np.isin(label, np.array([str(name) for name in labels]))
    return None if known.all() else known


def _only(found: Outcomes, rows: Any) -> Outcomes:
    kept = np.flatnonzero(rows)
    assert found.right is not None, "answers are right or wrong"
    assert found.changed is not None, "answers are known"
    return Outcomes(
        name=found.name,
        definition=found.definition,
        unit=found.unit,
        ids=np.asarray(found.ids)[kept],
        clusters=np.asarray(found.clusters)[kept],
        lost=found.lost[kept],
        won=found.won[kept],
        severity=found.severity[kept],
        right=(found.right[0][kept], found.right[1][kept]),
        changed=found.changed[kept],
        shown={name: np.asarray(values)[kept] for name, values in found.shown.items()},
    )
