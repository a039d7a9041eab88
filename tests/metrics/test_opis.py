"""Pair counts and OPIS against brute force, golden values and what must not change them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.errors import InvalidError
from harness.metrics.intervals import Bootstrap
from harness.metrics.opis import Curves, harmonic, rates, spread, trapezoid
from harness.metrics.pair_counts import (
    NARROW,
    NO_PAIRS,
    PairCounts,
    count_nearest,
    count_pairs,
    unit,
)
from harness.metrics.pair_kernels import NumpyKernels
from harness.metrics.pair_workers import Workers

Reals = NDArray[np.float64]
RANGE = (0.01, 0.10)


def made_up(seed: int, *, classes: int = 12, most: int = 9, width: int = 8) -> tuple[Any, Any]:
    random = np.random.default_rng(seed)
    sizes = random.integers(1, most, classes)
    labels = np.repeat(np.arange(classes), sizes)
    spots = random.normal(size=(classes, width))[labels]
    return unit(spots + random.normal(0, 0.7, (len(labels), width))), labels


def curves(counts: PairCounts) -> Curves:
    assert counts.low is not None
    assert counts.high is not None
    kept = counts.same_total > 0
    return Curves(
        counts.thresholds,
        counts.low,
        counts.high,
        counts.same[kept],
        counts.other[kept],
        counts.same_total[kept],
        counts.other_total[kept],
    )


class Oracle:
    """All distances in float64 and the exact integral of the piecewise-constant utilities."""

    def __init__(self, vectors: Any, labels: Any, far: tuple[float, float] = RANGE) -> None:
        x = np.asarray(vectors, dtype=np.float64)
        self.distance = np.sqrt(np.maximum(0, 2 - 2 * (x @ x.T)))
        self.labels = labels
        upper = np.triu(np.ones_like(self.distance, dtype=bool), 1)
        same = labels[:, None] == labels[None, :]
        self.other = np.sort(self.distance[upper & ~same])
        ends = [int(np.ceil(share * len(self.other) - 1e-9)) - 1 for share in far]
        self.low, self.high = (self.other[max(0, end)] for end in ends)
        self.classes = [c for c in np.unique(labels) if (labels == c).sum() > 1]
        self.pairs = {}
        for c in self.classes:
            inside = labels == c
            own = self.distance[np.ix_(inside, inside)]
            self.pairs[c] = (
                np.sort(own[np.triu_indices(len(own), 1)]),
                np.sort(self.distance[np.ix_(inside, ~inside)].ravel()),
            )

    def utilities(self) -> tuple[Reals, Reals]:
        """Steps of the distance within the range, and utilities (classes, steps)."""
        every = np.unique(np.concatenate([np.concatenate(p) for p in self.pairs.values()]))
        inside = every[(every > self.low) & (every < self.high)]
        starts = np.concatenate([[self.low], inside])
        widths = np.diff(np.concatenate([starts, [self.high]])) / (self.high - self.low)
        found = []
        for same, other in self.pairs.values():
            sensitivity = np.searchsorted(same, starts, side="right") / len(same)
            specificity = 1 - np.searchsorted(other, starts, side="right") / len(other)
            total = sensitivity + specificity
            found.append(np.divide(2 * sensitivity * specificity, total, where=total > 0,
                                   out=np.zeros_like(total)))  # fmt: skip
        return widths, np.array(found)

    def opis(self) -> tuple[float, float, float]:
        """OPIS, the worst tenth's gap, and mean utility."""
        widths, utility = self.utilities()
        mean = utility.mean(axis=0)
        worst = np.argsort(utility @ widths, kind="stable")[: int(np.ceil(len(utility) / 10))]
        return (
            float((((utility - mean) ** 2) @ widths).mean()),
            float(((utility[worst].mean(axis=0) - mean) ** 2) @ widths),
            float((utility @ widths).mean()),
        )

    def recall(self) -> float:
        hits = []
        for row in range(len(self.labels)):
            mine = self.labels == self.labels[row]
            mine[row] = False
            if mine.any():
                others = self.labels != self.labels[row]
                near = self.distance[row]
                hits.append(near[mine].min() < near[others].min(initial=np.inf) - 1e-9)
        return float(np.mean(hits))


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["pca64", "lda64"])
def test_golden_values(shared_data: Path, name: str) -> None:
    # golden_opis.json: an exact oracle written apart from this project, on real embeddings.
    folder = shared_data / "consistency"
    golden = json.loads((folder / "golden_opis.json").read_text())[f"omniglot {name}"]
    arrays = np.load(folder / "omniglot" / "omniglot_unseen106_embeddings.npz")
    vectors, labels = unit(arrays[name]), np.unique(arrays["labels"], return_inverse=True)[1]
    for key, far in (("far_0.01_0.1", RANGE), ("far_0.001_0.01", (0.001, 0.01))):
        wanted = golden[key]
        oracle = Oracle(vectors, labels, far)
        opis, worst, mean = oracle.opis()
        assert opis == pytest.approx(wanted["opis"], abs=1e-6)
        assert worst == pytest.approx(wanted["epsA"], abs=1e-6)
        assert mean == pytest.approx(wanted["Umean"], abs=1e-6)
        counts = count_pairs(vectors, labels, far=far)
        assert (counts.low, counts.high) == pytest.approx((wanted["lo"], wanted["hi"]), abs=1e-6)
        made = curves(counts)
        assert made.opis() == pytest.approx(wanted["opis"], rel=1e-3)
        assert made.worst(0.1) == pytest.approx(wanted["epsA"], rel=1e-3)
        assert made.mean_utility() == pytest.approx(wanted["Umean"], rel=1e-3)
        assert int((counts.nearest == 1).sum()) / len(labels) == golden["recall_at_1"]


@pytest.mark.parametrize("seed", range(4))
def test_counts_are_those_of_all_distances(seed: int) -> None:
    vectors, labels = made_up(seed)
    counts = count_pairs(vectors, labels, extra=[0.5, 1.0])
    oracle = Oracle(vectors, labels)
    assert counts.low == pytest.approx(oracle.low, abs=1e-9)
    assert counts.high == pytest.approx(oracle.high, abs=1e-9)
    for place, distance in enumerate([*counts.thresholds, *counts.extra]):
        for c, (same, other) in oracle.pairs.items():
            same_found = np.concatenate([counts.same, counts.extra_same], axis=1)[c, place]
            other_found = np.concatenate([counts.other, counts.extra_other], axis=1)[c, place]
            assert same_found == (same <= distance).sum()
            assert other_found == (other <= distance).sum()
    assert (counts.nearest[counts.nearest >= 0] == 1).mean() == oracle.recall()
    for cut in counts.cuts:
        if cut.distance is not None:
            assert cut.accepted_other == (oracle.other < cut.distance - 1e-9).sum()
            assert cut.accepted_other <= cut.allowed
    found = curves(counts)
    assert found.opis() == pytest.approx(oracle.opis()[0], rel=0.03)


def same_counts(a: PairCounts, b: PairCounts) -> None:
    assert (a.low, a.high) == (b.low, b.high)
    for name in ("thresholds", "same", "other", "same_total", "other_total"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    assert [c.accepted_other for c in a.cuts] == [c.accepted_other for c in b.cuts]


def test_nothing_moves_the_counts() -> None:
    vectors, labels = made_up(9, classes=30, most=20, width=16)
    wanted = count_pairs(vectors, labels)
    for block in ((7, 11), (64, 1000), (1000, 64)):
        found = count_pairs(vectors, labels, block=block, workers=Workers(NumpyKernels, 3))
        same_counts(found, wanted)
        np.testing.assert_array_equal(found.nearest, wanted.nearest)
    order = np.random.default_rng(0).permutation(len(labels))
    found = count_pairs(vectors[order], labels[order])
    same_counts(found, wanted)
    np.testing.assert_array_equal(found.nearest, wanted.nearest[order])
    renamed = count_pairs(vectors, 29 - labels)
    np.testing.assert_array_equal(renamed.other, wanted.other[::-1])
    np.testing.assert_array_equal(count_nearest(vectors, labels), wanted.nearest)


@pytest.mark.parametrize("backend", ["numba", "torch"])
def test_every_backend_counts_the_same(backend: str) -> None:
    pytest.importorskip(backend)
    if backend == "numba":
        from harness.metrics.pair_numba import NumbaKernels as Kernels
    else:
        from harness.metrics.pair_torch import TorchKernels

        def Kernels() -> TorchKernels:  # noqa: N802
            return TorchKernels("cpu")

    vectors, labels = made_up(10, classes=40, most=15, width=16)
    vectors[5], vectors[9], vectors[30] = vectors[60], 0, vectors[60]  # ties, a zero, ties
    wanted = count_pairs(vectors, labels, workers=Workers(NumpyKernels, 1))
    found = count_pairs(vectors, labels, workers=Workers(Kernels, 2), block=(50, 70))
    same_counts(found, wanted)
    np.testing.assert_array_equal(found.nearest, wanted.nearest)


def test_queries_meet_the_gallery_alone() -> None:
    vectors, labels = made_up(3, most=12)
    query = np.random.default_rng(1).random(len(labels)) < 0.5
    counts = count_pairs(vectors, labels, query=query, extra=[1.1])
    distance = Oracle(vectors, labels).distance[np.ix_(query, ~query)]
    mine = labels[query][:, None] == labels[~query][None, :]
    near = distance <= 1.1
    for c in range(int(labels.max()) + 1):
        ends = (labels[query] == c)[:, None] ^ (labels[~query] == c)[None, :]
        both = mine & (labels[query] == c)[:, None]
        assert counts.same_total[c] == both.sum()
        assert counts.other_total[c] == ends.sum()
        assert counts.extra_same[c, 0] == (both & near).sum()
        assert counts.extra_other[c, 0] == (ends & near).sum()
    assert set(counts.nearest[~query].tolist()) == {-1}
    for row, hit in zip(np.flatnonzero(query), counts.nearest[query], strict=True):
        place = int(np.searchsorted(np.flatnonzero(query), row))
        own, rest = distance[place][mine[place]], distance[place][~mine[place]]
        assert hit == (-1 if not len(own) else int(own.min() < rest.min()))


def test_what_is_degenerate_has_a_reason() -> None:
    labels = np.repeat([0, 1, 2], 4)
    alike = count_pairs(np.tile(unit([[1.0, 2.0]]), (12, 1)), labels)
    assert alike.reason == NARROW
    assert set(alike.nearest.tolist()) == {0}  # no neighbour is strictly nearer
    assert count_pairs(unit(np.eye(3)), np.zeros(3, dtype=int)).reason == NO_PAIRS
    zero = count_pairs(np.zeros((12, 4), dtype=np.float32), labels, extra=[1.41, 1.42])
    assert zero.extra_same[:, 0].tolist() == [0, 0, 0]  # at distance sqrt 2 from everything
    assert zero.extra_same[:, 1].tolist() == [6, 6, 6]
    few = count_pairs(*made_up(1))
    assert few.cuts[0].distance is None
    assert "do not resolve a FAR of 0.0001" in str(few.cuts[0].reason)


def test_lengths_do_not_matter_and_bad_numbers_are_refused() -> None:
    rows = np.random.default_rng(2).normal(size=(6, 5))
    scaled = rows * np.array([1e-300, 1e-20, 1, 3, 1e20, 1e300])[:, None]
    np.testing.assert_allclose(unit(scaled), unit(rows), atol=1e-7)
    with pytest.raises(InvalidError, match="NaN or infinity"):
        unit([[1.0, np.nan]])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_opis_is_a_variance_and_a_rotation_changes_little(seed: int) -> None:
    vectors, labels = made_up(seed)
    counts = count_pairs(vectors, labels)
    if counts.reason is not None or (counts.same_total > 0).sum() < 2:
        return
    found = curves(counts)
    assert found.opis() >= 0
    assert found.worst(0.1) >= 0
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(8, 8)))[0]
    turned = count_pairs(unit(vectors @ turn), labels)
    if turned.reason is None:
        assert curves(turned).opis() == pytest.approx(found.opis(), abs=2e-3)
    tars = [c.accepted_same.sum() for c in counts.cuts if c.accepted_same is not None]
    assert tars == sorted(tars)


def alike(classes: int) -> Curves:
    same = np.tile([0, 3, 7, 10], (classes, 1))
    other = np.tile([0, 5, 20, 90], (classes, 1))
    total = np.full(classes, 10), np.full(classes, 300)
    return Curves(np.array([0.0, 0.1, 0.2, 0.3]), 0.05, 0.25, same, other, *total)


def test_identical_classes_have_no_variance() -> None:
    found = alike(5)
    assert found.opis() == pytest.approx(0, abs=1e-15)
    assert found.worst(0.1) == pytest.approx(0, abs=1e-15)
    assert 0 < found.floor() < 0.1
    assert found.floor() == found.floor()  # seeded
    assert alike(5).floor(draws=200) > alike(5).floor() / 3


def test_the_mean_over_a_range_by_hand() -> None:
    distances = np.array([0.0, 1.0, 2.0])
    weights = trapezoid(distances, 0.5, 2.0)
    assert weights.sum() == pytest.approx(1)
    # f is 0, 1, 0: over [.5, 1] its mean is .75, over [1, 2] it is .5.
    assert np.array([0, 1, 0]) @ weights == pytest.approx((0.5 * 0.75 + 1 * 0.5) / 1.5)
    with pytest.raises(ValueError, match="not covered"):
        trapezoid(distances, -1, 1)


def test_the_harmonic_mean_of_nothing_is_nothing() -> None:
    found = harmonic(np.array([[0, 2]]), np.array([[4, 1]]), np.array([2]), np.array([4]))
    assert found.tolist() == [[0.0, pytest.approx(2 * 1 * 0.75 / 1.75)]]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_gini_against_all_pairs(values: list[float]) -> None:
    found = spread(np.array(values))
    gaps = np.abs(np.subtract.outer(values, values)).mean()
    mean = float(np.mean(values))
    assert found.gini == pytest.approx(gaps / (2 * mean) if mean > 0 else 0, abs=1e-9)
    assert found.largest == max(values)


def test_replicates_are_those_of_resampled_classes() -> None:
    counts = count_pairs(*made_up(4, classes=15))
    found = curves(counts)
    classes = len(found.areas)
    boot = Bootstrap([f"{i:03d}" for i in range(classes)], replicates=5)
    drawn = found.replicates(boot, 0.2)
    for number, rows in enumerate(boot.draws()):
        taken = Curves(
            found.distances, found.low, found.high, found.same[rows], found.other[rows],
            found.same_total[rows], found.other_total[rows],
        )  # fmt: skip
        assert drawn["opis"][number] == pytest.approx(taken.opis(), abs=1e-12)
        assert drawn["worst"][number] == pytest.approx(taken.worst(0.2), abs=1e-12)
        assert drawn["utility"][number] == pytest.approx(taken.mean_utility(), abs=1e-12)


def test_rates_without_pairs_are_unknown() -> None:
    found = rates([1, 0], [2, 0])
    assert found[0] == 0.5
    assert np.isnan(found[1])
