"""Intervals of shares and of their differences against scipy, hand computation and brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.metrics.intervals import METHODS, Uncertainty
from harness.metrics.intervals.shares import (
    bonett_price,
    clopper_pearson,
    cluster_variance,
    mcnemar,
    paired_share,
    share,
    sign_flip_p,
)

Z = stats.norm.ppf(0.975)
BITS = st.lists(st.integers(0, 1), min_size=2, max_size=60)
CHANGES = st.lists(st.integers(-1, 1), min_size=2, max_size=60)
FOUR = np.array([0, 0, 0, 1, 1, 1, 2, 2, 3, 3])


def width(found: Uncertainty) -> float:
    assert found.interval is not None
    return found.interval[1] - found.interval[0]


@given(st.integers(0, 400), st.integers(0, 400), st.sampled_from([0.9, 0.95, 0.999]))
def test_the_interval_of_a_share_is_scipys(successes: int, failures: int, level: float) -> None:
    trials = successes + failures
    assume(trials >= 1)
    exact = stats.binomtest(successes, trials).proportion_ci(level, method="exact")
    wanted = pytest.approx((exact.low, exact.high), rel=1e-9)
    assert clopper_pearson(successes, trials, level=level) == wanted
    if trials < 2:
        return
    found = share([1] * successes + [0] * failures, level=level)
    assert found.interval == wanted
    assert (found.method, found.units, found.rough) == ("clopper-pearson", trials, None)


@pytest.mark.parametrize(("k", "n"), [(-1, 3), (4, 3), (0, 0)])
def test_what_is_no_share(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        clopper_pearson(k, n)


def test_clusters_of_one_item_each_are_no_clusters() -> None:
    hits = [1, 0, 1, 1, 0, 1]
    assert share(hits, np.array([9, 4, 5, 0, 2, 7])) == share(hits)


def test_the_effective_number_of_items_by_hand() -> None:
    # Right: 3 of 3, 1 of 3, 2 of 2, 1 of 2, so p = .7. What clusters have beyond p: .9, -1.1, .6
    # and -.4, squares 2.54; variance 4/3 x 2.54 / 100 = .0338667; .21 / .0338667 = 6.2008 items.
    # For the degrees of freedom (2.262157 / 3.182446)^2 = .505268 of it: 3.13303.
    hits = np.array([1, 1, 1, 0, 0, 1, 1, 1, 0, 1])
    assert cluster_variance(hits - 0.7, FOUR, 10) == pytest.approx(0.0338667, abs=1e-7)
    n = 3.13306
    low = stats.beta.ppf(0.025, 0.7 * n, 0.3 * n + 1)
    high = stats.beta.ppf(0.975, 0.7 * n + 1, 0.3 * n)
    found = share(hits, FOUR)
    assert found.interval == pytest.approx((low, high), abs=2e-5)
    assert (found.method, found.units) == ("clopper-pearson-clustered", 4)


def korn_graubard(values: list[int], clusters: list[int]) -> float:
    """The effective number of items, written as the paper has it: n over the design effect."""
    n, k = len(values), len(set(clusters))
    p = sum(values) / n
    rates = [sum(v - p for v, c in zip(values, clusters, strict=True) if c == own) / n
             for own in set(clusters)]  # fmt: skip
    design = k / (k - 1) * sum(rate**2 for rate in rates) / (p * (1 - p) / n)
    corrected = n / design * (stats.t.ppf(0.975, n - 1) / stats.t.ppf(0.975, k - 1)) ** 2
    return float(min(n, max(1.0, corrected)))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 7)), min_size=4, max_size=40))
def test_clusters_take_the_effective_number_of_items(rows: list[tuple[int, int]]) -> None:
    values, clusters = [v for v, _ in rows], [c for _, c in rows]
    assume(1 < len(set(clusters)) < len(values) and 0 < sum(values) < len(values))
    sums = np.bincount(clusters, np.array(values) - np.mean(values))
    assume(np.abs(sums).max() > 1e-9)
    n, p = korn_graubard(values, clusters), np.mean(values)
    low = stats.beta.ppf(0.025, p * n, (1 - p) * n + 1)
    high = stats.beta.ppf(0.975, p * n + 1, (1 - p) * n)
    found = share(values, np.array(clusters))
    assert found.interval == pytest.approx((low, high), rel=1e-8)
    assert found.units == len(set(clusters))


def test_where_all_are_right_clusters_are_what_counts() -> None:
    found = share(np.ones(100), np.repeat(np.arange(25), 4))
    assert found.interval == pytest.approx((0.025 ** (1 / 25), 1.0))
    assert (found.units, found.rough) == (25, None)


def test_few_clusters_are_rough() -> None:
    codes = np.repeat(np.arange(19), 2)
    hits = np.arange(38) % 2
    assert share(hits, codes).rough == "19 clusters, fit from 20 on"
    assert share(np.arange(40) % 2, np.repeat(np.arange(20), 2)).rough is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (1, "only 1 cluster differs"),
        (4, "only 4 clusters differ"),
        (9, "only 9 clusters differ"),
        (10, None),
        (41, "only 9 clusters differ"),
        (0, None),
    ],
)
def test_a_clustered_share_is_rough_where_few_clusters_hold_the_rarer_outcome(
    wrong: int, said: str | None
) -> None:
    codes = np.repeat(np.arange(50), 5)
    hits = (codes >= wrong).astype(int)
    assert share(hits, codes).rough == said
    assert share(1 - hits, codes).rough == said
    assert paired_share(1 - hits, codes).rough == (said if wrong < 10 else None), (
        "all those that changed count"
    )


def test_items_that_change_within_a_cluster_and_cancel_are_no_net_change() -> None:
    codes = np.repeat(np.arange(30), 2)
    net = np.zeros(60)
    net[:20] = np.tile([1, -1], 10)  # ten clusters that win one and lose one
    net[20:26] = 1
    found = paired_share(net, codes)
    assert found.rough == "only 3 clusters differ"


@settings(max_examples=80)
@given(CHANGES)
def test_bonett_and_price_add_one_pair_won_and_one_lost(net: list[int]) -> None:
    # The published formula is Wald's on two more pairs: their mean, and its population variance.
    more = np.array([*net, 1, -1])
    half = Z * np.sqrt(more.var() / len(more))
    wanted = (max(-1, more.mean() - half), min(1, more.mean() + half))
    found = paired_share(net)
    assert found.interval == pytest.approx(wanted, abs=1e-12)
    assert (found.method, found.units, found.rough) == ("bonett-price", len(net), None)


def test_bonett_and_price_by_hand() -> None:
    # 21 pairs, one won and seven lost: (2 - 8) / 23 +- 1.96 sqrt((10 / 23 - (6 / 23)^2) / 23).
    assert bonett_price(1, 7, 21) == pytest.approx((-0.508, -0.013), abs=5e-4)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(-1, 1), st.integers(0, 7)), min_size=4, max_size=40))
def test_paired_shares_of_clusters_take_the_effective_number(rows: list[tuple[int, int]]) -> None:
    net, clusters = np.array([v for v, _ in rows]), np.array([c for _, c in rows])
    n, k = len(net), len(set(clusters.tolist()))
    mean, spread = net.mean(), net.var()
    rest = np.array([(net[clusters == c] - mean).sum() for c in np.unique(clusters)])
    assume(1 < k < n and spread > 0 and np.abs(rest).max() > 1e-9)
    variance = k / (k - 1) * (rest**2).sum() / n**2
    loss = (stats.t.ppf(0.975, n - 1) / stats.t.ppf(0.975, k - 1)) ** 2
    size = min(n, max(1.0, spread / variance * loss))
    won, lost = size * (net > 0).mean(), size * (net < 0).mean()
    found = paired_share(net, clusters)
    assert found.interval == pytest.approx(bonett_price(won, lost, size), rel=1e-8)
    assert found.method == "bonett-price-clustered"


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemars_p_is_the_binomials(lost: int, won: int) -> None:
    wanted = stats.binomtest(lost, lost + won, 0.5).pvalue if lost + won else 1.0
    assert mcnemar(lost, won) == pytest.approx(wanted, rel=1e-9)
    net = [-1] * lost + [1] * won + [0, 0]
    assert paired_share(net).p == pytest.approx(wanted, rel=1e-9)


def by_every_sign(sums: list[int]) -> float:
    seen = abs(sum(sums))
    signed = [abs(sum(s * v for s, v in zip(signs, sums, strict=True)))
              for signs in product((-1, 1), repeat=len(sums))]  # fmt: skip
    return sum(value >= seen for value in signed) / len(signed)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=12))
def test_the_p_of_clusters_is_that_of_all_signs(sums: list[int]) -> None:
    assert sign_flip_p(sums) == pytest.approx(by_every_sign(sums), rel=1e-12)


@given(st.integers(0, 200), st.integers(0, 200))
def test_the_p_of_clusters_with_one_change_each_is_mcnemars(lost: int, won: int) -> None:
    assert sign_flip_p([-1] * lost + [1] * won) == pytest.approx(mcnemar(lost, won), rel=1e-9)


def test_the_p_of_clusters_can_get_small_enough_for_many_tasks() -> None:
    assert sign_flip_p([2] * 30) == pytest.approx(2 / 2**30, rel=1e-12)
    assert sign_flip_p([1] * 1000) == pytest.approx(2.0**-999, rel=1e-9)


def test_beyond_the_limit_students_t_is_close() -> None:
    sums = [1] * 3100 + [-1] * 2900
    assert len(sums) ** 2 > 20_000_000
    assert sign_flip_p(sums) == pytest.approx(mcnemar(2900, 3100), rel=0.05)


def test_the_p_of_clustered_changes_is_of_sums_of_clusters() -> None:
    net, codes = [1, 1, -1, 0, 1, 1, 0, 0, 1, 1], FOUR
    assert paired_share(net, codes).p == by_every_sign([1, 2, 0, 2])


NOTHING = [([], "no group has a value"), ([1], "fewer than two clusters to resample")]


@pytest.mark.parametrize(("values", "said"), NOTHING)
def test_fewer_than_two_units_have_no_interval(values: list[int], said: str) -> None:
    for found in (share(values), paired_share(values)):
        assert (found.interval, found.method, found.reason) == (None, None, said)
        assert found.p is None
    if values:
        together = np.zeros(1, dtype=np.int64)
        assert share(values, together).reason == said
    assert share([1, 0], np.array([3, 3])).reason == "fewer than two clusters to resample"


@settings(max_examples=100)
@given(BITS, st.data())
def test_what_any_interval_of_a_share_is(hits: list[int], data: st.DataObject) -> None:
    codes = np.array(data.draw(st.lists(st.integers(0, 9), min_size=len(hits),
                                        max_size=len(hits))))  # fmt: skip
    values = np.array(hits)
    for found in (share(values), share(values, codes)):
        if found.interval is None:
            assert found.units == 1
            continue
        low, high = found.interval
        assert 0 <= low <= values.mean() <= high <= 1
        assert high - low > 1e-3
        assert found.method in METHODS
    assume(len(set(codes.tolist())) > 1)
    order = np.array(data.draw(st.permutations(range(len(hits)))))
    names = np.array(data.draw(st.permutations(range(10))))
    turned = share(values[order], names[codes][order])
    assert turned.interval == pytest.approx(share(values, codes).interval, rel=1e-9)
    assert turned.rough == share(values, codes).rough


@settings(max_examples=100)
@given(CHANGES, st.data())
def test_what_any_interval_of_a_difference_of_shares_is(
    net: list[int], data: st.DataObject
) -> None:
    codes = np.array(data.draw(st.lists(st.integers(0, 9), min_size=len(net),
                                        max_size=len(net))))  # fmt: skip
    values = np.array(net)
    for found in (paired_share(values), paired_share(values, codes)):
        if found.interval is None:
            continue
        low, high = found.interval
        assert -1 <= low <= values.mean() <= high <= 1
        assert high - low > 1e-3
        assert found.p is not None
        assert 0 <= found.p <= 1
    assume(len(set(codes.tolist())) > 1)
    order = np.array(data.draw(st.permutations(range(len(net)))))
    names = np.array(data.draw(st.permutations(range(10))))
    here, turned = paired_share(values, codes), paired_share(values[order], names[codes][order])
    assert turned.interval == pytest.approx(here.interval, rel=1e-9)
    assert turned.p == pytest.approx(here.p, rel=1e-9)
    mirrored = paired_share(-values, codes)
    assert mirrored.p == pytest.approx(here.p, rel=1e-9)
    assert here.interval is not None
    low, high = here.interval
    assert mirrored.interval == pytest.approx((-high, -low), rel=1e-9)


@settings(max_examples=60)
@given(BITS, st.data())
def test_more_of_the_same_narrows_a_share(hits: list[int], data: st.DataObject) -> None:
    codes = np.array(data.draw(st.lists(st.integers(0, 9), min_size=len(hits),
                                        max_size=len(hits))))  # fmt: skip
    assume(len(set(codes.tolist())) > 1)
    values = np.array(hits)
    more = np.concatenate([codes + 10 * turn for turn in range(4)])
    net = np.where(np.arange(len(values)) % 3 == 0, -values, values)
    assert width(share(np.tile(values, 4))) < width(share(values))
    assert width(share(np.tile(values, 4), more)) < width(share(values, codes))
    assert width(paired_share(np.tile(net, 4))) < width(paired_share(net))
    assert width(paired_share(np.tile(net, 4), more)) < width(paired_share(net, codes))


def test_clusters_that_agree_widen() -> None:
    values = np.repeat((np.arange(40) % 3 == 0).astype(int), 5)
    codes = np.repeat(np.arange(40), 5)
    assert width(share(values, codes)) > 2 * width(share(values))
    assert width(paired_share(values, codes)) > 2 * width(paired_share(values))
