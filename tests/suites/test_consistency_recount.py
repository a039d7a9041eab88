"""Counts that cannot be true of each other, as a stranger may send them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from harness.errors import InvalidError
from harness.metrics.pairs.counts import FarCut, count_pairs, unit
from harness.records.migrations import migrate
from suites.consistency.recount_checks import check_counts, check_range
from suites.consistency.tally import Tally
from tests.suites.test_consistency_scoring import clouds

IDLE = np.empty(0, dtype=np.int8)


def tally_of(seed: int, classes: int = 12, each: int = 5) -> tuple[Tally, np.ndarray]:
    labels, rows = clouds(seed, classes, each)
    codes = np.unique(labels, return_inverse=True)[1]
    carried = 0.6
    counts = count_pairs(unit(rows), codes, extra=(carried,))
    return Tally.make(sorted(set(labels)), counts, carried, None), np.array(labels)


def test_counts_as_they_are_pass() -> None:
    for seed in range(20):
        tally, labels = tally_of(seed)
        check_counts(tally, labels, IDLE)
        check_range(tally)


def test_counts_at_few_distances_pass() -> None:
    # Cosines are multiples of .1: many pairs lie at one distance, some of them at a threshold.
    for seed in range(20):
        labels, rows = clouds(seed, 12, 5, width=20)
        codes = np.unique(labels, return_inverse=True)[1]
        counts = count_pairs(unit(np.where(rows > 0, 1.0, -1.0)), codes, extra=(1.0,))
        tally = Tally.make(sorted(set(labels)), counts, 1.0, None)
        check_counts(tally, np.array(labels), IDLE)
        check_range(tally)


def cut_with(change: Callable[[FarCut], FarCut]) -> Callable[[Tally], Tally]:
    """The last cut changed."""
    return lambda tally: replace(tally, cuts=(*tally.cuts[:-1], change(tally.cuts[-1])))


def same_of(cut: FarCut, more: int) -> FarCut:
    assert cut.accepted_same is not None
    moved = cut.accepted_same.copy()
    moved[0] += more
    return replace(cut, accepted_same=moved)


EDITS: dict[str, Callable[[Tally], Tally]] = {
    "cut accepts more": cut_with(lambda cut: replace(cut, accepted_other=10**6)),
    "cut accepts none": cut_with(lambda cut: replace(cut, accepted_other=0)),
    "cut of a class": cut_with(lambda cut: same_of(cut, -4)),
    "cut elsewhere": cut_with(lambda cut: replace(cut, distance=0.01)),
    "carried elsewhere": lambda tally: replace(tally, carried=1.2),
    "carried same": lambda tally: replace(tally, carried_same=tally.same_total),
    "carried other": lambda tally: replace(tally, carried_other=tally.other_total),
}


@pytest.mark.parametrize("name", list(EDITS))
def test_counts_that_do_not_lie_between_those_around_them_are_refused(name: str) -> None:
    tally, labels = tally_of(3)
    assert tally.cuts[-1].distance is not None
    with pytest.raises(InvalidError, match="counts fall"):
        check_counts(EDITS[name](tally), labels, IDLE)


def test_the_floor_of_earlier_records_is_left_out_when_they_are_read() -> None:
    part = {"far_range": [0.01, 0.1], "floor": 0.002, "low": None}
    record = {"schema_version": 4, "metrics": [], "part": part}
    assert migrate(record, "here")["part"] == {"far_range": [0.01, 0.1], "low": None}
    other = {"schema_version": 4, "metrics": [], "part": {"floor": 0.002}}  # of another suite
    assert migrate(other, "here")["part"] == {"floor": 0.002}
