"""OPIS against the exact integral over all distances, golden values, and figures made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.metrics.intervals import Bootstrap
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
    assert found.floor() > 1e-4  # classes that are alike differ by chance


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


def test_the_floor_is_that_of_pairs_drawn_alike() -> None:
    found = curves(count_pairs(*made_up(6, classes=20, most=6)))
    assert found.floor() == found.floor()
    assert found.floor(seed=1) != found.floor(seed=2)
    random = np.random.default_rng(0)
    drawn = []
    tables = ((found.same, found.same_total), (found.other, found.other_total))
    for _ in range(150):
        two = []
        for table, total in tables:
            share = table.sum(axis=0) / total.sum()
            # A pair is accepted from the first step whose share its own uniform number is under.
            each = [(random.random((n, 1)) < share).sum(axis=0) for n in total]
            two.append(np.array(each))
        utility = harmonic(two[0], two[1], found.same_total, found.other_total)
        drawn.append((((utility - utility.mean(axis=0)) ** 2) @ found.weights).mean())
    assert found.floor(draws=150) == pytest.approx(np.mean(drawn), rel=0.05)


def test_the_floor_rises_as_classes_shrink() -> None:
    random = np.random.default_rng(8)
    floors = []
    for size in (2, 5, 20):
        labels = np.repeat(np.arange(40), size)
        vectors = unit(
            random.normal(size=(40, 8)).repeat(size, 0) + random.normal(size=(40 * size, 8))
        )
        floors.append(curves(count_pairs(vectors, labels)).floor())
    assert floors == sorted(floors, reverse=True)
    assert floors[0] > 0.1 > 0.05 > floors[2]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_gini_against_all_pairs(values: list[float]) -> None:
    found = spread(np.array(values))
    gaps = sum(abs(a - b) for a in values for b in values) / len(values) ** 2
    mean = float(np.mean(values))
    assert found.gini == pytest.approx(gaps / (2 * mean) if mean > 0 else 0, abs=1e-9)
    assert found.largest == max(values)
    assert min(values) <= found.p95 <= found.largest


def test_replicates_are_those_of_resampled_classes() -> None:
    found = curves(count_pairs(*made_up(4, classes=15)))
    names = [f"{i:03d}" for i in range(len(found.areas))]
    boot = Bootstrap(names, replicates=5)
    drawn = found.replicates(boot, 0.2)
    for number, rows in enumerate(boot.draws()):
        taken = Curves(
            found.distances, found.low, found.high, found.same[rows], found.other[rows],
            found.same_total[rows], found.other_total[rows],
        )  # fmt: skip
        assert drawn["opis"][number] == pytest.approx(taken.opis(), abs=1e-12)
        assert drawn["worst"][number] == pytest.approx(taken.worst(0.2), abs=1e-12)
        assert drawn["utility"][number] == pytest.approx(taken.mean_utility(), abs=1e-12)


def test_replicates_of_every_class_once_are_the_values() -> None:
    found = curves(count_pairs(*made_up(4, classes=15)))

    class Once(Bootstrap):
        def weights(self, *, block: int | None = None) -> Any:
            yield np.ones((1, len(self.clusters)), dtype=np.int64)

    drawn = found.replicates(Once([str(i) for i in range(len(found.areas))]), 0.1)
    assert drawn["opis"][0] == pytest.approx(found.opis(), abs=1e-15)
    assert drawn["worst"][0] == pytest.approx(found.worst(0.1), abs=1e-15)
    assert drawn["utility"][0] == pytest.approx(found.mean_utility(), abs=1e-15)


def test_rates_without_pairs_are_unknown() -> None:
    found = rates([1, 0], [2, 0])
    assert found[0] == 0.5
    assert np.isnan(found[1])
