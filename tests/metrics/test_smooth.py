"""The jackknife and drawn replicates against plain definitions, and what never has width zero."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import special, stats

from harness.metrics.intervals import METHODS, Bootstrap, Uncertainty
from harness.metrics.intervals.base import FISHER
from harness.metrics.intervals.means import unseen
from harness.metrics.intervals.shares import clopper_pearson
from harness.metrics.intervals.smooth import (
    FISHER_Z,
    LOG,
    LOGIT,
    PLAIN,
    deviation,
    drawn,
    jackknife,
    jackknife_error,
    paired_drawn,
    paired_jackknife,
)

VALUES = np.random.default_rng(2).random(60)
OTHERS = VALUES * 0.8 + np.random.default_rng(4).random(60) * 0.3
NAN = float("nan")
LISTS = st.lists(st.floats(0, 1), min_size=2, max_size=40)


def without_each(values: np.ndarray) -> np.ndarray:
    """The mean without each value in turn."""
    return np.array([np.delete(values, place).mean() for place in range(len(values))])


def ends(found: Uncertainty) -> tuple[float, float]:
    assert found.interval is not None
    return found.interval


@settings(max_examples=50)
@given(LISTS)
def test_of_a_mean_the_jackknife_is_students_t(values: list[float]) -> None:
    array = np.array(values)
    assume(array.std() > 1e-6)
    assert jackknife_error(without_each(array)) == pytest.approx(stats.sem(array), rel=1e-6)
    wanted = stats.ttest_1samp(array, 0).confidence_interval(0.95)
    found = jackknife(array.mean(), without_each(array))
    assert found.interval == pytest.approx((wanted.low, wanted.high), rel=1e-6, abs=1e-9)
    assert (found.method, found.units, found.p) == ("jackknife", len(values), None)


def test_of_a_variance_the_jackknife_is_the_textbooks() -> None:
    # Of the variance of 1, 2, 4, 9 that divides by n: 9.5; without each 8.667, 10.889, 12.667 and
    # 1.556, mean 8.444, squares 71.31; error sqrt(3 / 4 x 71.31) = 7.313.
    values = np.array([1.0, 2.0, 4.0, 9.0])
    deleted = np.array([np.delete(values, place).var() for place in range(4)])
    assert jackknife_error(deleted) == pytest.approx(7.313, abs=1e-3)
    low, high = ends(jackknife(values.var(), deleted))
    assert (low, high) == pytest.approx((9.5 - 3.1824 * 7.313, 9.5 + 3.1824 * 7.313), abs=1e-2)


@pytest.mark.parametrize(
    ("scale", "to", "back"),
    [
        (PLAIN, lambda x: x, lambda x: x),
        (LOGIT, special.logit, special.expit),
        (LOG, np.log, np.exp),
        (FISHER_Z, np.arctanh, np.tanh),
    ],
)
def test_scales_of_the_jackknife_and_of_replicates(scale, to, back) -> None:  # type: ignore[no-untyped-def]
    value, deleted = VALUES.mean(), without_each(VALUES)
    error = np.sqrt(59 / 60 * ((to(deleted) - to(deleted).mean()) ** 2).sum())
    half = stats.t.ppf(0.975, 59) * error * np.array([-1, 1])
    found = jackknife(value, deleted, scale=scale)
    assert found.interval == pytest.approx(back(to(value) + half))
    replicates = np.random.default_rng(9).beta(40, 40, 500)
    half = stats.t.ppf(0.95, 11) * to(replicates).std(ddof=1) * np.array([-1, 1])
    found = drawn(value, replicates, 12, scale=scale, method=FISHER, level=0.9)
    assert found.interval == pytest.approx(back(to(value) + half))
    assert (found.method, found.units) == ("fisher-z", 12)
    assert found.rough == "12 units, fit from 20 on"


def test_the_jackknife_is_rough_below_fifty_units() -> None:
    few = jackknife(VALUES[:49].mean(), without_each(VALUES[:49]))
    assert few.rough == "49 classes, fit from 50 on"
    assert jackknife(VALUES[:50].mean(), without_each(VALUES[:50])).rough is None


def test_of_a_mean_replicates_say_what_students_t_says() -> None:
    replicates = Bootstrap([f"{n:02d}" for n in range(60)], replicates=8000).replicate_means(
        VALUES[None, :]
    )[0]
    wanted = stats.ttest_1samp(VALUES, 0).confidence_interval(0.95)
    # The bootstrap's variance lacks n / (n - 1); 8,000 draws are good to 1 % of a width.
    found = drawn(VALUES.mean(), replicates, 60)
    assert found.interval == pytest.approx((wanted.low, wanted.high), abs=0.004)
    assert deviation(replicates) == replicates.std(ddof=1)


def test_undefined_replicates_are_left_out() -> None:
    replicates = np.where(np.arange(400) % 7 == 0, NAN, np.random.default_rng(1).random(400))
    kept = replicates[~np.isnan(replicates)]
    assert drawn(0.5, replicates, 30) == drawn(0.5, kept, 30)
    other = np.random.default_rng(2).random(400)
    pair = paired_drawn((0.4, other), (0.5, replicates), 30)
    error = np.nanstd(replicates - other, ddof=1)
    half = stats.t.ppf(0.975, 29) * error
    assert pair.interval == pytest.approx((max(-1, 0.1 - half), min(1, 0.1 + half)))


def test_paired_jackknives_take_the_difference_unit_by_unit() -> None:
    old, new = (VALUES.mean(), without_each(VALUES)), (OTHERS.mean(), without_each(OTHERS))
    test = stats.ttest_rel(OTHERS, VALUES)
    plain = test.confidence_interval(0.95)
    # The ratio's interval by hand, at the geometric mean of both figures.
    ratio = np.log(new[0] / old[0])
    deleted = np.log(new[1] / old[1])
    error = np.sqrt(59 / 60 * ((deleted - deleted.mean()) ** 2).sum())
    half, scale = stats.t.ppf(0.975, 59) * error, 2 * np.sqrt(old[0] * new[0])
    by_ratio = [scale * np.sinh((ratio + side * half) / 2) for side in (-1, 1)]
    found = paired_jackknife(old, new)
    wanted = (min(plain.low, by_ratio[0]), max(plain.high, by_ratio[1]))
    assert found.interval == pytest.approx(wanted)
    assert found.p == pytest.approx(max(test.pvalue, 2 * stats.t.sf(abs(ratio) / error, 59)))
    assert (found.method, found.units) == ("jackknife", 60)
    back = paired_jackknife(new, old)
    low, high = ends(back)
    assert (-high, -low) == pytest.approx(ends(found))
    assert back.p == pytest.approx(found.p)


def test_the_ratio_widens_what_is_skewed_and_its_error_with_it() -> None:
    # Without the one large unit the figure halves: on the log scale that is much.
    many = np.full(20, 1.0)
    many[0] = 0.5
    found = paired_jackknife((1.0, np.full(20, 1.0)), (1.3, 1.3 * many))
    plain = jackknife_error(1.3 * many - 1.0)
    half = stats.t.ppf(0.975, 19) * plain
    low, high = ends(found)
    assert low <= 0.3 - half + 1e-12
    assert high > 0.3 + half
    assert found.error is not None
    assert found.error == pytest.approx(plain * max(0.3 - low, high - 0.3) / half)


def test_paired_replicates_take_the_difference_draw_by_draw() -> None:
    boot = Bootstrap([f"{n:02d}" for n in range(60)])
    before, after = boot.replicate_means(np.stack([VALUES, OTHERS]))
    found = paired_drawn((VALUES.mean(), before), (OTHERS.mean(), after), 60)
    change = OTHERS.mean() - VALUES.mean()
    error = (after - before).std(ddof=1)
    half = stats.t.ppf(0.975, 59) * error
    assert found.interval == pytest.approx((change - half, change + half))
    assert found.p == pytest.approx(2 * stats.t.sf(abs(change) / error, 59))
    assert found.method == "bootstrap-t"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (jackknife(0.5, np.array([0.5])), "undefined without one of the classes"),
        (jackknife(0.5, np.array([0.5, NAN, 0.4])), "undefined without one of the classes"),
        (jackknife(0.5, np.array([])), "undefined without one of the classes"),
        (drawn(0.5, VALUES, 1), "fewer than two clusters to resample"),
        (drawn(0.5, np.full(9, NAN), 30), "undefined in every replicate"),
        (paired_drawn((0.5, VALUES), (0.4, VALUES * NAN), 30), "undefined in every replicate"),
        (paired_drawn((0.5, VALUES), (0.4, OTHERS), 1), "fewer than two clusters to resample"),
        (
            paired_jackknife((0.5, VALUES), (0.4, np.where(VALUES > 0.9, NAN, VALUES))),
            "undefined without one of the classes",
        ),
        (
            jackknife(2.0, np.full(60, 2.0), limits=(0.0, None)),
            "none of the classes moves it, and its range is unbounded",
        ),
    ],
)
def test_what_has_no_interval_says_why(found: Uncertainty, said: str) -> None:
    assert (found.interval, found.method, found.p, found.reason) == (None, None, None, said)


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_a_figure_that_no_unit_moves_keeps_room_for_what_was_not_seen(value: float) -> None:
    still = np.full(60, value)
    most = clopper_pearson(0, 60)[1]
    wanted = pytest.approx((value - most * value, value + most * (1 - value)))
    for found in (
        jackknife(value, still, limits=(0.0, 1.0)),
        jackknife(value, still, limits=(0.0, 1.0), scale=LOGIT),
        drawn(value, still, 60, limits=(0.0, 1.0), scale=LOGIT, what="classes"),
    ):
        assert found.interval == wanted
        assert found.method == "all-alike"
        assert found.rough == "none of the 60 classes moves it"


@pytest.mark.parametrize("edge", [0.0, 1.0])
def test_a_figure_at_the_end_of_its_scale_cannot_be_put_on_it(edge: float) -> None:
    # Whatever its replicates do: the logit of 0 and of 1 is infinite.
    replicates = np.abs(edge - np.random.default_rng(3).random(200) * 0.1)
    low, high = ends(drawn(edge, replicates, 40, scale=LOGIT, limits=(0.0, 1.0)))
    most = unseen(40)
    assert (low, high) == pytest.approx((edge - most * edge, edge + most * (1 - edge)))


def test_replicates_at_the_end_of_the_scale_are_no_infinities() -> None:
    replicates = np.where(np.arange(200) < 20, 1.0, 0.95)
    low, high = ends(drawn(0.955, replicates, 40, scale=LOGIT, limits=(0.0, 1.0)))
    assert 0 < low < 0.955 < high < 1


def test_two_figures_that_do_not_differ_or_differ_without_varying() -> None:
    same = paired_jackknife((0.5, VALUES), (0.5, VALUES), limits=(0.0, 1.0))
    most = unseen(60)
    assert same.interval == pytest.approx((-most, most))
    assert (same.p, same.method) == (1.0, "all-alike")
    moved = paired_drawn((0.5, VALUES), (0.7, VALUES + 0.2), 60, limits=(0.0, 1.0))
    assert moved.interval == pytest.approx((0.2 - most * 1.2, 0.2 + most * 0.8))
    assert moved.p == pytest.approx(2 * (1 - 0.2 / 1.2) ** 60)
    unbounded = paired_jackknife((0.5, VALUES), (0.5, VALUES), limits=(0.0, None))
    assert (unbounded.interval, unbounded.p) == (None, 1.0)


LIMITED = [(PLAIN, (0.0, 1.0)), (LOGIT, (0.0, 1.0)), (LOG, (0.0, None)), (FISHER_Z, (-1.0, 1.0)),
           (PLAIN, (None, None))]  # fmt: skip


@settings(max_examples=120)
@given(LISTS, st.sampled_from(LIMITED), st.data())
def test_what_any_such_interval_is(values, limited, data) -> None:  # type: ignore[no-untyped-def]
    scale, limits = limited
    array = np.array(values)
    value, deleted = array.mean(), without_each(array)
    order = data.draw(st.permutations(range(len(values))))
    turned = jackknife(value, deleted[order], scale=scale, limits=limits)
    for found in (
        jackknife(value, deleted, scale=scale, limits=limits),
        drawn(value, deleted, len(values), scale=scale, limits=limits),
        paired_jackknife((0.0, 0 * deleted), (value, deleted), limits=limits),
        paired_drawn((0.0, 0 * deleted), (value, deleted), len(values), limits=limits),
    ):
        if found.interval is None:
            assert found.reason
            continue
        low, high = found.interval
        assert low <= value + 1e-12
        assert high >= value - 1e-12
        assert high > low
        assert found.method in METHODS
        if limits == (0.0, 1.0) and found.p is None and found.method != "all-alike":
            assert 0 <= low < high <= 1
    here = jackknife(value, deleted, scale=scale, limits=limits)
    if here.interval is None:
        assert turned.interval is None
    else:
        assert turned.interval == pytest.approx(here.interval, rel=1e-6, abs=1e-9)


def test_more_of_the_same_narrows() -> None:
    for scale in (PLAIN, LOGIT, LOG, FISHER_Z):
        once = ends(jackknife(VALUES.mean(), without_each(VALUES), scale=scale))
        four = np.tile(VALUES, 4)
        again = ends(jackknife(four.mean(), without_each(four), scale=scale))
        assert again[1] - again[0] == pytest.approx((once[1] - once[0]) / 2, rel=0.05)
