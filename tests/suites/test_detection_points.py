"""Replicates counted by cluster against the same replicates counted text by text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.metrics.intervals import Bootstrap
from harness.metrics.thresholds import cluster_draws, drawn_items
from harness.metrics.thresholds.cluster_draws import Table
from harness.metrics.thresholds.drawn_items import Draws, Placed, blocks_of
from harness.metrics.thresholds.operating_point import Cuts, Ints
from suites.detection import points
from suites.detection.points import Counting, Counts, Key, Slice, replicate
from suites.detection.units import Unit

FIELDS = ("tp", "k", "n_pos", "undefined")
TARGETS = [0.05, 0.01, 0.29, 0.001]


@dataclass
class Texts:
    """Scores with clusters, units and slices: what a replicate needs."""

    scores: NDArray[np.float64]
    bootstrap: Bootstrap
    units: list[Unit]
    slices: list[Slice]

    def counts(self) -> list[dict[Key, Counts]]:
        counting = Counting(self.scores, self.bootstrap, self.units, self.slices, TARGETS)
        return [counting.counts(draws) for draws in blocks_of(self.bootstrap)]

    def prepared(self) -> list[list[type]]:
        """How each unit's slices are counted."""
        counting = Counting(self.scores, self.bootstrap, self.units, self.slices, TARGETS)
        return [[type(part) for _, part in unit.positives] for unit in counting._units]

    def by_text(self) -> dict[Key, Counts]:
        weights = np.concatenate(list(self.bootstrap.weights()))
        return points._count(self.scores, weights, self.units, self.slices, TARGETS)


def make(
    seed: int, size: int, *, clusters: int, domains: int, grid: int, shared: bool, reps: int = 60
) -> Texts:
    """Random texts: clusters of unequal size, ties where ``grid`` is coarse, an empty unit."""
    random = np.random.default_rng(seed)
    human = random.random(size) < random.uniform(0.1, 0.9)
    scores = np.round(random.normal(size=size) * grid) + np.where(human, 0, grid)
    codes = (clusters * random.random(size) ** 3).astype(int)
    domain = random.integers(0, domains, size)
    calibrates = human if shared else human & (random.random(size) < 0.5)
    tests = human if shared else human & ~calibrates
    rows = np.arange(size)
    units = [
        Unit(
            str(d),
            rows[calibrates & ((domain == d) if d % 2 else (domain != d))],
            rows[tests & (domain == d)],
            rows[~human & (domain == d)],
            conformal=not shared,
        )
        for d in range(domains + 1)
    ]
    part = random.integers(0, 3, size)
    slices = [Slice({}, ~human), *(Slice({"part": str(p)}, ~human & (part == p)) for p in range(3))]
    return Texts(
        scores.astype(float), Bootstrap([str(c) for c in codes], replicates=reps), units, slices
    )


def assert_same(texts: Texts) -> None:
    wanted, blocks = texts.by_text(), texts.counts()
    for key, counts in wanted.items():
        for name in FIELDS:
            found = np.concatenate([getattr(block[key], name) for block in blocks])
            assert np.array_equal(found, getattr(counts, name)), (key, name)


@settings(max_examples=60)
@given(
    st.integers(0, 10_000),
    st.integers(1, 120),
    st.integers(1, 60),
    st.integers(1, 4),
    st.sampled_from([1, 5, 1000]),
    st.booleans(),
)
def test_both_ways_give_the_same_integers(
    seed: int, size: int, clusters: int, domains: int, grid: int, shared: bool
) -> None:
    assert_same(make(seed, size, clusters=clusters, domains=domains, grid=grid, shared=shared))


@pytest.mark.parametrize("grid", [1, 7, 10_000])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("clusters", [20, 900])
def test_they_do_on_many_texts_and_several_blocks(grid: int, shared: bool, clusters: int) -> None:
    texts = make(3, 3000, clusters=clusters, domains=3, grid=grid, shared=shared, reps=900)
    assert len(texts.counts()) > 1
    assert_same(texts)


def test_they_do_where_cuts_are_further_down_than_the_tables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    beyond = watch_the_cuts(monkeypatch)
    monkeypatch.setattr(cluster_draws, "_DEVIATIONS", 0.0)
    assert_same(make(5, 2000, clusters=700, domains=3, grid=100, shared=True, reps=1500))
    assert 0 < sum(beyond) < len(beyond)


@pytest.mark.parametrize("clusters", [5, 15, 900])
def test_texts_of_few_clusters_are_tabulated_and_others_summed_up(clusters: int) -> None:
    texts = make(9, 1000, clusters=clusters, domains=2, grid=100, shared=False)
    kinds = {kind for unit in texts.prepared() for kind in unit}
    assert kinds == {5: {Table}, 15: {Table, Placed}, 900: {Placed}}[clusters]
    assert_same(texts)


def test_they_do_without_room_for_all_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = make(6, 1000, clusters=5, domains=1, grid=100, shared=True)
    assert {kind for unit in texts.prepared() for kind in unit} == {Table}
    monkeypatch.setattr(points, "_TABLE_CELLS", 12)
    assert {kind for unit in texts.prepared() for kind in unit} == {Table, Placed}
    assert_same(texts)


def test_they_do_in_wide_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = make(10, 500, clusters=400, domains=2, grid=3, shared=True)
    assert next(blocks_of(texts.bootstrap)).counts.dtype == np.int32
    monkeypatch.setattr(drawn_items, "_EXACT_INT32", 0)
    assert next(blocks_of(texts.bootstrap)).counts.dtype == np.int64
    assert_same(texts)


def test_they_do_in_double_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.repeat([0, 1], [3, 5])
    assert drawn_items.exact_kind(codes, (1 << 24) // 5) is np.float32
    assert drawn_items.exact_kind(codes, (1 << 24) // 5 + 1) is np.float64
    monkeypatch.setattr(drawn_items, "_EXACT_FLOAT32", 0)
    assert_same(make(7, 500, clusters=100, domains=2, grid=3, shared=True))


def test_the_tables_nearly_always_hold_the_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    beyond = watch_the_cuts(monkeypatch)
    for clusters in (5, 50, 2000):
        texts = make(8, 2700, clusters=clusters, domains=1, grid=1000, shared=True, reps=3000)
        replicate(texts.scores, texts.bootstrap, texts.units, texts.slices, TARGETS)
    assert not any(beyond)


def test_few_negatives_are_looked_at() -> None:
    codes = np.arange(1350) % 450
    assert cluster_draws.reach(codes, 0.01) < 100
    assert cluster_draws.reach(codes, 0.001) < 60
    assert cluster_draws.reach(np.zeros(1350, dtype=np.int64), 0.01) == 1350
    assert cluster_draws.reach(np.zeros(0, dtype=np.int64), 0.01) == 0


def watch_the_cuts(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For every block and unit to come, whether some cut is beyond the tables."""
    beyond: list[bool] = []
    original = cluster_draws.Top.cuts

    def watched(self: cluster_draws.Top, draws: Draws, drawn: Ints) -> list[Cuts] | None:
        found = original(self, draws, drawn)
        beyond.append(found is None)
        return found

    monkeypatch.setattr(cluster_draws.Top, "cuts", watched)
    return beyond
