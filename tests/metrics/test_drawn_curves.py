"""Measures of drawn curves against those of one curve after another, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics.intervals import Bootstrap
from harness.metrics.thresholds import drawn_curves
from harness.metrics.thresholds.areas import curve_measures, measures_of
from harness.metrics.thresholds.drawn_curves import Curves
from harness.metrics.thresholds.drawn_items import Items, blocks_of
from harness.metrics.thresholds.roc import roc

NAMES = ("AUROC", "pAUC@FPR=5%", "pAUC@FPR=1%", "pAUC@FPR=30%", "pAUC@FPR=100%", "EER")


def assert_same(seed: int, humans: int, machines: int, *, clusters: int, grid: int) -> None:
    random = np.random.default_rng(seed)
    scores = np.round(random.normal(size=humans + machines) * grid) / grid
    scores[humans:] += random.choice([0, 1, 5])
    codes = random.integers(0, clusters, humans + machines)
    bootstrap = Bootstrap([f"{code:05d}" for code in codes], replicates=40)
    negative, positive = np.arange(humans), humans + np.arange(machines)
    wanted: dict[str, list[float | None]] = {name: [] for name in NAMES}
    for row in np.concatenate(list(bootstrap.weights())):
        curve = roc(scores[negative], scores[positive], (row[negative], row[positive]))
        for name, compute in curve_measures(NAMES).items():
            wanted[name].append(compute(curve))
    own = bootstrap.codes
    curves = Curves(Items(scores[negative], own[negative]), Items(scores[positive], own[positive]))
    blocks = [curves.drawn(draws, measures_of(NAMES)) for draws in blocks_of(bootstrap)]
    for name in NAMES:
        found = np.concatenate([block[name] for block in blocks])
        assert np.array_equal(found, np.array(wanted[name], dtype=float), equal_nan=True), name


@settings(max_examples=80)
@given(
    st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 60), st.integers(1, 40),
    st.sampled_from([1, 3, 1000]),
)  # fmt: skip
def test_they_are_equal_to_the_bit(
    seed: int, humans: int, machines: int, clusters: int, grid: int
) -> None:
    assert_same(seed, humans, machines, clusters=clusters, grid=grid)


@pytest.mark.parametrize("grid", [2, 40, 100_000])
@pytest.mark.parametrize("clusters", [7, 3000])
def test_they_are_on_many_texts(grid: int, clusters: int) -> None:
    assert_same(4, 700, 1900, clusters=clusters, grid=grid)


def test_they_are_where_floats_would_not_be_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn_curves, "_EXACT_FLOAT64", 0)
    assert_same(5, 200, 300, clusters=400, grid=10)


def test_replicates_without_one_of_the_classes_have_none() -> None:
    scores, codes = np.array([0.1, 0.9, 0.5]), np.array([0, 1, 1])
    bootstrap = Bootstrap(["a", "b", "b"], replicates=50)
    curves = Curves(Items(scores[:1], codes[:1]), Items(scores[1:], codes[1:]))
    found = [curves.drawn(draws, measures_of(NAMES)) for draws in blocks_of(bootstrap)]
    counts = np.concatenate(list(bootstrap.counts()))
    for name in NAMES:
        lost = np.isnan(np.concatenate([block[name] for block in found]))
        assert 0 < lost.sum() < 50
        assert np.array_equal(lost, counts.min(axis=1) == 0)
