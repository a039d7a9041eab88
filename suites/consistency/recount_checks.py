"""Whether counts of pairs can be true: of each other, and of the task's own items."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data import ItemData
from harness.errors import InvalidError
from harness.metrics.pairs.items import Items
from suites.consistency import protocol as names
from suites.consistency.tally import Tally

Ints = NDArray[np.int64]

SLACK = 1e-9
"""What two distances may differ by that rounding has parted."""


def check_counts(tally: Tally, labels: NDArray[np.str_], idle: NDArray[np.int8]) -> None:
    """Counts rise with the distance, stay within all pairs, and are of the classes of ``labels``.

    ``labels`` are those of the test items; ``idle`` are the hits of all others, which have none.
    """
    classes, sizes = np.unique(labels, return_counts=True)
    if tuple(classes.tolist()) != tally.names or not np.array_equal(sizes, tally.sizes):
        raise InvalidError("the classes that were counted are not those of the test items")
    good = bool((np.diff(tally.distances) > 0).all()) and bool((idle == -1).all())
    for counts in (tally.same, tally.other):
        good &= bool((np.diff(counts, axis=1, prepend=0) >= 0).all())
    for counts, most in _bounded(tally):
        good &= bool(((counts >= 0) & (counts <= most)).all())
    if not good or not all(_between(tally, *counts) for counts in _at_distances(tally)):
        raise InvalidError("counts fall as the distance grows, or exceed the pairs that there are")


def _bounded(tally: Tally) -> list[tuple[Ints, Ints]]:
    """Counts and the most that they can be."""
    sizes = tally.sizes
    cuts = [cut.accepted_same for cut in tally.cuts if cut.accepted_same is not None]
    return [
        (tally.same_total, sizes * (sizes - 1) // 2),
        (tally.other_total, sizes * (sizes.sum() - sizes)),
        *((column, tally.same_total) for column in tally.same.T),
        *((column, tally.other_total) for column in tally.other.T),
        *((cut, tally.same_total) for cut in cuts),
        (tally.carried_same, tally.same_total),
        (tally.carried_other, tally.other_total),
    ]


def _at_distances(tally: Tally) -> list[tuple[float, Ints, int | Ints]]:
    """Distances apart from the thresholds, and the pairs of one class and of two that are nearer.

    Of the cuts all pairs of two classes are told together.
    """
    found: list[tuple[float, Ints, int | Ints]] = [
        (cut.distance, cut.accepted_same, cut.accepted_other)
        for cut in tally.cuts
        if cut.distance is not None
        and cut.accepted_same is not None
        and cut.accepted_other is not None
    ]
    if tally.carried is not None:
        found.append((tally.carried, tally.carried_same, tally.carried_other))
    return found


def _between(tally: Tally, distance: float, same: Ints, other: int | Ints) -> bool:
    """Whether counts at a distance lie between those at the thresholds on either side of it."""
    if not len(tally.distances):
        return True
    table = tally.other if isinstance(other, np.ndarray) else tally.other.sum(axis=0) // 2
    below = int(np.searchsorted(tally.distances, distance - SLACK, side="right")) - 1
    above = int(np.searchsorted(tally.distances, distance + SLACK, side="left"))
    good = True
    for counts, steps in ((same, tally.same), (other, table)):
        if below >= 0:
            good &= bool(np.all(steps[..., below] <= counts))
        if above < len(tally.distances):
            good &= bool(np.all(counts <= steps[..., above]))
    return good


def check_range(tally: Tally) -> None:
    """The ends of the range are the distances at which its FARs are reached."""
    if tally.low is None or tally.high is None or tally.reason is not None:
        return
    pairs = int(tally.other_total.sum()) // 2
    accepted = tally.other.sum(axis=0) // 2
    for share, end in zip(names.FAR_RANGE, (tally.low, tally.high), strict=True):
        needed = max(1, math.ceil(share * pairs - 1e-9))
        if not np.array_equal(tally.distances >= end, accepted >= needed):
            raise InvalidError(f"{end!r} is not where the FAR over all pairs reaches {share:g}")
    if not tally.distances[0] <= tally.low < tally.high <= tally.distances[-1]:
        raise InvalidError("the thresholds do not cover the range")


def check_items(tally: Tally, tables: Any, data: ItemData) -> None:
    """Labels, splits, roles and the numbers of pairs are those of the task's items."""
    if tuple(tables.column("label")) != data.clusters:
        raise InvalidError("the labels are not those of the task's items")
    for name in ("split", "role"):
        said = tables.column(name)
        if (None if said is None else tuple(said)) != data.columns.get(name):
            raise InvalidError(f"the column {name!r} is not that of the task's items")
    test = np.array(data.columns["split"]) == names.TEST
    codes = np.unique(np.array(data.clusters)[test], return_inverse=True)[1].astype(np.int64)
    roles = data.columns.get("role")
    query = None if roles is None else np.array(roles)[test] == names.QUERY
    same, other = Items.make(np.zeros((len(codes), 1), np.float32), codes, query).totals()
    if not (np.array_equal(same, tally.same_total) and np.array_equal(other, tally.other_total)):
        raise InvalidError("the numbers of pairs are not those of the task's items")
