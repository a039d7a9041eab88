"""Which pairs of a list a model accepts rightly, both models at the baseline's threshold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.compare.outcomes import PairOutcomes, Unknown
from harness.compare.sides import Side
from suites.consistency.people import people

PAIRS = "pairs"
PAIRS_RULE = "accepted if and only if of one class, both at the baseline's threshold (1% FAR)"
LISTED = 200
TABLE = "pairs.parquet"

Ints = NDArray[np.int64]


def listed(old: Side, new: Side, threshold: float | None) -> PairOutcomes | Unknown:
    """Pairs that were judged right and no longer are; ``threshold`` is a distance."""
    if threshold is None:
        return Unknown(PAIRS, PAIRS_RULE, "the baseline has no threshold at this FAR")
    mine, theirs = _columns(old), _columns(new)
    if mine is None or theirs is None:
        return Unknown(PAIRS, PAIRS_RULE, "no pairs.parquet beside one of the records")
    if not all(np.array_equal(mine[k], theirs[k]) for k in range(3)):
        return Unknown(PAIRS, PAIRS_RULE, "the two sides list other pairs, or in another order")
    names, clusters = old.ids, old.clusters
    if names is None or clusters is None:
        return Unknown(PAIRS, PAIRS_RULE, "no table of the pictures beside the baseline's record")
    same, before, after = mine[2] == 1, mine[3], theirs[3]
    place = {name: row for row, name in enumerate(names.tolist())}
    ends = [end.tolist() for end in mine[:2]]
    if not place.keys() >= {*ends[0], *ends[1]}:
        return Unknown(PAIRS, PAIRS_RULE, "pairs of pictures that the table of them does not name")
    a, b = (np.array([place[name] for name in end], dtype=np.int64) for end in ends)
    who = people(clusters.astype(np.str_), a, b, same)
    was, now = ((distance < threshold) == same for distance in (before, after))
    lost = was & ~now
    return PairOutcomes(
        name=PAIRS,
        definition=PAIRS_RULE,
        unit="pairs",
        n=len(same),
        lost=int(lost.sum()),
        won=int((~was & now).sum()),
        touching=_touching(who[a], who[b], lost),
        clustered_by="people",
        examples=[
            {"id": str(names[a[row]]), "other": str(names[b[row]]), "same class": bool(same[row])}
            for row in _worst(lost, np.abs(after - threshold))
        ],
        directions={
            "pairs of a class newly rejected": int((lost & same).sum()),
            "pairs of two newly accepted": int((lost & ~same).sum()),
        },
    )


def _columns(side: Side) -> list[NDArray[Any]] | None:
    """Both pictures of each pair, whether they are of one class, and their distance."""
    ends, figures = side.names(TABLE, "a", "b"), side.figures(TABLE, "same", "distance")
    return None if ends is None or figures is None else [*ends, *figures]


def _touching(a: Ints, b: Ints, lost: NDArray[np.bool_]) -> Ints:
    """Lost pairs and all pairs that touch each person, each pair once: (people, 2)."""
    found = np.zeros((int(max(a.max(initial=-1), b.max(initial=-1))) + 1, 2), dtype=np.int64)
    apart = a != b
    for column, kept in enumerate((lost, np.ones(len(lost), dtype=bool))):
        np.add.at(found[:, column], a[kept], 1)
        np.add.at(found[:, column], b[kept & apart], 1)
    return found


def _worst(lost: NDArray[np.bool_], gap: NDArray[np.float64]) -> list[int]:
    rows = np.flatnonzero(lost)
    return list(rows[np.argsort(-gap[rows], kind="stable")][:LISTED].tolist())
