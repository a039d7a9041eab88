"""Intervals of means and of paired differences against scipy, hand computation and limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import special, stats

from harness.metrics.intervals import METHODS, Bootstrap, Uncertainty, mean, mean_of, paired_mean
from harness.metrics.intervals.means import (
    FRACTIONS,
    Range,
    Spread,
    differing,
    logistic,
    mean_over_tasks,
    paired_difference,
    spread_of,
    unseen,
)
from harness.metrics.intervals.shares import clopper_pearson, paired_share, share

FREE: Range = (None, None)
NAN = float("nan")
VALUES = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.1, 0.3, 0.63, 1.0])),
                  min_size=2, max_size=50)  # fmt: skip
GRADES = np.random.default_rng(3).beta(0.7, 1.1, 60)


def ends(found: Uncertainty) -> tuple[float, float]:
    assert found.interval is not None
    return found.interval


def width(found: Uncertainty) -> float:
    low, high = ends(found)
    return high - low


@given(VALUES, st.sampled_from([0.8, 0.95, 0.999]))
def test_on_the_plain_scale_it_is_students_t(values: list[float], level: float) -> None:
    assume(np.std(values) > 1e-9)
    wanted = stats.ttest_1samp(values, 0).confidence_interval(level)
    found = mean(values, limits=FREE, level=level)
    assert found.interval == pytest.approx((wanted.low, wanted.high), rel=1e-7, abs=1e-9)
    assert (found.method, found.units, found.p) == ("t", len(values), None)


def test_the_delta_method_on_the_logit_scale_by_hand() -> None:
    # Mean .4, standard deviation .2582, error .1291; on the logit scale .1291 / .24 = .5379.
    # t(.975, 3) = 3.1824; logit(.4) = -.4055: -2.1174 and 1.3065.
    found = mean([0.1, 0.3, 0.5, 0.7])
    assert found.interval == pytest.approx((0.1074, 0.7870), abs=2e-4)
    assert (found.method, found.units) == ("t-logit", 4)


@settings(max_examples=60)
@given(VALUES, st.sampled_from([(0.0, 1.0), (-1.0, 1.0), (0.0, 5.0)]))
def test_the_delta_method_in_any_range(values: list[float], limits: tuple[float, float]) -> None:
    assume(np.std(values) > 1e-6 and not set(values) <= {0.0, 1.0})
    low, high = limits
    part = (np.mean(values) - low) / (high - low)
    error = stats.sem(values) / (high - low) / (part * (1 - part))
    half = stats.t.ppf(0.975, len(values) - 1) * error
    wanted = low + (high - low) * special.expit(special.logit(part) + half * np.array([-1, 1]))
    assert mean(values, limits=limits).interval == pytest.approx(wanted, rel=1e-7, abs=1e-9)


def test_clusters_take_the_variance_of_their_sums() -> None:
    rng = np.random.default_rng(5)
    values, codes = rng.random(40), rng.integers(0, 13, 40)
    there = sorted(set(codes.tolist()))
    middle = values.mean()
    meat = sum(
        sum(v - middle for v, c in zip(values, codes, strict=True) if c == own) ** 2
        for own in there
    )
    # Of the regression on a constant: bread 1 / n, and the small-sample factor C / (C - 1).
    variance = meat / 40**2 * len(there) / (len(there) - 1)
    half = stats.t.ppf(0.975, len(there) - 1) * variance**0.5
    found = mean(values, codes, limits=FREE)
    assert found.interval == pytest.approx((middle - half, middle + half))
    assert (found.method, found.units) == ("t", len(there))
    assert found.rough == f"{len(there)} units, fit from 20 on"
    differences = paired_mean(values - 0.4, codes, limits=FREE)
    assert differences.interval == pytest.approx((middle - 0.4 - half, middle - 0.4 + half))
    assert differences.p == pytest.approx(
        2 * stats.t.sf(abs(middle - 0.4) / variance**0.5, len(there) - 1)
    )


def test_clusters_of_one_group_each_are_no_clusters() -> None:
    codes = np.random.default_rng(1).permutation(60)
    assert mean(GRADES, codes).interval == pytest.approx(ends(mean(GRADES)), rel=1e-12)
    assert mean(GRADES, codes).units == 60


def test_groups_that_agree_count_once() -> None:
    codes = np.repeat(np.arange(60), 5)
    assert ends(mean(np.repeat(GRADES, 5), codes)) == pytest.approx(ends(mean(GRADES)), rel=1e-9)
    assert width(mean(np.repeat(GRADES, 5))) < 0.5 * width(mean(GRADES))


def test_groups_without_a_value_are_left_out_with_their_clusters() -> None:
    values = GRADES.copy()
    values[::3] = NAN
    codes = np.arange(60) // 2
    there = ~np.isnan(values)
    found = mean(values, codes)
    assert found == mean(values[there], codes[there])
    assert found.units == len(set(codes[there].tolist())) == 30
    alone = np.where(codes == 0, NAN, values)
    assert mean(alone, codes).units == 29
    bits = np.where(there, np.round(values), NAN)
    assert mean(bits, codes) == share(bits[there], codes[there])
    assert paired_mean(values - 0.5, codes) == paired_mean((values - 0.5)[there], codes[there])
    signs = np.where(there, np.sign(np.round(values) - 0.5), NAN)
    assert paired_mean(signs, codes) == paired_share(signs[there], codes[there])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], "no group has a value"),
        ([NAN, NAN], "no group has a value"),
        ([0.5], "fewer than two clusters to resample"),
        ([NAN, 0.5], "fewer than two clusters to resample"),
        ([1.0, NAN], "fewer than two clusters to resample"),
    ],
)
def test_fewer_than_two_units_have_no_interval(values: list[float], said: str) -> None:
    for found in (mean(values), paired_mean(values), mean(values, limits=FREE)):
        assert (found.interval, found.method, found.p, found.reason) == (None, None, None, said)
    assert mean([0.1, 0.2], np.array([7, 7])).reason == "fewer than two clusters to resample"


def test_zeros_and_ones_are_a_share() -> None:
    hits = [1, 0, 0, 1, 1, 1, 1]
    assert mean(hits) == share(hits)
    assert mean(hits, np.arange(7) // 2) == share(hits, np.arange(7) // 2)
    assert mean(hits, limits=FREE).method == "t", "in a range that has no ends they are values"
    net = [1, 0, 0, -1, -1, 0]
    assert paired_mean(net) == paired_share(net)
    assert paired_mean(net, limits=(-1.0, 1.0)).method == "paired-t"


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_values_that_are_all_alike_keep_room_for_what_was_not_seen(value: float) -> None:
    found = mean([value] * 30, limits=(0.0, 5.0))
    # At most the share of groups that Clopper and Pearson's bound allows lies at either end.
    most = clopper_pearson(0, 30)[1]
    assert unseen(30) == pytest.approx(most, rel=1e-9)
    wanted = (value - most * value, value + most * (5 - value))
    assert found.interval == pytest.approx(wanted, rel=1e-9)
    assert (found.method, found.units) == ("all-alike", 30)
    alike = mean([value] * 30, limits=FREE)
    assert alike.interval is None
    assert alike.reason == "all values are alike, and their range is unbounded"


def test_differences_that_are_all_alike() -> None:
    same = paired_mean([0.0] * 30, limits=(0.0, 5.0))
    most = clopper_pearson(0, 30)[1]
    assert same.interval == pytest.approx((-5 * most, 5 * most))
    assert (same.method, same.p) == ("all-alike", 1.0)
    moved = paired_mean([0.25] * 30)
    assert moved.interval == pytest.approx((0.25 - most * 1.25, 0.25 + most * 0.75))
    # For the mean to be 0 a fifth would have to lie at -1, and none of 30 does; in both directions.
    assert moved.p == pytest.approx(2 * 0.8**30)
    for units in (10, 14, 15, 16, 17, 18, 19, 30):
        found = paired_mean([-0.25] * units)
        assert found.p is not None
        assert (found.p < 0.05) == (ends(found)[1] < 0), "p and interval say the same"
    unbounded = paired_mean([0.25] * 30, limits=(0.0, None))
    assert (unbounded.interval, unbounded.p) == (None, None)


@pytest.mark.parametrize(
    ("apart", "said"),
    [
        (0, None),
        (1, "only 1 of 60 differ from the rest"),
        (9, "only 9 of 60 differ from the rest"),
        (10, None),
    ],
)
def test_where_hardly_any_differs_it_is_rough(apart: int, said: str | None) -> None:
    values = np.full(60, 0.5)
    values[:apart] = np.linspace(0.1, 0.4, 60)[:apart]
    assert mean(values).rough == said
    assert paired_mean(values - 0.5).rough == said
    assert mean(values, limits=FREE).rough == said or apart == 0


def test_fewer_than_twenty_are_rough() -> None:
    assert mean(GRADES[:19]).rough == "19 units, fit from 20 on"
    assert mean(GRADES[:20]).rough is None
    assert paired_mean(GRADES[:19] - 0.5).rough == "19 units, fit from 20 on"


@settings(max_examples=60)
@given(VALUES, VALUES)
def test_paired_differences_are_a_paired_t_test(ours: list[float], theirs: list[float]) -> None:
    count = min(len(ours), len(theirs))
    a, b = np.array(ours[:count]), np.array(theirs[:count])
    assume(np.std(a - b) > 1e-6 and not set((a - b).tolist()) <= {-1.0, 0.0, 1.0})
    test = stats.ttest_rel(a, b)
    wanted = test.confidence_interval(0.95)
    found = paired_mean(a - b)
    clipped = max(-1, wanted.low), min(1, wanted.high)
    assert found.interval == pytest.approx(clipped, rel=1e-7, abs=1e-9)
    assert found.p == pytest.approx(test.pvalue, rel=1e-6, abs=1e-12)
    assert found.method == "paired-t"


def test_a_p_can_get_small_enough_for_a_thousand_tasks() -> None:
    found = paired_mean(0.1 + 0.05 * (GRADES - GRADES.mean()))
    assert found.p is not None
    assert 0 < found.p < 1e-30


def test_paired_difference_counts_wins_losses_and_ties() -> None:
    a = [0.5, 0.2, 0.3 + 1e-14, None, 0.9]
    b = [0.1, 0.4, 0.3, 0.5, None]
    found = paired_difference(a, b)
    assert found.value == pytest.approx((0.4 - 0.2) / 3)
    assert (found.n, found.wins, found.losses, found.ties) == (3, 1, 1, 1)
    assert found.sure == paired_mean(np.array([0.4, -0.2, 1e-14]))
    lower = paired_difference(a, b, higher_is_better=False)
    assert (lower.wins, lower.losses, lower.value) == (1, 1, found.value)
    flipped = paired_difference([1.0, 1.0], [0.0, 0.0], higher_is_better=False)
    assert (flipped.wins, flipped.losses) == (0, 2)


def test_paired_difference_without_common_groups() -> None:
    found = paired_difference([0.5, None], [None, 0.5], np.array([0, 1]))
    assert (found.value, found.sure.interval, found.n) == (None, None, 0)
    assert found.sure.reason == "no group has a value"


def test_pairing_is_tighter_than_two_separate_intervals() -> None:
    better = GRADES * 0.9 + 0.02 + 0.001 * np.random.default_rng(6).standard_normal(60)
    low, high = ends(paired_mean(better - GRADES * 0.9))
    assert 0.0195 < low < high < 0.0205


def tasks(*sizes: int) -> list[np.ndarray]:
    rng = np.random.default_rng(8)
    return [rng.random(size) * rng.uniform(0.2, 1) for size in sizes]


@pytest.mark.parametrize(("first", "second"), [(12, 40), (3, 5), (50, 50)])
def test_a_mean_over_two_tasks_is_welchs_test(first: int, second: int) -> None:
    # Half the difference of two means is the mean of the one and of the other turned over.
    a, b = tasks(first, second)
    test = stats.ttest_ind(a, b, equal_var=False)
    wanted = test.confidence_interval(0.95)
    found = mean_over_tasks([spread_of(a), spread_of(-b)], limits=(-1.0, 1.0))
    low, high = ends(found)
    assert (2 * low, 2 * high) == pytest.approx((wanted.low, wanted.high), rel=1e-8)
    assert found.p == pytest.approx(test.pvalue, rel=1e-8)
    assert (found.method, found.units) == ("t-tasks", first + second)


def test_a_mean_over_many_tasks_by_satterthwaites_formula() -> None:
    parts = tasks(20, 35, 50, 8)
    squares = [part.var(ddof=1) / len(part) / 16 for part in parts]
    degrees = sum(squares) ** 2 / sum(
        square**2 / (len(part) - 1) for square, part in zip(squares, parts, strict=True)
    )
    half = stats.t.ppf(0.975, degrees) * sum(squares) ** 0.5
    middle = np.mean([part.mean() for part in parts])
    found = mean_over_tasks([spread_of(part) for part in parts])
    assert found.interval == pytest.approx((middle - half, middle + half))
    assert found.rough is None
    few = mean_over_tasks([spread_of(part[:6]) for part in parts[:3]])
    assert few.rough == "18 units, fit from 20 on"


def test_nine_tasks_are_three_times_as_sure_as_one() -> None:
    parts = [np.random.default_rng(seed).random(40) for seed in range(9)]
    alone = np.mean([width(mean(part, limits=FREE)) for part in parts])
    together = width(mean_over_tasks([spread_of(part) for part in parts]))
    assert together / alone == pytest.approx(1 / 3, abs=0.02)


def test_a_task_of_one_cluster_leaves_the_mean_without_an_interval() -> None:
    known = spread_of(GRADES)
    assert spread_of([0.5]) is spread_of([NAN, 0.5]) is spread_of([]) is None
    assert spread_of([0.1, 0.2], np.array([4, 4])) is None
    for parts in ([known, None], [None], []):
        found = mean_over_tasks(parts)
        assert (found.interval, found.p) == (None, None)
        assert found.reason == "fewer than two clusters to resample"


def test_tasks_in_which_nothing_varies_keep_room() -> None:
    parts = [spread_of(np.full(size, 0.5)) for size in (30, 12)]
    found = mean_over_tasks(parts)
    most = clopper_pearson(0, 12)[1]
    assert found.interval == pytest.approx((0.5 - most / 2, 0.5 + most / 2))
    assert found.method == "all-alike"
    same = mean_over_tasks([spread_of(np.zeros(30)), spread_of(np.zeros(12))], limits=(-1.0, 1.0))
    assert (same.p, same.interval) == (1.0, pytest.approx((-most, most)))
    moved = mean_over_tasks([spread_of(np.full(30, 0.25))], limits=(-1.0, 1.0))
    assert moved.p == pytest.approx(2 * 0.8**30)
    one = mean_over_tasks([Spread(0.5, 0.0, 30, None), spread_of(GRADES)])
    assert width(one) > 0


def test_a_difference_with_a_known_error() -> None:
    found = differing(0.3, 0.1, 7.5, METHODS["jackknife"], 60, what="classes")
    half = 0.1 * stats.t.ppf(0.975, 7.5)
    assert found.interval == pytest.approx((0.3 - half, 0.3 + half))
    assert found.p == pytest.approx(2 * stats.t.sf(3, 7.5))
    assert found.rough is None


@given(st.floats(-800, 800))
def test_the_logistic_function(x: float) -> None:
    assert logistic(x) == pytest.approx(float(special.expit(x)), rel=1e-12, abs=1e-300)


@given(st.lists(st.floats(0, 1), min_size=1), st.data())
def test_the_mean_is_exact_in_any_order(values: list[float], data: st.DataObject) -> None:
    turned = data.draw(st.permutations(values))
    assert mean_of(np.array(turned)) == mean_of(np.array(values))
    assert mean_of(np.array([*values, NAN])) == math.fsum(values) / len(values)
    assert mean_of(np.array([NAN])) is None


@settings(max_examples=150)
@given(VALUES, st.data())
def test_what_any_interval_of_a_mean_is(values: list[float], data: st.DataObject) -> None:
    names = st.sampled_from("abcdefgh")
    clusters = data.draw(st.lists(names, min_size=len(values), max_size=len(values)))
    codes = Bootstrap(clusters).codes
    array, middle = np.array(values), math.fsum(values) / len(values)
    for limits in (FRACTIONS, (-0.5, 2.0), (0.0, None), FREE):
        for found in (mean(array, limits=limits), mean(array, codes, limits=limits)):
            if found.interval is None:
                assert found.reason
                continue
            low, high = found.interval
            assert low <= middle <= high
            assert high > low
            assert limits[0] is None or low >= limits[0]
            assert limits[1] is None or high <= limits[1]
            assert found.method in METHODS
    assume(len(set(clusters)) > 1)
    order = data.draw(st.permutations(range(len(values))))
    other = dict(zip("abcdefgh", data.draw(st.permutations("stuvwxyz")), strict=True))
    renamed = Bootstrap([other[clusters[place]] for place in order]).codes
    turned, here = mean(array[order], renamed), mean(array, codes)
    assert turned.interval == pytest.approx(ends(here), rel=1e-6, abs=1e-9)
    assert (turned.method, turned.units, turned.rough) == (here.method, here.units, here.rough)
    difference = array - np.roll(array, 1)
    moved, back = paired_mean(difference, codes), paired_mean(difference[order], renamed)
    low, high = ends(moved)
    assert -1 <= low <= difference.mean() <= high <= 1
    assert high > low
    assert back.interval == pytest.approx((low, high), rel=1e-6, abs=1e-9)
    assert back.p == pytest.approx(moved.p, rel=1e-6, abs=1e-12)


@settings(max_examples=80)
@given(VALUES, st.data())
def test_more_of_the_same_narrows_a_mean(values: list[float], data: st.DataObject) -> None:
    drawn = st.lists(st.integers(0, 9), min_size=len(values), max_size=len(values))
    codes = np.array(data.draw(drawn))
    assume(len(set(codes.tolist())) > 1)
    array = np.array(values)
    more = np.concatenate([codes + 10 * turn for turn in range(4)])
    difference = array - np.roll(array, 1)
    assert width(mean(np.tile(array, 4))) < width(mean(array))
    assert width(mean(np.tile(array, 4), more)) < width(mean(array, codes))
    assert width(paired_mean(np.tile(difference, 4))) < width(paired_mean(difference))
    assert width(paired_mean(np.tile(difference, 4), more)) < width(paired_mean(difference, codes))


def test_coverage_of_a_skewed_mean_is_near_the_level() -> None:
    # 600 samples of 60 from a mean of .3; two standard errors of .95 are .018.
    samples = np.random.default_rng(11).beta(0.6, 1.4, size=(600, 60))
    covered = [low <= 0.3 <= high for low, high in (ends(mean(row)) for row in samples)]
    assert 0.93 <= np.mean(covered) <= 0.975
