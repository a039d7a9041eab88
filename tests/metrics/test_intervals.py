"""The bootstrap's draws, what all methods have in common, and families of tests."""

from __future__ import annotations

import ast
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.metrics import intervals
from harness.metrics.base import MetricResult
from harness.metrics.intervals import (
    METHODS,
    Bootstrap,
    Method,
    Uncertainty,
    holm,
    mean,
    paired_mean,
)
from harness.metrics.intervals.base import by, none
from harness.metrics.intervals.situations import SITUATIONS
from harness.nouns import MetricCard

CARD = MetricCard("accuracy", "share right", "higher", 0, 1)
fractions = st.one_of(st.just(float("nan")), st.sampled_from([0.0, 0.1, 0.3, 0.63093, 1.0]))
grouped = st.lists(st.tuples(fractions, st.sampled_from("abcdef")), min_size=1, max_size=30)


def naive_means(values: list[float], bootstrap: Bootstrap) -> list[float]:
    """The weighted means, one replicate at a time."""
    found = []
    for weight in np.concatenate(list(bootstrap.weights())):
        top = sum(w * v for w, v in zip(weight, values, strict=True) if v == v)
        count = sum(w for w, v in zip(weight, values, strict=True) if v == v)
        found.append(top / count if count else float("nan"))
    return found


@settings(max_examples=60)
@given(grouped)
def test_replicates_equal_a_naive_loop_over_the_same_weights(
    rows: list[tuple[float, str]],
) -> None:
    values, clusters = [v for v, _ in rows], [c for _, c in rows]
    bootstrap = Bootstrap(clusters, replicates=50)
    found = bootstrap.replicate_means(np.array([values]))[0]
    wanted = naive_means(values, bootstrap)
    assert found == pytest.approx(wanted, abs=1e-12, nan_ok=True)
    kept = [v for v in wanted if not math.isnan(v)]
    ends = bootstrap.percentiles(found, None)
    if not kept:
        assert ends is None
    else:
        assert ends == pytest.approx(tuple(np.quantile(kept, [0.025, 0.975])), abs=1e-12)


def test_an_end_that_misses_the_value_by_rounding_is_moved_onto_it() -> None:
    bootstrap = Bootstrap(["a", "b"])
    assert bootstrap.percentiles(np.full(9, 0.1 + 1e-14), 0.1) == (0.1, 0.1 + 1e-14)
    assert bootstrap.percentiles(np.full(9, 0.1 - 1e-14), 0.1) == (0.1 - 1e-14, 0.1)
    assert bootstrap.percentiles(np.full(9, 0.2), 0.1) == (0.2, 0.2)


@pytest.mark.parametrize("block", [1, 3, 64, 1000])
def test_weights_do_not_depend_on_the_block(block: int) -> None:
    bootstrap = Bootstrap(["a", "b", "a", "c"], replicates=65)
    blocks = list(bootstrap.weights(block=block))
    assert all(len(b) <= block for b in blocks)
    assert np.array_equal(np.concatenate(blocks), np.concatenate(list(bootstrap.weights())))


def test_counts_are_the_weights_of_clusters() -> None:
    bootstrap = Bootstrap(["b", "a", "b", "c"], replicates=65)
    counts = np.concatenate(list(bootstrap.counts()))
    assert np.array_equal(counts[:, bootstrap.codes], np.concatenate(list(bootstrap.weights())))


def test_groups_of_a_cluster_move_together_and_as_many_clusters_are_drawn_as_there_are() -> None:
    bootstrap = Bootstrap(["a", "b", "a", "c", "c"], replicates=200)
    weights = np.concatenate(list(bootstrap.weights()))
    assert np.array_equal(weights[:, 0], weights[:, 2])
    assert np.array_equal(weights[:, 3], weights[:, 4])
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert bootstrap.clusters_count == 3


def test_draws_are_uniform() -> None:
    drawn = np.concatenate(list(Bootstrap([str(i) for i in range(10)], replicates=5000).draws()))
    counts = np.bincount(drawn, minlength=10)
    # 50,000 draws: standard deviation 67 per cell; five of them as the bound.
    assert np.abs(counts - 5000).max() < 335


def test_same_input_same_replicates_and_the_seed_and_stream_matter() -> None:
    values = np.random.default_rng(1).random((1, 40))
    names = [str(i) for i in range(40)]
    first = Bootstrap(names).replicate_means(values)
    assert np.array_equal(Bootstrap(names).replicate_means(values), first)
    assert not np.array_equal(Bootstrap(names, seed=7).replicate_means(values), first)
    assert not np.array_equal(Bootstrap(names, stream=1).replicate_means(values), first)


def test_the_draws_are_pinned() -> None:
    # The raw PCG64 stream is guaranteed by NumPy (NEP 19); the first draws of the default seed,
    # recomputed here in Python integers.
    bits = np.random.PCG64(np.random.SeedSequence([20261123, 0]))
    expected = [((int(raw) >> 32) * 5) >> 32 for raw in bits.random_raw(5)]
    assert next(Bootstrap(list("abcde")).draws()).tolist() == expected


def test_clusters_are_numbered_in_the_order_of_their_names() -> None:
    assert Bootstrap(["b", "a", "c", "a"]).codes.tolist() == [1, 0, 2, 0]
    values = np.random.default_rng(2).random((1, 26))
    plain = Bootstrap([f"{i:02d}" for i in range(26)])
    renamed = Bootstrap([chr(97 + i) for i in range(26)])
    assert np.array_equal(plain.replicate_means(values), renamed.replicate_means(values))


def test_rows_together_equal_rows_alone() -> None:
    rng = np.random.default_rng(4)
    rows = rng.random((4, 30))
    rows[2, :5] = np.nan
    rows[3] = np.nan
    bootstrap = Bootstrap([str(i % 11) for i in range(30)], replicates=100)
    alone = [bootstrap.replicate_means(row[None, :])[0] for row in rows]
    assert np.array_equal(bootstrap.replicate_means(rows), alone, equal_nan=True)


def test_describe() -> None:
    assert Bootstrap(["a", "b", "a"], replicates=10, level=0.9, seed=3).describe() == {
        "method": "bootstrap over clusters",
        "level": 0.9, "replicates": 10, "seed": 3, "clusters": 2,
    }  # fmt: skip


def test_wrong_parameters_are_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        Bootstrap(["a", "b"], level=1.0)
    with pytest.raises(ValueError, match="replicates"):
        Bootstrap(["a", "b"], replicates=0)


def test_a_method_is_named_once_and_says_where_it_is_from() -> None:
    assert all(METHODS[name].name == name for name in METHODS)
    assert len({method.title for method in METHODS.values()}) == len(METHODS)
    for method in METHODS.values():
        assert method.fit_from >= 1
        assert bool(method.source) == bool(method.assumes) == (method.name != "same-file")
        assert method.name.encode().isalnum() or set(method.name) <= set(
            "abcdefghijklmnopqrstuvwxyz-"
        )


def test_every_situation_names_methods_and_all_methods_serve() -> None:
    used: set[Method] = set()
    for name, situation in SITUATIONS.items():
        kinds = (situation.single, situation.clustered, situation.paired,
                 situation.paired_clustered)  # fmt: skip
        assert all(kinds) or name == "none"
        used.update(method for kind in kinds for method in kind)
    elsewhere = {METHODS["t-tasks"], METHODS["same-file"]}
    assert used | elsewhere == set(METHODS.values())
    assert not used & elsewhere


def test_below_what_a_method_is_fit_for_it_is_rough() -> None:
    method = METHODS["jackknife"]
    few = by(method, (0.1, 0.2), 49, what="classes")
    assert few == Uncertainty((0.1, 0.2), "jackknife", 49, "49 classes, fit from 50 on")
    assert by(method, (0.1, 0.2), 50).rough is None
    assert by(method, (0.1, 0.2), 9, rough="for another reason").rough == "for another reason"
    assert none(3, "why") == Uncertainty(None, None, 3, reason="why")


def test_ends_are_kept_in_a_range() -> None:
    found = Uncertainty((-0.5, 1.5), "t", 30, p=0.5)
    assert found.within(0.0, 1.0) == Uncertainty((0.0, 1.0), "t", 30, p=0.5)
    assert found.within(None, 1.0).interval == (-0.5, 1.0)
    assert found.within(0.0, None).interval == (0.0, 1.5)
    assert none(3, "why").within(0.0, 1.0) == none(3, "why")


def test_a_result_takes_its_interval_and_says_why_there_is_none() -> None:
    sure = mean([0.1, 0.4, 0.3])
    found = MetricResult.of("accuracy", 0.8 / 3, sure, 3, CARD, column="accuracy")
    assert found.interval == sure.interval
    assert (found.sure, found.reason, found.column) == (sure, None, "accuracy")
    alone = MetricResult.of("accuracy", 0.1, mean([0.1]), 1, CARD)
    assert (alone.interval, alone.reason) == (None, "fewer than two clusters to resample")
    undefined = MetricResult.of("accuracy", None, sure, 0, CARD, reason="no item")
    assert (undefined.interval, undefined.reason) == (None, "no item")
    bare = MetricResult.of("accuracy", 0.5, None, 3, CARD, reason="it is one number")
    assert (bare.interval, bare.sure, bare.reason) == (None, None, "it is one number")


ps = st.one_of(st.none(), st.floats(0, 1), st.just(0.03))


@given(st.lists(ps, max_size=8))
def test_holms_values_are_the_smallest_level_at_which_each_is_rejected(
    values: list[float | None],
) -> None:
    def rejected(level: float) -> list[bool]:
        # The procedure as it is told: step down until one is not below its share of the level.
        known = sorted((p, i) for i, p in enumerate(values) if p is not None)
        found = [False] * len(values)
        for rank, (p, index) in enumerate(known):
            if p > level / (len(known) - rank):
                break
            found[index] = True
        return found

    adjusted = holm(values)
    for index, (p, made) in enumerate(zip(values, adjusted, strict=True)):
        assert (p is None) == (made is None)
        if p is None or made is None:
            continue
        assert p <= made <= 1
        if made < 1:
            assert rejected(made * (1 + 1e-9))[index]
        if made > 1e-12:
            assert not rejected(made * (1 - 1e-9))[index]


def test_a_family_of_a_thousand_can_still_tell() -> None:
    rng = np.random.default_rng(5)
    values = [paired_mean(rng.normal(0, 0.1, 200)).p for _ in range(999)]
    lost = paired_mean(rng.normal(-0.05, 0.1, 200)).p
    adjusted = holm([*values, lost])[-1]
    assert adjusted is not None
    assert adjusted < 0.01
    assert adjusted == pytest.approx(1000 * lost)  # type: ignore[operator]


def test_the_room_is_light_to_enter() -> None:
    """Whoever compares imports it; scipy alone would take a fifth of the time of a comparison."""
    for path in Path(intervals.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                top = name.split(".")[0]
                assert top in {"__future__", "collections", "dataclasses", "functools", "harness",
                               "math", "numpy", "statistics", "typing"}  # fmt: skip


def test_the_level_is_in_every_method_alike() -> None:
    values = np.random.default_rng(1).random(40)
    narrow, wide = (mean(values, limits=(None, None), level=level) for level in (0.5, 0.99))
    assert narrow.interval is not None
    assert wide.interval is not None
    ratio = (wide.interval[1] - wide.interval[0]) / (narrow.interval[1] - narrow.interval[0])
    assert ratio == pytest.approx(stats.t.ppf(0.995, 39) / stats.t.ppf(0.75, 39))
