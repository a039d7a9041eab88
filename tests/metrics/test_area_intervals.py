"""DeLong's variance against all pairs, the jackknife, and known populations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.metrics.intervals.areas import area, components, variance
from harness.metrics.intervals.base import ALIKE, DELONG, FEW_CLUSTERS, NO_VALUES
from harness.metrics.thresholds.areas import auroc
from harness.metrics.thresholds.roc import roc

SCORES = st.lists(st.integers(-4, 4), min_size=2, max_size=25)


def wins(negatives: np.ndarray, positives: np.ndarray) -> np.ndarray:
    """All pairs, (positives, negatives)."""
    difference = positives[:, None] - negatives[None, :]
    return np.asarray((difference > 0) + (difference == 0) / 2)


def own(negatives: np.ndarray, positives: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    n, m = len(negatives), len(positives)
    return np.arange(n), np.arange(n, n + m)


@given(SCORES, SCORES)
def test_the_variance_is_that_of_all_pairs(neg: list[int], pos: list[int]) -> None:
    negatives, positives = np.array(neg, float), np.array(pos, float)
    pairs = wins(negatives, positives)
    found = components(negatives, positives)
    assert found.area == auroc(roc(negatives, positives))
    assert found.positives == pytest.approx(pairs.mean(axis=1))
    assert found.negatives == pytest.approx(pairs.mean(axis=0))
    delong = pairs.mean(axis=1).var(ddof=1) / len(pos) + pairs.mean(axis=0).var(ddof=1) / len(neg)
    assert variance(found, own(negatives, positives)) == pytest.approx(delong, abs=1e-14)


def test_over_clusters_it_is_obuchowskis_sums() -> None:
    random = np.random.default_rng(2)
    neg_codes, pos_codes = random.integers(0, 30, 70), random.integers(0, 30, 50)
    shared = random.normal(size=30)
    negatives = shared[neg_codes] + random.normal(size=70)
    positives = shared[pos_codes] + random.normal(size=50) + 1
    pairs = wins(negatives, positives)
    theta, m, n = pairs.mean(), 50, 70
    ten = one = both = 0.0
    for c in range(30):  # equations of section 2, cluster by cluster
        x = (pairs.mean(axis=1)[pos_codes == c] - theta).sum()
        y = (pairs.mean(axis=0)[neg_codes == c] - theta).sum()
        ten, one, both = ten + x**2, one + y**2, both + x * y
    i10, i01 = len(np.unique(pos_codes)), len(np.unique(neg_codes))
    i = len(np.unique(np.concatenate([pos_codes, neg_codes])))
    wanted = (
        i10 / (i10 - 1) / m**2 * ten + i01 / (i01 - 1) / n**2 * one + 2 * i / (i - 1) * both / m / n
    )
    found = variance(components(negatives, positives), (neg_codes, pos_codes))
    assert found == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("size", [1, 4])
def test_the_jackknife_gives_nearly_the_same(size: int) -> None:
    random = np.random.default_rng(4)
    count = 200
    codes = np.arange(count) // size
    shared = random.normal(size=count)
    negatives = shared[codes] + random.normal(size=count)
    positives = shared[codes] + random.normal(size=count) + 1
    # A cluster of its own for each negative and each positive, or both kinds in one cluster.
    pos_codes = codes if size > 1 else codes + count
    every = np.unique(np.concatenate([codes, pos_codes]))
    deleted = np.array(
        [auroc(roc(negatives[codes != c], positives[pos_codes != c])) for c in every], float
    )
    units = len(every)
    jackknife = (units - 1) / units * ((deleted - deleted.mean()) ** 2).sum()
    found = variance(components(negatives, positives), (codes, pos_codes))
    assert found == pytest.approx(jackknife, rel=0.03)


def test_the_interval_is_t_on_the_logit() -> None:
    random = np.random.default_rng(9)
    negatives, positives = random.normal(size=40), random.normal(1, 1, 25)
    made = area(negatives, positives)
    found = components(negatives, positives)
    error = math.sqrt(variance(found, own(negatives, positives)))
    centre = math.log(found.area / (1 - found.area))
    half = stats.t(24).ppf(0.975) * error / (found.area * (1 - found.area))
    wanted = [1 / (1 + math.exp(-end)) for end in (centre - half, centre + half)]
    assert made.interval == pytest.approx(wanted, rel=1e-9)
    assert (made.method, made.units, made.rough) == (DELONG.name, 25, None)
    swapped = area(positives, negatives).interval
    assert swapped is not None
    assert made.interval is not None
    assert swapped == pytest.approx([1 - made.interval[1], 1 - made.interval[0]])


@pytest.mark.parametrize(("units", "rough"), [(10, True), (20, False)])
def test_perfect_separation_says_what_was_not_seen(units: int, rough: bool) -> None:
    negatives, positives = np.arange(50.0), 100 + np.arange(float(units))
    made = area(negatives, positives)
    assert made.method == ALIKE.name
    assert made.interval == pytest.approx((0.025 ** (1 / units), 1))
    assert (made.rough is not None) == rough
    turned = area(positives, negatives).interval
    assert turned == pytest.approx((0, 1 - 0.025 ** (1 / units)))
    alike = area(np.zeros(30), np.zeros(30)).interval
    assert alike is not None
    assert alike[0] < 0.5 < alike[1]


def test_a_hair_from_the_end_is_rough() -> None:
    negatives, positives = np.arange(50.0), 49.5 + np.arange(-1.0, 49)
    made = area(negatives, positives)
    assert made.method == DELONG.name
    assert made.rough == "less than one of 50 clusters of a kind from the end of its range"


def test_one_cluster_or_class_is_not_enough() -> None:
    assert area(np.arange(3.0), np.zeros(1)).reason == FEW_CLUSTERS
    codes = np.zeros(5, dtype=np.int64)
    assert area(np.arange(5.0), np.arange(5.0), (codes, np.arange(5))).reason == FEW_CLUSTERS
    assert area(np.arange(3.0), np.zeros(0)).reason == NO_VALUES


@pytest.mark.parametrize(("shift", "n", "size"), [(2, 20, 1), (4, 20, 1), (2, 100, 5)])
def test_it_covers(shift: float, n: int, size: int) -> None:
    random = np.random.default_rng(1)
    truth = float(stats.norm.cdf(shift / math.sqrt(2)))
    codes = np.arange(n) // size
    covered, reps = 0, 400
    for _ in range(reps):
        shared = random.normal(size=2 * n)
        part = 0.6 if size > 1 else 0.0
        noise = math.sqrt(part), math.sqrt(1 - part)
        negatives = noise[0] * shared[codes] + noise[1] * random.normal(size=n)
        positives = noise[0] * shared[codes + n] + noise[1] * random.normal(size=n) + shift
        interval = area(negatives, positives, (codes, codes + n)).interval
        assert interval is not None
        assert interval[0] < interval[1]
        covered += interval[0] <= truth <= interval[1]
    assert covered / reps >= 0.92
