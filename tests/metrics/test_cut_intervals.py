"""Shares above a cut: ranks against scipy, the exact coverage of both, what is joined and said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.metrics.intervals.base import (
    FEW_CLUSTERS,
    ORDERED_CUT,
    REDRAWN_CUT,
    Uncertainty,
    by,
    none,
)
from harness.metrics.intervals.cuts import (
    Flagged,
    Source,
    lowest,
    ordered,
    ranks,
    rests_on,
    thresholded_rate,
)
from harness.metrics.intervals.shares import clopper_pearson, share, share_of_counts
from harness.metrics.thresholds.operating_point import allowed

TAIL = 0.0125


def source(scores: np.ndarray, target: float, clusters: np.ndarray | None = None) -> Source:
    """Negatives with clusters of their own unless given."""
    order = np.argsort(-scores, kind="stable")
    own = np.arange(len(scores)) if clusters is None else clusters
    k = int(allowed(target, len(scores)))
    return Source(scores[order], own[order], target, allowed=k, k=k)


@given(st.integers(1, 400), st.sampled_from([0.001, 0.01, 0.05, 0.1, 0.5]))
def test_ranks_are_the_nearest_that_are_sure(n: int, target: float) -> None:
    high, low = ranks(n, target, TAIL)
    above = stats.binom(n, target)  # how many are above the population's cut
    if high:
        assert above.cdf(high - 1) <= TAIL + 1e-12
    assert above.cdf(high) > TAIL - 1e-12
    if low:
        assert above.sf(low - 1) <= TAIL + 1e-12
        assert above.sf(low - 2) > TAIL - 1e-12
    else:
        assert above.sf(n - 1) > TAIL
    k = int(allowed(target, n))
    assert high <= k + 1 <= (low or n + 1)


def test_the_interval_is_that_of_the_two_ranks() -> None:
    random = np.random.default_rng(3)
    negatives, positives = random.normal(size=100), random.normal(2, 1, 80)
    high, low = ranks(100, 0.03, TAIL)
    down = np.sort(negatives)[::-1]
    wanted = (
        clopper_pearson(int((positives > down[high - 1]).sum()), 80, level=0.975)[0] if high else 0,
        clopper_pearson(int((positives > down[low - 1]).sum()), 80, level=0.975)[1],
    )
    assert ordered(source(negatives, 0.03), positives) == wanted
    # With no negative sure to be above the cut, nothing is sure to be flagged.
    assert ordered(source(negatives[:20], 0.01), positives)[0] == 0


@pytest.mark.parametrize("grid", [None, 2.0])
def test_it_covers_whatever_the_distribution(grid: float | None) -> None:
    random = np.random.default_rng(11)
    n, target, covered, reps = 100, 0.01, 0, 300
    for _ in range(reps):
        negatives, positives = random.standard_t(2, n), random.standard_t(2, n) + 6
        if grid:  # ties
            negatives, positives = (np.round(x / grid) * grid for x in (negatives, positives))
        if grid:
            cut = np.ceil((stats.t(2).isf(target) - grid / 2) / grid) * grid
            truth = stats.t(2).sf(cut + grid / 2 - 6)
        else:
            truth = stats.t(2).sf(stats.t(2).isf(target) - 6)
        low, high = ordered(source(negatives, target), positives)
        covered += low <= truth <= high
    assert covered / reps >= 0.95


def flagged(right: list[int], sizes: list[int]) -> Flagged:
    return Flagged(np.array(right), np.array(sizes))


def test_few_false_positives_take_the_order_and_many_the_replicates() -> None:
    random = np.random.default_rng(5)
    positives = random.normal(2, 1, 200)
    for n, method in ((499, ORDERED_CUT), (500, REDRAWN_CUT)):
        found = source(random.normal(size=n), 0.01)
        above = positives > found.scores[found.k]
        own = Flagged.of(above, np.arange(n, n + 200), n + 200)
        made = thresholded_rate([found], own, positives, (0.4, 0.5))
        assert (made.method, made.units, made.rough) == (method.name, 200, None)
    assert thresholded_rate([found], own, positives, None).reason == "undefined in every replicate"


def test_clusters_and_several_cuts_are_rough_below_five() -> None:
    random = np.random.default_rng(6)
    positives, scores = random.normal(2, 1, 200), random.normal(size=300)
    own = Flagged.of(positives > 2, np.arange(300, 500), 500)
    two = [source(scores, 0.01), source(scores, 0.05)]
    made = thresholded_rate(two, own, positives, (0.4, 0.5))
    assert made.method == REDRAWN_CUT.name
    assert made.rough == "a cut rests on 3 false positives"
    clustered = source(scores, 0.05, np.arange(300) // 5)
    made = thresholded_rate([clustered], own, positives, (0.4, 0.5))
    assert made.rough == "the cut rests on 15 false positives among 60 clusters"
    assert made.units == 60
    assert rests_on([source(scores[:150], 0.01)]) == "the cut rests on 1 false positive"
    assert rests_on([source(scores[:50], 0.01)]) == "the cut rests on no false positives"
    assert rests_on([]) is None


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=30),
    st.floats(0, 1), st.floats(0, 1),
)  # fmt: skip
def test_it_holds_the_share_at_the_cut_and_has_a_width(
    cells: list[tuple[int, int]], one: float, other: float
) -> None:
    right = [min(r, r + more) for r, more in cells]
    sizes = [r + more for r, more in cells]
    negatives = source(np.arange(200.0), 0.1)
    redrawn = min(one, other), max(one, other)
    made = thresholded_rate([negatives], flagged(right, sizes), np.zeros(sum(sizes)), redrawn)
    units = sum(size > 0 for size in sizes)
    if units < 2:
        assert (made.interval, made.reason) == (None, FEW_CLUSTERS)
        return
    assert made.interval is not None
    low, high = made.interval
    fixed = share_of_counts(np.array(right), np.array(sizes)).interval
    assert fixed is not None
    assert (low, high) == (min(fixed[0], redrawn[0]), max(fixed[1], redrawn[1]))
    assert low < high
    assert made.rough == (None if units >= 20 else f"{units} clusters, fit from 20 on")


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=60))
def test_a_share_by_cluster_is_that_of_its_items(items: list[tuple[int, bool]]) -> None:
    codes, hits = np.array([c for c, _ in items]), np.array([h for _, h in items], dtype=float)
    right = np.bincount(codes, hits).astype(np.int64)
    assert share_of_counts(right, np.bincount(codes)) == share(hits, codes)


def test_the_lowest_of_several() -> None:
    def rate(low: float, high: float, rough: str | None = None) -> Uncertainty:
        return by(REDRAWN_CUT, (low, high), 30, rough=rough)

    plain, wider = [rate(0.3, 0.5), rate(0.2, 0.6)], [rate(0.28, 0.52), rate(0.15, 0.7, "few")]
    made = lowest(plain, wider)
    assert (made.interval, made.units, made.rough) == ((0.2, 0.52), 30, None)
    assert lowest([rate(0.3, 0.5, "few"), plain[1]], wider).rough == "few"
    assert lowest([*plain, none(1, "why")], [*wider, none(1, "why")]).reason == "why"


def test_the_lowest_of_equal_rates_is_covered() -> None:
    random = np.random.default_rng(8)
    hits, reps, truth, domains = 0, 400, 0.6, 4
    for _ in range(reps):
        right = random.binomial(60, truth, domains)
        plain = [by(REDRAWN_CUT, clopper_pearson(int(r), 60), 60) for r in right]
        wider = [
            by(REDRAWN_CUT, clopper_pearson(int(r), 60, level=1 - 0.05 / domains), 60)
            for r in right
        ]
        interval = lowest(plain, wider).interval
        assert interval is not None
        assert interval[0] <= right.min() / 60 <= interval[1]
        hits += interval[0] <= truth <= interval[1]
    assert hits / reps >= 0.95
