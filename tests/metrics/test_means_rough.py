"""A mean whose spread rests on few units says that it is rough."""

from __future__ import annotations

import numpy as np
import pytest

from harness.metrics.intervals import mean
from harness.metrics.intervals.means import spread_of


def test_one_unit_far_off() -> None:
    values = np.linspace(0.4, 0.41, 50)
    assert mean(values).rough is None
    values[7] = 1.0
    assert mean(values).rough == "few units make up the spread (about 1)"


@pytest.mark.parametrize(("far", "rough"), [(3, True), (4, True), (6, False), (20, False)])
def test_it_counts_units_that_are_equally_far_off(far: int, rough: bool) -> None:
    """Of units equally far off, and all others at next to nothing, it counts exactly those."""
    values = np.concatenate([np.full(far, 0.5), np.linspace(0, 1e-9, 100_000)])
    found = spread_of(values)
    assert found is not None
    assert (found.few is not None) == rough


def test_clusters_are_the_units() -> None:
    """Twenty items far off, all of one cluster, are one unit."""
    random = np.random.default_rng(0)
    values = random.uniform(0.4, 0.45, 400)
    clusters = np.repeat(np.arange(20), 20)
    assert mean(values, clusters).rough is None
    values[:20] = 1.0
    assert mean(values).rough is None
    assert mean(values, clusters).rough == "few units make up the spread (about 1)"
