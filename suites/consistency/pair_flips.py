"""Which pairs of a list a model accepts rightly, both models at the baseline's threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.compare.outcomes import PairOutcomes, Unknown
from harness.compare.sides import Side
from harness.tasks.arrow import as_numpy, truths
from suites.consistency.people import people

PAIRS = "pairs"
PAIRS_RULE = "accepted if and only if of one class, both at the baseline's threshold (1% FAR)"
LISTED = 200

Ints = NDArray[np.int64]


def listed(old: Side, new: Side, threshold: float | None) -> PairOutcomes | Unknown:
    """Pairs that were judged right and no longer are; ``threshold`` is a distance."""
    if threshold is None:
        return Unknown(PAIRS, PAIRS_RULE, "the baseline has no threshold at this FAR")
    tables = [side.file("pairs.parquet") for side in (old, new)]
    if tables[0] is None or tables[1] is None:
        return Unknown(PAIRS, PAIRS_RULE, "no pairs.parquet beside one of the records")
    if not all(tables[0][name].equals(tables[1][name]) for name in ("a", "b", "same")):
        return Unknown(PAIRS, PAIRS_RULE, "the two sides list other pairs, or in another order")
    names, clusters = old.ids, old.clusters
    if names is None or clusters is None:
        return Unknown(PAIRS, PAIRS_RULE, "no table of the pictures beside the baseline's record")
    same = truths(tables[0]["same"]) == 1
    before, after = (np.asarray(as_numpy(t["distance"]), dtype=np.float64) for t in tables)
    place = {name: row for row, name in enumerate(names.tolist())}
    a, b = (
        np.array([place[name] for name in tables[0][end].to_pylist()], dtype=np.int64)
        for end in ("a", "b")
    )
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
