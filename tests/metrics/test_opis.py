"""OPIS against the exact integral over all distances, golden values, and figures made by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.metrics.pairs.counts import PairCounts, count_pairs, unit
from harness.metrics.pairs.opis import Curves, harmonic, rates, spread, trapezoid, worst_count
from tests.metrics.test_pair_counts import made_up

Reals = NDArray[np.float64]
RANGE = (0.01, 0.10)


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
        other = np.sort(self.distance[upper & ~same])
        ends = [int(np.ceil(share * len(other) - 1e-9)) - 1 for share in far]
        self.low, self.high = (other[max(0, end)] for end in ends)
        self.pairs = []
        for c in np.unique(labels):
            inside = labels == c
            if inside.sum() > 1:
                own = self.distance[np.ix_(inside, inside)]
                rest = self.distance[np.ix_(inside, ~inside)]
                self.pairs.append(
                    (np.sort(own[np.triu_indices(len(own), 1)]), np.sort(rest.ravel()))
                )

    def utilities(self) -> tuple[Reals, Reals]:
        """Lengths of the steps within the range as shares of it, and utilities (classes, steps)."""
        every = np.unique(np.concatenate([np.concatenate(pair) for pair in self.pairs]))
        inside = every[(every > self.low) & (every < self.high)]
        starts = np.concatenate([[self.low], inside])
        widths = np.diff(np.concatenate([starts, [self.high]])) / (self.high - self.low)
        found = []
        for same, other in self.pairs:
            sensitivity = np.searchsorted(same, starts, side="right") / len(same)
            specificity = 1 - np.searchsorted(other, starts, side="right") / len(other)
            total = np.where(sensitivity + specificity > 0, sensitivity + specificity, 1)
            found.append(2 * sensitivity * specificity / total)
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
        three = (wanted["opis"], wanted["epsA"], wanted["Umean"])
        assert Oracle(vectors, labels, far).opis() == pytest.approx(three, abs=1e-6)
        counts = count_pairs(vectors, labels, far=far)
        assert (counts.low, counts.high) == pytest.approx((wanted["lo"], wanted["hi"]), abs=1e-6)
        made = curves(counts)
        assert len(made.areas) == wanted["classes"]
        found = (made.opis(), made.worst(0.1), made.mean_utility())
        assert found == pytest.approx(three, rel=1e-3)
        assert int((counts.nearest == 1).sum()) / len(labels) == golden["recall_at_1"]


@pytest.mark.parametrize("seed", range(4))
def test_the_lattice_is_close_to_the_exact_integral(seed: int) -> None:
    vectors, labels = made_up(seed, classes=25, most=12)
    oracle, counts = Oracle(vectors, labels), count_pairs(vectors, labels)
    assert (counts.low, counts.high) == pytest.approx((oracle.low, oracle.high), abs=1e-9)
    found = curves(counts)
    opis, worst, mean = oracle.opis()
    assert found.opis() == pytest.approx(opis, rel=5e-3)
    assert found.worst(0.1) == pytest.approx(worst, rel=2e-2)
    assert found.mean_utility() == pytest.approx(mean, rel=2e-3)


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_opis_is_a_variance_and_a_rotation_changes_little(seed: int) -> None:
    vectors, labels = made_up(seed)
    counts = count_pairs(vectors, labels)
    if counts.reason is not None or (counts.same_total > 0).sum() < 2:
        return
    found = curves(counts)
    assert 0 <= found.opis() <= 0.25
    assert 0 <= found.worst(0.1) <= 1
    assert found.worst(1.0) == pytest.approx(0, abs=1e-15)  # all classes against themselves
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(8, 8)))[0]
    turned = count_pairs(unit(vectors @ turn), labels)
    assert turned.low == pytest.approx(counts.low, abs=1e-6)
    assert curves(turned).opis() == pytest.approx(found.opis(), abs=2e-3)


def test_identical_classes_have_no_variance() -> None:
    # Three copies of one class in planes of their own, which meet in a fourth: all see the same.
    base = np.random.default_rng(3).normal(size=(30, 4))
    vectors = np.zeros((90, 16))
    for k in range(3):
        own = slice(30 * k, 30 * k + 30)
        vectors[own, 4 * k : 4 * k + 4] = base
        vectors[own, 12:] = base
    found = curves(count_pairs(unit(vectors), np.repeat([0, 1, 2], 30)))
    assert found.mean_utility() > 0.1
    assert found.opis() == pytest.approx(0, abs=1e-15)
    assert found.worst(0.1) == pytest.approx(0, abs=1e-15)


def flat(*accepted: float) -> Curves:
    """Classes of constant sensitivity and no false accepts: utility is 2 s / (1 + s)."""
    same = np.array([[round(12 * s)] * 3 for s in accepted])
    total = np.full(len(accepted), 12)
    return Curves(np.array([0.0, 0.5, 1.0]), 0.25, 1.0, same, np.zeros_like(same), total, total)


def test_opis_and_the_worst_classes_by_hand() -> None:
    found = flat(0, 1, 1 / 3)  # utilities 0, 1 and .5
    assert found.areas.tolist() == pytest.approx([0, 1, 0.5])
    assert found.contributions.tolist() == pytest.approx([0.25, 0.25, 0])
    assert found.opis() == pytest.approx(1 / 6)
    assert found.worst(0.1) == pytest.approx(0.25)
    assert found.worst(0.5) == pytest.approx(0.25**2)  # of three classes two: 0 and .5
    assert found.mean_utility() == pytest.approx(0.5)
    assert [worst_count(0.1, n) for n in (1, 10, 11, 106)] == [1, 1, 2, 11]
    assert worst_count(0.29, 100) == 29


def test_the_worst_classes_are_one_set_for_all_distances() -> None:
    # The first is worst on the whole, the last at the end of the range.
    same = np.array([[0, 0, 12], [12, 12, 12], [12, 12, 0]])
    twelve = np.full(3, 12)
    steps = np.array([0.0, 0.5, 1.0])
    found = Curves(steps, 0.0, 1.0, same, np.zeros_like(same), twelve, twelve)
    # Utility 0, 0, 1 against a mean of 2/3: gaps -2/3, -2/3, 1/3 with weights 1/4, 1/2, 1/4.
    assert found.worst(0.1) == pytest.approx((4 / 9) * 0.75 + (1 / 9) * 0.25)


def test_the_mean_over_a_range_by_hand() -> None:
    distances = np.array([0.0, 1.0, 2.0])
    weights = trapezoid(distances, 0.5, 2.0)
    assert weights.sum() == pytest.approx(1)
    # f is 0, 1, 0: over [.5, 1] its mean is .75, over [1, 2] it is .5.
    assert np.array([0, 1, 0]) @ weights == pytest.approx((0.5 * 0.75 + 1 * 0.5) / 1.5)
    for low, high in ((-1, 1), (0.5, 2.5), (1, 1)):
        with pytest.raises(ValueError, match="not covered"):
            trapezoid(distances, low, high)


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=12, unique=True), st.data())
def test_the_trapezoid_is_exact_for_straight_lines(points: list[int], data: st.DataObject) -> None:
    distances = np.sort(np.array(points)) / 500
    span = distances[-1] - distances[0]
    low, high = (distances[0] + span * data.draw(st.floats(*ends)) for ends in ((0, 0.4), (0.5, 1)))
    high = min(high, distances[-1])
    weights = trapezoid(distances, low, high)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    assert (3 * distances - 1) @ weights == pytest.approx(1.5 * (low + high) - 1, abs=1e-9)


def test_the_harmonic_mean_of_nothing_is_nothing() -> None:
    found = harmonic(np.array([[0, 2]]), np.array([[4, 1]]), np.array([2]), np.array([4]))
    assert found.tolist() == [[0.0, pytest.approx(2 * 1 * 0.75 / 1.75)]]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_gini_against_all_pairs(values: list[float]) -> None:
    found = spread(np.array(values))
    gaps = sum(abs(a - b) for a in values for b in values) / len(values) ** 2
    mean = float(np.mean(values))
    assert found.gini == pytest.approx(gaps / (2 * mean) if mean > 0 else 0, abs=1e-9)
    assert found.largest == max(values)
    assert min(values) <= found.p95 <= found.largest


def ranges_of(found: Curves, seed: int) -> Reals:
    """Ends of the range for each class, anywhere among the distances."""
    random = np.random.default_rng(seed)
    first, last = found.distances[[0, -1]]
    return np.sort(random.uniform(first, last, (2, len(found.areas))), axis=0)


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize(("seed", "classes"), [(4, 15), (5, 31), (6, 12)])
def test_figures_without_a_class_are_those_of_the_other_classes(
    moved: bool, seed: int, classes: int
) -> None:
    found = curves(count_pairs(*made_up(seed, classes=classes)))
    ranges = ranges_of(found, seed) if moved else np.array([[found.low], [found.high]])
    ranges = np.broadcast_to(ranges, (2, len(found.areas)))
    found = replace(found, ranges=ranges if moved else None)
    for share in (0.1, 0.2, 1.0):
        fast = (found.opis_without(), found.worst_without(share), found.utility_without())
        for left_out in range(len(found.areas)):
            rest = np.delete(np.arange(len(found.areas)), left_out)
            low, high = ranges[:, left_out].tolist()
            taken = Curves(
                found.distances, low, high, found.same[rest], found.other[rest],
                found.same_total[rest], found.other_total[rest],
            )  # fmt: skip
            # The worst are those over the range with all classes, so that one more is all that
            # moves up.
            order = np.argsort(found.areas[rest], kind="stable")[: worst_count(share, len(rest))]
            gap = taken.utility[order].mean(axis=0) - taken.utility.mean(axis=0)
            wanted = (taken.opis(), float(gap**2 @ taken.weights), taken.mean_utility())
            assert [one[left_out] for one in fast] == pytest.approx(wanted, abs=1e-12)


def test_figures_one_class_after_the_other_are_the_fast_ones() -> None:
    found = curves(count_pairs(*made_up(4, classes=15)))
    found = replace(found, ranges=ranges_of(found, 1))
    for fast, compute in (
        (found.opis_without(), lambda one: one.opis()),
        (found.utility_without(), lambda one: one.mean_utility()),
    ):
        np.testing.assert_allclose(found.each_without(compute), fast, atol=1e-12)
    held = replace(found, ranges=None)
    slow = held.each_without(lambda one: one.worst(0.2))
    np.testing.assert_allclose(held.worst_without(0.2), slow, atol=1e-12)


def test_a_range_without_width_gives_no_figure() -> None:
    found = flat(0, 1, 1 / 3)
    found = replace(found, ranges=np.array([[0.2, 0.5, 0.3], [0.4, 0.5, 0.9]]))
    for without in (found.opis_without(), found.each_without(lambda one: one.opis())):
        assert np.isnan(without).tolist() == [False, True, False]


def test_rates_without_pairs_are_unknown() -> None:
    found = rates([1, 0], [2, 0])
    assert found[0] == 0.5
    assert np.isnan(found[1])
