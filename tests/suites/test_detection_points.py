"""Replicates counted by cell against the same replicates counted text by text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.metrics.intervals import Bootstrap
from harness.metrics.thresholds import cluster_draws, drawn_items
from harness.metrics.thresholds.drawn_items import Draws, blocks_of
from harness.metrics.thresholds.operating_point import Cuts, Ints
from suites.detection import counting
from suites.detection.counting import Asked, Counting, Drawn
from suites.detection.points import Counts, Key, Slice, count
from suites.detection.replicating import replicate
from suites.detection.units import Unit

TARGETS = [0.05, 0.01, 0.29, 0.001]
NAMES = ("calibration", "negatives", "positives")


@dataclass
class Texts:
    """Scores with clusters, units and slices: what a replicate needs."""

    scores: NDArray[np.float64]
    bootstrap: Bootstrap
    units: list[Unit]
    slices: list[Slice]

    def counting(self) -> Counting:
        return Counting(self.scores, self.bootstrap, self.slices, self.asked())

    def asked(self) -> Asked:
        """The units, and beside them one policy with one threshold for all texts."""
        every = [np.concatenate([getattr(unit, name) for unit in self.units]) for name in NAMES]
        one = Unit("", *(np.unique(rows) for rows in every))
        return {"units": (self.units, TARGETS), "one": ([one], TARGETS[:2])}

    def counts(self) -> list[dict[str, Drawn]]:
        counted = self.counting()
        return [counted.counts(draws) for draws in blocks_of(self.bootstrap)]

    def by_text(self, policy: str) -> dict[Key, Counts]:
        weights = np.concatenate(list(self.bootstrap.weights()))
        units, targets = self.asked()[policy]
        return count(self.scores, weights, units, self.slices, targets)


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
    blocks = texts.counts()
    for policy, (_, targets) in texts.asked().items():
        for (number, target), counts in texts.by_text(policy).items():
            where = ..., targets.index(target), number
            drawn = [block[policy] for block in blocks]
            found = {
                "tp": np.concatenate([block.tp[where] for block in drawn]),
                "n_pos": np.concatenate([block.n_pos[:, number] for block in drawn]),
                "undefined": np.concatenate([block.undefined[where] for block in drawn]),
            }
            for name, values in found.items():
                assert np.array_equal(values, getattr(counts, name)), (policy, number, target, name)
            tpr = np.concatenate([block.tpr()[where] for block in drawn])
            assert np.array_equal(tpr, counts.tpr(), equal_nan=True)


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


def test_they_do_in_halves_where_cells_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = make(6, 1000, clusters=300, domains=2, grid=100, shared=True)
    (whole,) = texts.counting()._parts
    assert list(whole.numbers) == [0, 1, 2, 3]
    monkeypatch.setattr(counting, "_MOST_ENDS", 1)
    assert [list(part.numbers) for part in texts.counting()._parts] == [[0], [1], [2], [3]]
    assert_same(texts)


def test_they_do_with_more_groups_than_a_word_has_bits() -> None:
    texts = make(12, 700, clusters=200, domains=2, grid=100, shared=True)
    random = np.random.default_rng(12)
    machine = texts.slices[0].positives
    texts.slices += [Slice({"many": str(n)}, machine & (random.random(700) < 0.5))
                     for n in range(130)]  # fmt: skip
    assert_same(texts)


def test_they_do_in_wide_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = make(10, 500, clusters=400, domains=2, grid=3, shared=True)
    narrow = next(blocks_of(texts.bootstrap))
    assert (narrow.counts.dtype, narrow.kind) == (np.uint8, np.int32)
    monkeypatch.setattr(drawn_items, "_EXACT_INT32", 0)
    monkeypatch.setattr(drawn_items, "_MOST_BYTE", 3)
    wide = next(blocks_of(texts.bootstrap))
    assert (wide.counts.dtype, wide.kind) == (np.int64, np.int64)
    assert_same(texts)


def test_a_cluster_that_is_drawn_more_often_than_a_byte_holds() -> None:
    draws = drawn_items.Draws(np.array([[256, 0], [1, 255]]), most=512)
    assert draws.counts.tolist() == [[256, 0], [1, 255]]
    assert draws.running(np.array([0, 0, 1])).tolist() == [[0, 256, 512, 512], [0, 1, 2, 257]]
    fitting = drawn_items.Draws(np.array([[255, 255]]), most=512)
    assert fitting.counts.dtype == np.uint8
    assert fitting.running(np.array([0, 1, 1])).tolist() == [[0, 255, 510, 765]]


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
