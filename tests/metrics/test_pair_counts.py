"""Pair counts against double loops over all pairs, and whatever must not move them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.errors import InvalidError
from harness.metrics.pairs.counts import (
    PairCounts,
    count_nearest,
    count_pairs,
    unit,
)
from harness.metrics.pairs.kernels import NumpyKernels
from harness.metrics.pairs.lattice import NARROW, NO_PAIRS
from harness.metrics.pairs.workers import Workers

Reals = NDArray[np.float64]
TARGETS = (0.0001, 0.001, 0.01, 0.1, 0.5)


def made_up(seed: int, *, classes: int = 12, most: int = 9, width: int = 8) -> tuple[Any, Any]:
    """Unit vectors around a spot per class; from one to ``most`` of them."""
    random = np.random.default_rng(seed)
    sizes = random.integers(1, most + 1, classes)
    labels = np.repeat(np.arange(classes), sizes)
    spots = random.normal(size=(classes, width))[labels]
    return unit(spots + random.normal(0, 0.7, (len(labels), width))), labels


class Pair(NamedTuple):
    """Two items that count as a pair, and how far apart they are."""

    first: int
    second: int
    cosine: float
    distance: float


class Brute:
    """Every pair of a set, one by one, in float64 at 12 places of the cosine."""

    def __init__(self, vectors: Any, labels: Any, query: Any = None) -> None:
        self.labels = [int(label) for label in labels]
        self.classes = max(self.labels) + 1
        self.pairs: list[Pair] = []
        rows = np.asarray(vectors, dtype=np.float64)
        for i in range(len(rows)):
            for j in range(i):
                if query is None or query[i] != query[j]:
                    cosine = round(float(rows[i] @ rows[j]), 12)
                    far = float(np.sqrt(max(0.0, 2 - 2 * cosine)))
                    self.pairs.append(Pair(i, j, cosine, far))
        self.same = [p for p in self.pairs if self.labels[p.first] == self.labels[p.second]]
        self.other = [p for p in self.pairs if self.labels[p.first] != self.labels[p.second]]
        self.sorted = sorted(-p.cosine for p in self.other)

    def tables(self, accepted: Callable[[Pair], Any], width: int) -> tuple[Any, Any]:
        """Pairs of a class, and with one end in it, by class and whatever ``accepted`` says."""
        same, other = (np.zeros((self.classes, width), dtype=np.int64) for _ in range(2))
        for pair in self.same:
            same[self.labels[pair.first]] += accepted(pair)
        for pair in self.other:
            other[self.labels[pair.first]] += accepted(pair)
            other[self.labels[pair.second]] += accepted(pair)
        return same, other

    def at(self, distances: Any) -> tuple[Any, Any]:
        """Accepted pairs at each distance."""
        return self.tables(lambda pair: pair.distance <= distances, len(distances))

    def rank(self, share: float) -> float:
        """Smallest cross-class distance at which the FAR reaches ``share``."""
        place = max(1, int(np.ceil(share * len(self.sorted) - 1e-9)))
        return float(np.sqrt(max(0.0, 2 + 2 * self.sorted[place - 1])))

    def nearest(self, query: Any = None) -> list[int]:
        """Hits of every item (of every query where there are some)."""
        own, rest = (np.full(len(self.labels), -np.inf) for _ in range(2))
        for best, pairs in ((own, self.same), (rest, self.other)):
            for pair in pairs:
                for end in (pair.first, pair.second):
                    best[end] = max(best[end], pair.cosine)
        asked = np.isfinite(own) if query is None else np.isfinite(own) & query
        return [int(own[i] > rest[i]) if asked[i] else -1 for i in range(len(own))]


def agree(counts: PairCounts, brute: Brute, query: Any = None) -> None:
    """All integers of a count are those of the loop."""
    for mine, distances in (
        ((counts.same, counts.other), counts.thresholds),
        ((counts.extra_same, counts.extra_other), counts.extra),
    ):
        for found, wanted in zip(mine, brute.at(distances), strict=True):
            np.testing.assert_array_equal(found, wanted)
    everything = brute.tables(lambda _: 1, 1)
    np.testing.assert_array_equal(counts.same_total, everything[0][:, 0])
    np.testing.assert_array_equal(counts.other_total, everything[1][:, 0])
    assert counts.nearest.tolist() == brute.nearest(query)
    if counts.low is not None and counts.high is not None:
        ends = (brute.rank(0.01), brute.rank(0.1))
        assert (counts.low, counts.high) == pytest.approx(ends, abs=1e-12)
    agree_cuts(counts, brute)


def agree_cuts(counts: PairCounts, brute: Brute) -> None:
    tars = []
    for cut in sorted(counts.cuts, key=lambda cut: cut.target):
        allowed = int(np.floor(cut.target * len(brute.other) + 1e-9))
        assert cut.allowed == allowed
        if not 1 <= allowed < len(brute.other):
            assert cut.distance is None
            assert cut.reason
            continue
        limit = -brute.sorted[allowed]  # the first pair that is one too many
        assert cut.distance == pytest.approx(np.sqrt(max(0.0, 2 - 2 * limit)), abs=1e-12)
        same, other = brute.tables(lambda pair, limit=limit: pair.cosine > limit, 1)
        assert cut.accepted_other == other.sum() // 2 <= allowed
        assert cut.accepted_same is not None
        np.testing.assert_array_equal(cut.accepted_same, same[:, 0])
        tars.append(int(cut.accepted_same.sum()))
    assert tars == sorted(tars)


def cases() -> dict[str, tuple[Any, Any, Any]]:
    """Raw vectors, labels and queries of small sets with something odd about each."""
    random = np.random.default_rng(5)
    vectors, labels = made_up(1)
    doubled = vectors.copy()
    doubled[::3] = doubled[0]
    zeros = vectors.copy()
    zeros[::4] = 0
    pairs = np.repeat(np.arange(30), 2)
    lone = np.arange(40)
    lone[:4] = 0
    wide = random.normal(size=(60, 700)) + 2
    scale = 10.0 ** random.integers(-200, 200, len(labels))
    return {
        "plain": (vectors, labels, None),
        "duplicates": (doubled, labels, None),
        "zero vectors": (zeros, labels, None),
        "singletons": (random.normal(size=(40, 6)), lone, None),
        "two-image classes": (random.normal(size=(60, 6)), pairs, None),
        "unnormalised": (vectors * random.uniform(0.1, 50, (len(labels), 1)), labels, None),
        "huge and tiny": (vectors.astype(np.float64) * scale[:, None], labels, None),
        "one dimension": (random.normal(size=(40, 1)), np.arange(40) % 5, None),
        "many dimensions": (wide, np.arange(60) % 6, None),
        "all close": (1 + random.normal(0, 0.1, (60, 5)), np.arange(60) % 6, None),
        "too close": (1 + random.normal(0, 1e-3, (60, 5)), np.arange(60) % 6, None),
        "few levels": (random.integers(-1, 2, (70, 3)), np.arange(70) % 7, None),
        "two items": (np.eye(2), np.array([0, 1]), None),
        "queries": (vectors, labels, random.random(len(labels)) < 0.5),
        "queries alone": (vectors, labels, np.ones(len(labels), dtype=bool)),
    }


@pytest.mark.parametrize("name", list(cases()))
def test_counts_are_those_of_a_double_loop(name: str) -> None:
    raw, labels, query = cases()[name]
    vectors = unit(raw)
    brute = Brute(vectors, labels, query)
    extra = [0.0, 0.3, 1.0, 1.42, 2.0]
    counts = count_pairs(vectors, labels, query=query, targets=TARGETS, extra=extra)
    agree(counts, brute, query)
    if name in ("plain", "two-image classes", "many dimensions", "all close", "queries"):
        assert counts.reason is None
        assert counts.low is not None
        assert counts.high is not None
        steps = counts.thresholds
        inside = (steps > counts.low) & (steps < counts.high)
        assert (
            127 <= inside.sum() <= 257
        )  # 128 to 256 steps; more cover the ends and what is beside
    if name in ("too close", "one dimension"):
        assert counts.reason == NARROW


@settings(max_examples=60)
@given(st.data())
def test_counts_of_any_small_set_full_of_ties(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 24))
    labels = np.array(data.draw(st.lists(st.integers(0, 4), min_size=n, max_size=n)))
    cells = st.lists(st.integers(-2, 2), min_size=3 * n, max_size=3 * n)
    vectors = unit(np.array(data.draw(cells), dtype=float).reshape(n, 3))
    asked = data.draw(st.none() | st.lists(st.booleans(), min_size=n, max_size=n))
    query = None if asked is None else np.array(asked)
    counts = count_pairs(vectors, labels, query=query, targets=TARGETS, extra=[0.5, 1.0])
    agree(counts, Brute(vectors, labels, query), query)


def same_counts(a: PairCounts, b: PairCounts, order: Any = slice(None)) -> None:
    assert (a.low, a.high, a.reason) == (b.low, b.high, b.reason)
    for name in ("thresholds", "same", "other", "same_total", "other_total", "sizes"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    for mine, theirs in zip(a.cuts, b.cuts, strict=True):
        assert (mine.distance, mine.accepted_other) == (theirs.distance, theirs.accepted_other)
        np.testing.assert_array_equal(mine.accepted_same, theirs.accepted_same)
    np.testing.assert_array_equal(a.nearest, b.nearest[order])


def odd_set() -> tuple[Any, Any]:
    vectors, labels = made_up(9, classes=30, most=20, width=16)
    vectors[5], vectors[9], vectors[30] = vectors[60], 0, vectors[60]  # ties, a zero, ties
    return vectors, labels


@pytest.mark.parametrize(("rows", "columns"), [(7, 11), (64, 1000), (1000, 64), (1, 5)])
@pytest.mark.parametrize("threads", [1, 3])
def test_neither_blocks_nor_threads_move_the_counts(rows: int, columns: int, threads: int) -> None:
    vectors, labels = odd_set()
    vectors, labels = vectors[:150], labels[:150]
    workers = Workers(NumpyKernels, threads)
    found = count_pairs(vectors, labels, block=(rows, columns), workers=workers)
    same_counts(found, count_pairs(vectors, labels))


def test_the_order_of_items_and_the_numbers_of_classes_do_not_move_the_counts() -> None:
    vectors, labels = odd_set()
    wanted = count_pairs(vectors, labels)
    order = np.random.default_rng(0).permutation(len(labels))
    same_counts(count_pairs(vectors[order], labels[order]), wanted, order)
    number = np.random.default_rng(1).permutation(30)
    renamed = count_pairs(vectors, number[labels])
    assert (renamed.low, renamed.high) == (wanted.low, wanted.high)
    for name in ("same", "other", "same_total", "other_total"):
        np.testing.assert_array_equal(getattr(renamed, name)[number], getattr(wanted, name))
    np.testing.assert_array_equal(renamed.nearest, wanted.nearest)
    np.testing.assert_array_equal(count_nearest(vectors, labels), wanted.nearest)


def kernels(backend: str) -> Callable[[], Any]:
    pytest.importorskip(backend)
    if backend == "numba":
        from harness.metrics.pairs.numba import NumbaKernels

        return NumbaKernels
    from harness.metrics.pairs.torch import TorchKernels

    return lambda: TorchKernels("cpu")


@pytest.mark.parametrize(("backend", "asked"), [*product(["numba", "torch"], [False, True])])
def test_every_backend_counts_the_same(backend: str, asked: bool) -> None:
    workers = Workers(kernels(backend), 2)
    vectors, labels = odd_set()
    query = np.random.default_rng(2).random(len(labels)) < 0.3 if asked else None
    wanted = count_pairs(vectors, labels, query=query, workers=Workers(NumpyKernels, 1))
    found = count_pairs(vectors, labels, query=query, workers=workers, block=(50, 70))
    same_counts(found, wanted)
    again = count_nearest(vectors, labels, query=query, workers=workers, block=(50, 70))
    np.testing.assert_array_equal(again, wanted.nearest)


def test_what_is_degenerate_has_a_reason() -> None:
    labels = np.repeat([0, 1, 2], 4)
    alike = count_pairs(np.tile(unit([[1.0, 2.0]]), (12, 1)), labels)
    assert alike.reason == NARROW
    assert set(alike.nearest.tolist()) == {0}  # no neighbour is strictly nearer
    assert len(alike.thresholds) == alike.same.shape[1] == 0
    one = count_pairs(unit(np.eye(3)), np.zeros(3, dtype=int))
    assert (one.reason, one.low) == (NO_PAIRS, None)
    few = count_pairs(*made_up(1))
    assert few.cuts[0].distance is None
    assert "do not resolve a FAR of 0.0001" in str(few.cuts[0].reason)


def test_a_zero_vector_is_at_distance_sqrt_two_from_everything() -> None:
    labels = np.repeat([0, 1, 2], 4)
    zero = count_pairs(np.zeros((12, 4), dtype=np.float32), labels, extra=[1.41, 1.42])
    assert zero.extra_same.tolist() == [[0, 6]] * 3
    assert zero.extra_other.tolist() == [[0, 32]] * 3


def test_lengths_do_not_matter_and_bad_numbers_are_refused() -> None:
    rows = np.random.default_rng(2).normal(size=(6, 5))
    scaled = rows * np.array([1e-300, 1e-20, 1, 3, 1e20, 1e300])[:, None]
    np.testing.assert_allclose(unit(scaled), unit(rows), atol=1e-7)
    np.testing.assert_allclose(np.linalg.norm(unit(scaled), axis=1), 1, atol=1e-6)
    assert unit(np.zeros((2, 3))).tolist() == [[0.0] * 3] * 2
    bad: Sequence[float]
    for bad in ([1.0, np.nan], [np.inf, 1.0]):
        with pytest.raises(InvalidError, match="NaN or infinity"):
            unit([bad])


def test_torch_counts_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    vectors, labels = made_up(2)
    wanted = count_pairs(vectors, labels, workers=Workers(NumpyKernels, 1))
    monkeypatch.setenv("MARGINBENCH_COUNT_DEVICE", "cpu")
    assert type(Workers.choose(10).make()).__name__ == "TorchKernels"
    same_counts(count_pairs(vectors, labels), wanted)
