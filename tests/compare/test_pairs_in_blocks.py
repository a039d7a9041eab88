"""Pairs of embeddings are counted block by block on and above the diagonal, none twice or never."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from harness.metrics.pairs.counts import unit
from harness.metrics.pairs.items import PLACES
from suites.consistency import right

LIMIT = 0.3


@pytest.mark.parametrize("items", [1, 127, 128, 129, 300])
def test_pairs_are_those_of_a_loop_over_all_of_them(items: int) -> None:
    random = np.random.default_rng(items)
    labels = random.integers(0, 7, items)
    before, after = (
        unit(np.eye(7)[labels] + random.normal(0, 0.6, (items, 7))).astype(float) for _ in range(2)
    )
    ids = np.array([f"i{n:03d}" for n in range(items)])
    found = right._count(before, after, labels, LIMIT, ids)
    lost, won, touching = [], 0, np.zeros((7, 2), int)
    for a, b in combinations(range(items), 2):
        same = labels[a] == labels[b]
        was, now = (
            (round(float(side[a] @ side[b]), PLACES) > LIMIT) == same for side in (before, after)
        )
        gone = bool(was and not now)
        won += bool(now and not was)
        for label in {labels[a], labels[b]}:
            touching[label] += (gone, 1)
        if gone:
            gap = abs(round(float(after[a] @ after[b]), PLACES) - LIMIT)
            lost.append((-gap, f"i{a:03d}", f"i{b:03d}", bool(same)))
    assert (found.n, found.lost, found.won) == (items * (items - 1) // 2, len(lost), won)
    assert found.touching.tolist() == touching[np.unique(labels)].tolist()
    assert found.directions == {
        "pairs of a class newly rejected": sum(one[3] for one in lost),
        "pairs of two newly accepted": sum(not one[3] for one in lost),
    }
    worst = sorted(lost)[: right.LISTED]
    told = [(one["id"], one["other"], one["same class"]) for one in found.examples]
    assert told == [one[1:] for one in worst]
