"""The bootstrap: determinism, clusters, agreement with a naive loop, coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics.intervals import (
    Bootstrap,
    mean_of,
    paired_difference,
    stratified_mean_interval,
)

fractions = st.one_of(st.just(float("nan")), st.sampled_from([0.0, 0.1, 0.3, 0.63093, 1.0]))
grouped = st.lists(st.tuples(fractions, st.sampled_from("abcdef")), min_size=1, max_size=30)


def naive_interval(values, bootstrap):
    """Percentiles of the weighted means, one replicate at a time."""
    found = []
    for weight in np.concatenate(list(bootstrap.weights())):
        top = sum(w * v for w, v in zip(weight, values, strict=True) if v == v)
        count = sum(w for w, v in zip(weight, values, strict=True) if v == v)
        if count:
            found.append(top / count)
    tail = (1 - bootstrap.level) / 2
    return np.quantile(found, [tail, 1 - tail])


@settings(max_examples=60)
@given(grouped)
def test_equals_a_naive_loop_over_the_same_weights(rows):
    values = np.array([v for v, _ in rows])
    clusters = [c for _, c in rows]
    bootstrap = Bootstrap(clusters, replicates=50)
    interval = bootstrap.mean_interval(values)
    usable = {c for v, c in rows if v == v}
    if len(usable) < 2:
        assert interval is None
        assert bootstrap.why_none(values) in {
            "fewer than two clusters to resample", "no group has a value",
        }  # fmt: skip
        return
    assert interval == pytest.approx(naive_interval(values, bootstrap), abs=1e-12)
    assert bootstrap.why_none(values) is None
    assert interval[0] <= interval[1]


@settings(max_examples=60)
@given(st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.7, 1.0]), min_size=2, max_size=60))
def test_the_interval_contains_the_mean(values):
    array = np.array(values)
    low, high = Bootstrap([str(i) for i in range(len(values))]).mean_interval(array)
    assert low <= mean_of(array) <= high


def test_constant_values_give_an_interval_of_that_value():
    values = np.full(7, 0.1)
    low, high = Bootstrap(list("abcdefg")).mean_interval(values)
    assert low <= 0.1 <= high
    assert high - low < 1e-15


@pytest.mark.parametrize("block", [1, 3, 64, 1000])
def test_weights_do_not_depend_on_the_block(block):
    bootstrap = Bootstrap(["a", "b", "a", "c"], replicates=65)
    blocks = list(bootstrap.weights(block=block))
    assert all(len(b) <= block for b in blocks)
    assert np.array_equal(np.concatenate(blocks), np.concatenate(list(bootstrap.weights())))


def test_groups_of_a_cluster_move_together_and_as_many_clusters_are_drawn_as_there_are():
    bootstrap = Bootstrap(["a", "b", "a", "c", "c"], replicates=200)
    weights = np.concatenate(list(bootstrap.weights()))
    assert np.array_equal(weights[:, 0], weights[:, 2])
    assert np.array_equal(weights[:, 3], weights[:, 4])
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert bootstrap.clusters_count == 3


def test_draws_are_uniform():
    drawn = np.concatenate(list(Bootstrap([str(i) for i in range(10)], replicates=5000).draws()))
    counts = np.bincount(drawn, minlength=10)
    # 50,000 draws: standard deviation 67 per cell; five of them as the bound.
    assert np.abs(counts - 5000).max() < 335


def test_same_input_same_interval_and_the_seed_and_stream_matter():
    values = np.random.default_rng(1).random(40)
    names = [str(i) for i in range(40)]
    first = Bootstrap(names).mean_interval(values)
    assert Bootstrap(names).mean_interval(values) == first
    assert Bootstrap(names, seed=7).mean_interval(values) != first
    assert Bootstrap(names, stream=1).mean_interval(values) != first


def test_the_draws_are_pinned():
    # The raw PCG64 stream is guaranteed by NumPy (NEP 19); the first draws of the default seed,
    # recomputed here in Python integers.
    bits = np.random.PCG64(np.random.SeedSequence([20261123, 0]))
    expected = [((int(raw) >> 32) * 5) >> 32 for raw in bits.random_raw(5)]
    assert next(Bootstrap(list("abcde")).draws()).tolist() == expected


def test_singleton_clusters_are_the_plain_bootstrap_and_names_do_not_matter():
    values = np.random.default_rng(2).random(26)
    plain = Bootstrap([f"{i:02d}" for i in range(26)])
    renamed = Bootstrap([chr(97 + i) for i in range(26)])
    assert plain.mean_interval(values) == renamed.mean_interval(values)


def test_clustering_widens_the_interval_of_groups_that_agree():
    values = np.repeat(np.random.default_rng(3).random(20), 5)
    plain = Bootstrap([f"{i:03d}" for i in range(100)]).mean_interval(values)
    clustered = Bootstrap([f"{i // 5:03d}" for i in range(100)]).mean_interval(values)
    assert clustered[1] - clustered[0] > 1.5 * (plain[1] - plain[0])


def test_one_cluster_or_no_value_gives_none_and_a_reason():
    alone = Bootstrap(["a", "a"])
    assert alone.mean_interval(np.array([0.0, 1.0])) is None
    assert alone.why_none([0.0, 1.0]) == "fewer than two clusters to resample"
    pair = Bootstrap(["a", "b"])
    assert pair.mean_interval([None, None]) is None
    assert pair.why_none([None, None]) == "no group has a value"
    assert pair.why_none([0.5, None]) == "fewer than two clusters to resample"
    assert Bootstrap([]).mean_interval([]) is None


def test_rows_together_equal_rows_alone():
    rng = np.random.default_rng(4)
    rows = rng.random((4, 30))
    rows[2, :5] = np.nan
    rows[3] = np.nan
    bootstrap = Bootstrap([str(i % 11) for i in range(30)], replicates=100)
    assert bootstrap.mean_intervals(rows) == [bootstrap.mean_interval(row) for row in rows]


def test_describe():
    assert Bootstrap(["a", "b", "a"], replicates=10, level=0.9, seed=3).describe() == {
        "method": "percentile bootstrap over clusters",
        "level": 0.9, "replicates": 10, "seed": 3, "clusters": 2,
    }  # fmt: skip


def test_wrong_lengths_and_parameters_are_refused():
    with pytest.raises(ValueError, match="for 2 groups"):
        Bootstrap(["a", "b"]).mean_interval([1.0])
    with pytest.raises(ValueError, match="level"):
        Bootstrap(["a", "b"], level=1.0)


def test_coverage_is_near_the_level():
    # 300 samples of 60 draws from a mean of 0.3; 95 % nominal, bootstrap of skewed data is lower.
    rng = np.random.default_rng(11)
    names = [str(i) for i in range(60)]
    samples = rng.beta(0.6, 1.4, size=(300, 60))
    intervals = Bootstrap(names, replicates=400).mean_intervals(samples)
    covered = np.mean([low <= 0.3 <= high for low, high in intervals])
    assert 0.90 <= covered <= 0.98


def test_paired_difference_counts_wins_losses_and_ties():
    a = [0.5, 0.2, 0.3 + 1e-14, None, 0.9]
    b = [0.1, 0.4, 0.3, 0.5, None]
    bootstrap = Bootstrap(list("abcde"))
    found = paired_difference(a, b, bootstrap)
    assert found.value == pytest.approx((0.4 - 0.2) / 3)
    assert (found.n, found.wins, found.losses, found.ties) == (3, 1, 1, 1)
    assert found.interval[0] < found.value < found.interval[1]
    lower = paired_difference(a, b, bootstrap, higher_is_better=False)
    assert (lower.wins, lower.losses, lower.value) == (1, 1, found.value)
    flipped = paired_difference(
        [1.0, 1.0], [0.0, 0.0], Bootstrap(["a", "b"]), higher_is_better=False
    )
    assert (flipped.wins, flipped.losses) == (0, 2)


def test_paired_difference_without_common_groups():
    found = paired_difference([0.5, None], [None, 0.5], Bootstrap(["a", "b"]))
    assert (found.value, found.interval, found.n) == (None, None, 0)
    assert found.reason == "no group has a value"


def test_pairing_is_tighter_than_two_separate_intervals():
    rng = np.random.default_rng(6)
    base = rng.random(50)
    better = base + 0.02 + 0.001 * rng.standard_normal(50)
    found = paired_difference(better, base, Bootstrap([str(i) for i in range(50)]))
    assert found.interval[0] > 0.015


def test_stratified_mean_is_the_mean_of_task_means_and_narrower_than_one_task():
    rng = np.random.default_rng(8)
    parts = [(rng.random(40), [str(i) for i in range(40)]) for _ in range(9)]
    value, interval = stratified_mean_interval(parts)
    assert value == pytest.approx(np.mean([v.mean() for v, _ in parts]))
    assert interval[0] < value < interval[1]
    alone = Bootstrap(parts[0][1]).mean_interval(parts[0][0])
    # Nine independent tasks of equal spread: a third of the width.
    assert (interval[1] - interval[0]) / (alone[1] - alone[0]) == pytest.approx(1 / 3, abs=0.08)
    assert stratified_mean_interval(parts) == (value, interval)


def test_stratified_mean_of_equal_tasks_resamples_each_on_its_own():
    values, names = np.random.default_rng(9).random(30), [str(i) for i in range(30)]
    _, twice = stratified_mean_interval([(values, names), (values, names)])
    _, once = stratified_mean_interval([(values, names)])
    assert twice[1] - twice[0] < 0.9 * (once[1] - once[0])


def test_stratified_mean_is_null_when_a_task_is():
    names = ["a", "b"]
    assert stratified_mean_interval([([1.0, 0.0], names), ([None, None], names)]) == (None, None)
    assert stratified_mean_interval([([1.0, 0.0], names), ([1.0], ["a"])]) == (0.75, None)
    assert stratified_mean_interval([]) == (None, None)
