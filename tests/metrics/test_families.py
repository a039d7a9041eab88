"""Families of comparisons: Holm by hand, and rank ranges by their properties and by simulation."""

from __future__ import annotations

import math
import time
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.metrics.intervals.families import (
    deviations,
    holm,
    influences,
    jackknife_influences,
    rank_ranges,
    told_apart,
    told_apart_by_intervals,
)
from harness.metrics.intervals.means import spread_of


def drawn(seed: int, systems: int, units: int, own: float = 0.1) -> np.ndarray:
    """Values of systems that share most of what moves them from unit to unit."""
    random = np.random.default_rng(seed)
    shared = random.normal(0, 0.3, units)
    return 0.5 + shared + random.normal(0, own, (systems, units))


def apart_of(values: np.ndarray, replicates: int = 1000) -> np.ndarray:
    found = np.stack([influences(row) for row in values])
    moved = deviations(found, replicates=replicates)
    return told_apart(values.mean(axis=1), moved, units=values.shape[1])


def test_holm_keeps_the_order_and_never_lowers_a_p() -> None:
    assert holm([0.01, 0.04, None, 0.03]) == pytest.approx([0.03, 0.06, None, 0.06])


@pytest.mark.parametrize("clustered", [False, True])
def test_replicates_spread_as_the_cluster_robust_error(clustered: bool) -> None:
    values = np.random.default_rng(1).uniform(size=120)
    values[::7] = np.nan
    codes = np.repeat(np.arange(40), 3) if clustered else np.arange(120)
    found = influences(values, codes if clustered else None)
    assert found.sum() == pytest.approx(0, abs=1e-12)
    known = spread_of(values, codes)
    assert known is not None
    error = deviations(found[None], replicates=20_000)[0].std(ddof=1)
    assert error == pytest.approx(known.error, rel=0.05)


def test_many_units_are_taken_together_and_spread_alike() -> None:
    values = np.random.default_rng(2).uniform(size=50_000)
    found = influences(values)
    assert len(found) == 1000
    error = deviations(found[None])[0].std(ddof=1)
    assert error == pytest.approx(stats.sem(values), rel=0.08)


def test_the_jackknife_of_a_mean_has_the_influences_of_the_mean() -> None:
    values = np.random.default_rng(3).uniform(size=30)
    deleted = (values.sum() - values) / 29
    assert jackknife_influences(deleted) == pytest.approx(influences(values))


def test_draws_are_the_same_for_every_system_and_block() -> None:
    found = np.stack([influences(row) for row in drawn(4, 3, 80)])
    together = deviations(found)
    assert together[1] == pytest.approx(deviations(found[1:2])[0], abs=1e-7)
    assert np.array_equal(together, deviations(found))
    assert not np.allclose(together, deviations(found, stream=1))


def test_the_critical_value_is_that_of_the_studentised_range() -> None:
    # Independent figures of equal error: the largest |t| of all pairs is Tukey's.
    systems, draws = 6, 40_000
    moved = np.random.default_rng(5).normal(size=(systems, draws))
    critical = stats.studentized_range.ppf(0.95, systems, np.inf)
    for gap, told in ((critical * 0.98, False), (critical * 1.02, True)):
        values = np.array([gap] + [0.0] * (systems - 1))
        assert told_apart(values, moved, units=10**6)[0, 1] == told


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 9), st.integers(20, 60))
def test_ranks_hold_the_order_of_values(seed: int, systems: int, units: int) -> None:
    values = drawn(seed, systems, units)
    apart = apart_of(values, 300)
    ranks = rank_ranges(apart)
    order = np.argsort(-values.mean(axis=1), kind="stable")
    for place, system in enumerate(order.tolist(), 1):
        best, worst = ranks[system]
        assert 1 <= best <= place <= worst <= systems
    assert not (apart & apart.T).any()


def test_systems_far_apart_have_a_rank_each() -> None:
    values = drawn(6, 6, 100, own=0.02) + np.linspace(0, 0.5, 6)[:, None]
    assert rank_ranges(apart_of(values)) == [(n, n) for n in range(6, 0, -1)]


def test_a_pair_that_never_varies_is_not_told_apart() -> None:
    values = np.stack([np.full(50, 0.4), np.full(50, 0.9), drawn(7, 1, 50)[0] - 0.5])
    apart = apart_of(values)
    assert not apart[0, 1]
    assert not apart[1, 0]
    twins = np.stack([values[2], values[2]])
    assert rank_ranges(apart_of(twins)) == [(1, 2), (1, 2)]
    assert rank_ranges(told_apart(np.array([1.0]), np.ones((1, 9)), units=5)) == [(1, 1)]


@pytest.mark.parametrize("units", [30, 150])
def test_all_true_ranks_lie_in_their_ranges_and_a_leader_leads(units: int) -> None:
    truth = np.array([0.06, 0.05, 0.02, 0.0, 0.0, -0.03])
    inside, leaders, wrong, width = 0, 0, 0, 0.0
    for seed in range(200):
        values = drawn(1000 + seed, 6, units, own=0.06) + truth[:, None]
        ranks = rank_ranges(apart_of(values, 500))
        above = (truth[None, :] > truth[:, None]).sum(axis=1)
        below = (truth[None, :] < truth[:, None]).sum(axis=1)
        inside += all(
            best <= 1 + up and worst >= 6 - down
            for (best, worst), up, down in zip(ranks, above.tolist(), below.tolist(), strict=True)
        )
        sole = [place for place, (best, _) in enumerate(ranks) if best == 1]
        leaders += len(sole) == 1
        wrong += len(sole) == 1 and sole != [0]
        width += float(np.mean([worst - best + 1 for best, worst in ranks])) / 200
    assert inside >= 200 * 0.95 - 6  # two standard errors of 200 draws
    assert wrong <= 5
    assert width < (4.6 if units == 30 else 3.2)


def test_by_intervals_a_pair_is_told_apart_as_by_a_z_test() -> None:
    values = np.array([0.6, 0.5])
    for half, told in ((0.1 / np.sqrt(2) * 0.99, True), (0.1 / np.sqrt(2) * 1.01, False)):
        apart = told_apart_by_intervals(values, values - half, values + half, pairs=1)
        assert apart[0, 1] == told
        assert not apart[1, 0]
    tight = values - 0.06, values + 0.06
    assert told_apart_by_intervals(values, *tight, pairs=1)[0, 1]
    assert not told_apart_by_intervals(values, *tight, pairs=10)[0, 1]
    none = told_apart_by_intervals(
        values, np.array([0.59, np.nan]), np.array([0.61, np.nan]), pairs=1
    )
    assert not none.any()


def test_many_systems_are_quick() -> None:
    values = drawn(8, 300, 400)
    start = time.perf_counter()
    apart_of(values)
    assert time.perf_counter() - start < 10


def every_draw(units: int) -> np.ndarray:
    """How often each unit is in each of the ``units ** units`` bootstrap samples there are."""
    samples = list(product(range(units), repeat=units))
    return np.array([[sample.count(unit) for unit in range(units)] for sample in samples])


def apart_by_hand(values: list[list[float]], level: float) -> set[tuple[int, int]]:
    """Romano and Wolf's single step over all pairs and all samples, one number at a time.

    The error of each difference is its standard deviation over the samples, the critical value the
    largest |t| of all pairs in each sample, cut at ``level``, with Student's tails for the units.
    """
    units, systems = len(values[0]), len(values)
    counts = every_draw(units).tolist()
    means = [sum(row) / units for row in values]
    widened = math.sqrt(units / (units - 1))
    pairs = list(combinations(range(systems), 2))
    errors, largest = {}, [0.0] * len(counts)
    for one, other in pairs:
        gap = [a - b for a, b in zip(values[one], values[other], strict=True)]
        middle = means[one] - means[other]
        moved = [
            widened * (sum(c * g for c, g in zip(count, gap, strict=True)) / units - middle)
            for count in counts
        ]
        error = math.sqrt(sum(x * x for x in moved) / (len(moved) - 1))
        errors[one, other] = error
        largest = [max(most, abs(x) / error) for most, x in zip(largest, moved, strict=True)]
    ordered = sorted(largest)
    at = level * (len(ordered) - 1)
    low = math.floor(at)
    normal = ordered[low] + (at - low) * (ordered[min(low + 1, len(ordered) - 1)] - ordered[low])
    own = 1 + normal**4 / 4 * (1 / (units - 1) + 1 / len(counts))  # errors of each pair's own
    tail = max(stats.norm.sf(normal) / own, (1 - level) / 2 / len(pairs))
    critical = stats.t.isf(tail, units - 1)
    found = set()
    for one, other in pairs:
        gap = means[one] - means[other]
        if abs(gap) > critical * errors[one, other]:
            found.add((one, other) if gap > 0 else (other, one))
    return found


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_small_tables_are_told_apart_as_by_hand_over_every_sample(level: float) -> None:
    told = 0
    for seed in range(4):
        values = drawn(seed, 4, 5, own=0.02) + 0.1 * np.array([0, 0.2, 1, 3])[:, None]
        found = np.stack([influences(row) for row in values])
        moved = (found @ every_draw(5).T) * math.sqrt(5 / 4)
        apart = told_apart(values.mean(axis=1), moved, units=5, level=level)
        expected = apart_by_hand(values.tolist(), level)
        assert {(int(a), int(b)) for a, b in np.argwhere(apart)} == expected
        ranks = rank_ranges(apart)
        for system, (best, worst) in enumerate(ranks):
            assert best == 1 + sum(behind == system for _, behind in expected)
            assert worst == 4 - sum(ahead == system for ahead, _ in expected)
        told += len(expected)
    assert 2 < told < 24, "what is never told apart tests nothing"


@pytest.mark.parametrize("units", [20, 60])
def test_of_equals_none_is_told_apart_in_19_of_20_tables(units: int) -> None:
    false = sum(bool(apart_of(drawn(5000 + s, 8, units), 1000).any()) for s in range(200))
    assert false <= 200 * 0.05 + 2 * math.sqrt(200 * 0.05 * 0.95)
