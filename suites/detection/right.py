"""What a detector got right: machine texts flagged and human texts not, at a threshold by domain.

The threshold of a domain allows 5% of its own human texts to be flagged (the oracle threshold of
the suite's primary metric). Twice: each model at its own threshold, and both at the baseline's,
which is what happens when a model is exchanged and the threshold is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.compare.outcomes import Outcomes, Unknown
from harness.compare.sides import Side
from harness.metrics.thresholds.operating_point import cut_of
from suites.detection.protocol import TEST, UNATTACKED

TARGET = 0.05
OWN, OWN_RULE = "own threshold", "flagged if and only if machine-made, at its own 5% FPR threshold"
OLD, OLD_RULE = "baseline's threshold", "the same, both models at the baseline's thresholds"

Mask = NDArray[np.bool_]
Reals = NDArray[np.float64]


def pairs(old: Side, new: Side) -> Sequence[Outcomes | Unknown]:
    """Test texts by whether they were judged right; lost ones far beyond the threshold first."""
    label, before, after = old.reals("label"), old.reals("score"), new.reals("score")
    if label is None or before is None or after is None:
        why = "no labels and scores beside one of the records"
        return [Unknown(OWN, OWN_RULE, why), Unknown(OLD, OLD_RULE, why)]
    domain, test, human = _layout(old, label)
    own = {
        "old": _cut(before, domain, human & test),
        "new": _cut(after, domain, human & test),
    }
    known = test & ~np.isnan(own["old"])
    was = _right(before, own["old"], label)
    return [
        _outcomes(OWN, OWN_RULE, old, known, label, was, (before, after), own["new"]),
        _outcomes(OLD, OLD_RULE, old, known, label, was, (before, after), own["old"]),
    ]


def _layout(side: Side, label: NDArray[Any]) -> tuple[NDArray[Any], Mask, Mask]:
    """Domain of each text, which are test texts, and which are human and untouched."""

    def column(name: str, absent: str) -> NDArray[Any]:
        found = side.column(name)
        return np.full(len(label), absent, dtype=object) if found is None else found

    split, attack = column("split", TEST), column("attack", "")
    return column("domain", ""), split == TEST, (label == 0) & np.isin(attack, UNATTACKED)


def _cut(scores: Reals, domain: NDArray[Any], human: Mask) -> Reals:
    """For each text the cut of its domain: scores above are flagged; NaN without human texts."""
    found = np.full(len(scores), np.nan)
    for name in np.unique(domain.astype(str)).tolist():
        inside = domain == name
        negatives = scores[inside & human].astype(np.float64)
        if len(negatives):
            found[inside] = cut_of(negatives, TARGET)
    return found


def _right(scores: Reals, cut: Reals, label: NDArray[Any]) -> Mask:
    return np.asarray((scores > cut) == (label == 1))


def _outcomes(
    name: str,
    definition: str,
    old: Side,
    known: Mask,
    label: NDArray[Any],
    was: Mask,
    scores: tuple[Reals, Reals],
    cut: Reals,
) -> Outcomes:
    now = _right(scores[1], cut, label)
    ids, clusters = old.ids, old.clusters
    assert ids is not None, "there are scores"
    human = (label == 0)[known]
    return Outcomes(
        name=name,
        definition=definition,
        unit="texts",
        ids=ids[known],
        clusters=(ids if clusters is None else clusters)[known],
        lost=(was & ~now)[known],
        won=(~was & now)[known],
        severity=np.abs(scores[1] - cut)[known],
        right=(was[known], now[known]),
        shown={
            "label": np.where(human, "human", "machine"),
            "score before": scores[0][known],
            "score after": scores[1][known],
        },
        directions={"human newly flagged": human, "machine newly missed": ~human},
    )
