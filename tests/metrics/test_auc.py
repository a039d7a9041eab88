"""AUC per group and pooled against counting pairs one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from harness.data import Group
from harness.metrics.intervals import Bootstrap
from harness.metrics.ranking import auc
from harness.metrics.ranking.compute import compute_ranking_metrics
from harness.metrics.ranking.judged import judge
from harness.metrics.ranking.names import parse_name


def pairs_auc(positives, negatives):
    """Share of pairs won, ties half; items are (score, weight)."""
    won = total = 0.0
    for p, wp in positives:
        for n, wn in negatives:
            won += wp * wn * (1.0 if p > n else 0.5 if p == n else 0.0)
            total += wp * wn
    return won / total if total else None


def split(task, rel, weights=None):
    """Per group, the positives and negatives by the written rule, as (score, weight)."""
    groups, gold, scores = task
    judged_only = any(g < 1 for grades in gold.values() for g in grades.values())
    found, at = [], 0
    for i, group in enumerate(groups):
        positives, negatives = [], []
        for document in group.candidates:
            item = (float(scores[at]), 1 if weights is None else int(weights[i]))
            grade = gold[group.id].get(document)
            at += 1
            if grade is not None and grade >= rel:
                positives.append(item)
            elif grade is not None or not judged_only:
                negatives.append(item)
        found.append((positives, negatives))
    return found


@st.composite
def tasks(draw):
    sizes = draw(st.lists(st.integers(0, 8), min_size=1, max_size=6))
    lowest = draw(st.sampled_from([-1, 1]))
    groups, gold = [], {}
    for i, size in enumerate(sizes):
        ids = tuple(f"d{k}" for k in range(size))
        cluster = draw(st.sampled_from(["x", "y", f"own{i}"]))
        groups.append(Group(str(i), "", ids, (0.0,) * size, cluster))
        names = st.sampled_from([*ids, "absent"])
        gold[str(i)] = draw(st.dictionaries(names, st.integers(lowest, 3), max_size=6))
    total = sum(sizes)
    score = st.sampled_from([-2.0, 0.0, 0.5, 1.0])
    scores = np.array(draw(st.lists(score, min_size=total, max_size=total)), np.float32)
    return tuple(groups), gold, scores


@settings(max_examples=150)
@given(tasks(), st.integers(1, 2))
def test_auc_counts_pairs(task, rel):
    groups, gold, scores = task
    bootstrap = Bootstrap([g.cluster for g in groups], replicates=10)
    mean, pooled = compute_ranking_metrics(
        [f"AUC(rel={rel})", f"AUC(rel={rel},pooled)"],
        groups, gold, scores, scores_comparable=True, bootstrap=bootstrap,
    )  # fmt: skip
    parts = split(task, rel)
    expected = [pairs_auc(*part) for part in parts]
    defined = [v for v in expected if v is not None]
    assert mean.n == len(defined)
    if defined:
        assert mean.value == pytest.approx(np.mean(defined))
        assert [v is None for v in mean.per_group] == [v is None for v in expected]
        assert [v for v in mean.per_group if v is not None] == pytest.approx(defined)
    else:
        assert mean.value is None
        assert "no group has both" in mean.reason
    whole = pairs_auc(
        [p for part in parts for p in part[0]], [n for part in parts for n in part[1]]
    )
    assert pooled.value == (None if whole is None else pytest.approx(whole))
    assert pooled.per_group is None
    assert pooled.reason is not None or pooled.interval is not None
    if pooled.interval is not None:
        low, high = pooled.interval
        assert 0 <= low <= pooled.value <= high <= 1
        assert low < high
        assert pooled.sure.units == len({g.cluster for g in groups if g.candidates})


@settings(max_examples=40)
@given(tasks(), st.integers(1, 2))
def test_pooled_replicates_equal_recomputation_with_the_same_weights(task, rel):
    groups, gold, scores = task
    bootstrap = Bootstrap([g.cluster for g in groups], replicates=6)
    found = auc.auc_pooled_replicates(judge(groups, gold, scores), rel, bootstrap)
    rows = np.concatenate(list(bootstrap.weights()))
    assert len(rows) == len(found) == 6
    for weights, value in zip(rows, found, strict=True):
        parts = split(task, rel, weights)
        expected = pairs_auc(
            [p for part in parts for p in part[0]], [n for part in parts for n in part[1]]
        )
        assert np.isnan(value) if expected is None else value == pytest.approx(expected)


def test_the_pooled_interval_is_students_t_on_the_logit_of_the_replicates():
    rng = np.random.default_rng(7)
    groups = tuple(
        Group(str(i), "", tuple(f"d{k}" for k in range(12)), (0.0,) * 12, f"c{i // 2}")
        for i in range(40)
    )
    gold = {g.id: {"d0": 1, "d1": 1, "d2": 0, "d3": 0} for g in groups}
    scores = (rng.normal(size=480) + np.tile(np.arange(12) < 2, 40)).astype(np.float32)
    bootstrap = Bootstrap([g.cluster for g in groups], replicates=300)
    (pooled,) = compute_ranking_metrics(
        ["AUC(pooled)"], groups, gold, scores, scores_comparable=True, bootstrap=bootstrap
    )
    drawn = special.logit(auc.auc_pooled_replicates(judge(groups, gold, scores), 1, bootstrap))
    half = stats.t.ppf(0.975, 19) * drawn.std(ddof=1)
    ends = special.expit(special.logit(pooled.value) + half * np.array([-1, 1]))
    assert pooled.interval == pytest.approx(ends)
    assert (pooled.sure.method, pooled.sure.units, pooled.sure.rough) == ("bootstrap-t", 20, None)
    assert pooled.column is None, "it is the mean of no column"


def two_groups():
    groups = tuple(Group(str(i), "", ("a", "b"), (1.0, 0.0), str(i)) for i in range(2))
    return groups, {"0": {"a": 1, "b": 0}, "1": {"a": 1, "b": 0}}


def test_pooled_auc_sees_what_the_mean_does_not():
    groups, gold = two_groups()
    scores = np.array([10, 9, 1, 0], np.float32)  # each query right, scales apart
    mean, pooled = compute_ranking_metrics(
        ["AUC", "AUC(pooled)"], groups, gold, scores,
        scores_comparable=True, bootstrap=Bootstrap(["0", "1"]),
    )  # fmt: skip
    assert (mean.value, pooled.value) == (1.0, 0.75)


def test_pooled_auc_is_null_when_scores_do_not_compare():
    groups, gold = two_groups()
    (result,) = compute_ranking_metrics(
        ["AUC(pooled)"], groups, gold, np.arange(4, dtype=np.float32),
        scores_comparable=False, bootstrap=Bootstrap(["0", "1"]),
    )  # fmt: skip
    assert (result.value, result.interval, result.n) == (None, None, 0)
    assert result.reason == "scores do not compare across queries"


def test_reversed_scores_give_one_minus_auc():
    rng = np.random.default_rng(5)
    groups = tuple(
        Group(str(i), "", tuple(f"d{k}" for k in range(9)), (0.0,) * 9, str(i)) for i in range(4)
    )
    gold = {g.id: {d: int(rng.integers(0, 2)) for d in g.candidates} for g in groups}
    scores = rng.integers(0, 5, 36).astype(np.float32)
    up, down = (judge(groups, gold, sign * scores) for sign in (1, -1))
    spec = parse_name("AUC")
    assert auc.auc_pooled(up, 1) + auc.auc_pooled(down, 1) == pytest.approx(1.0)
    np.testing.assert_allclose(auc.auc_per_group(up, spec) + auc.auc_per_group(down, spec), 1.0)


def test_beyond_the_item_limit_the_value_stays_and_the_interval_says_why(monkeypatch):
    monkeypatch.setattr(auc, "MAX_POOLED_ITEMS", 3)
    groups, gold = two_groups()
    (result,) = compute_ranking_metrics(
        ["AUC(pooled)"], groups, gold, np.arange(4, dtype=np.float32),
        scores_comparable=True, bootstrap=Bootstrap(["0", "1"]),
    )  # fmt: skip
    assert result.value == 0.25
    assert result.interval is None
    assert "no interval beyond 3 items" in result.reason
