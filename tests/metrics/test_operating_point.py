"""TPR at a fixed FPR against published counts, a brute force, and its own laws."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.metrics.intervals import Bootstrap
from harness.metrics.intervals.shares import clopper_pearson
from harness.metrics.thresholds.cluster_draws import Top
from harness.metrics.thresholds.drawn_cells import Cells, Seen, Sharing
from harness.metrics.thresholds.drawn_items import Draws
from harness.metrics.thresholds.operating_point import (
    Ranked,
    allowed,
    cut_of,
    cuts,
    operating_point,
    resolvable,
)

SCORES = st.lists(st.integers(-5, 5), min_size=1, max_size=40)
TARGETS = st.sampled_from([0.001, 0.01, 0.05, 0.1, 0.29, 0.5, 0.9])


def brute_force(negatives: list[int], positives: list[int], target: float) -> tuple[int, int]:
    """The most positives that any threshold flags while it flags at most k negatives."""
    k = int(target * len(negatives) + 1e-9)
    best = (0, 0)
    for threshold in {*negatives, *positives}:
        fp = sum(score >= threshold for score in negatives)
        tp = sum(score >= threshold for score in positives)
        if fp <= k:
            best = max(best, (tp, fp))
    return best


@given(SCORES, SCORES, TARGETS)
def test_it_equals_a_brute_force(negatives: list[int], positives: list[int], target: float) -> None:
    point = operating_point(np.array(negatives, float), np.array(positives, float), target)
    tp, fp = brute_force(negatives, positives, target)
    assert point.tp == tp
    assert point.fp >= fp  # among thresholds that flag equally many positives, the loosest
    assert point.fp <= point.k <= target * len(negatives) + 1e-9
    assert point.n_neg == len(negatives)
    if point.threshold is not None:
        assert sum(score >= point.threshold for score in negatives) == point.fp
        assert sum(score >= point.threshold for score in positives) == point.tp
    else:
        assert (point.tp, point.fp) == (0, 0)


@given(SCORES, SCORES, TARGETS, st.randoms())
def test_order_and_monotone_maps_change_nothing(
    negatives: list[int], positives: list[int], target: float, random: object
) -> None:
    before = operating_point(np.array(negatives, float), np.array(positives, float), target)
    shuffled = sorted(negatives, key=lambda _: random.random())  # type: ignore[attr-defined]
    mapped = operating_point(
        np.exp(3 * np.array(shuffled, float)) - 7,
        np.exp(3 * np.array(positives, float)) - 7,
        target,
    )
    same = ("n_neg", "n_pos", "k", "fp", "tp", "ties")
    assert [getattr(before, n) for n in same] == [getattr(mapped, n) for n in same]


@given(SCORES, SCORES)
def test_tpr_never_falls_as_the_target_rises(negatives: list[int], positives: list[int]) -> None:
    found = [
        operating_point(np.array(negatives, float), np.array(positives, float), target).tp
        for target in (0.001, 0.01, 0.05, 0.1, 0.3, 0.9)
    ]
    assert found == sorted(found)


@given(SCORES, SCORES)
def test_a_worse_negative_never_helps_at_the_same_k(
    negatives: list[int], positives: list[int]
) -> None:
    target = 1.5 / (len(negatives) + 0.5)  # one false positive before and after
    assume(len(negatives) > 2)
    before = operating_point(np.array(negatives, float), np.array(positives, float), target)
    more = np.array([*negatives, 100], float)
    after = operating_point(more, np.array(positives, float), target)
    assert after.k == before.k == 1
    assert after.tp <= before.tp


def test_what_the_target_allows_is_safe_from_rounding() -> None:
    assert 0.29 * 100 < 29
    assert allowed(0.29, 100) == 29
    assert allowed(0.01, np.array([99, 100, 199, 200])).tolist() == [0, 1, 1, 2]
    assert not resolvable(0.01, 99)
    assert resolvable(0.01, 100)
    found = allowed(0.01, np.array([0, 98, 99, 100, 198, 199]), conformal=True)
    assert found.tolist() == [0, 0, 0, 0, 0, 1]
    assert not resolvable(0.01, 98, conformal=True)
    assert resolvable(0.01, 99, conformal=True)


@given(st.lists(st.integers(-20, 20), min_size=2, max_size=40), TARGETS)
def test_the_expected_fpr_of_a_conformal_cut_is_at_most_the_target(
    scores: list[int], target: float
) -> None:
    # Of n + 1 exchangeable negatives each is as likely to be the one that is not at hand.
    every = np.array(scores, float)
    n = len(every) - 1
    above = [
        every[i] > cut_of(np.delete(every, i), target, conformal=True) for i in range(len(every))
    ]
    expected = sum(above) / (n + 1)
    if resolvable(target, n, conformal=True):
        assert expected <= target + 1e-12
    if len(set(scores)) == len(scores):
        k = int(allowed(target, n, conformal=True))
        assert expected == (k + 1) / (n + 1)
        assert (k + 2) / (n + 1) > target  # and one more would be too many


@given(SCORES, TARGETS, st.booleans())
def test_the_cut_is_a_rank(scores: list[int], target: float, conformal: bool) -> None:
    k = int(allowed(target, len(scores), conformal=conformal))
    cut = cut_of(np.array(scores, float), target, conformal=conformal)
    assert cut == sorted(scores, reverse=True)[k]
    ones = np.ones((1, len(scores)), dtype=np.int64)
    found = cuts(np.array(scores, float), ones, target, conformal=conformal)
    assert found.values[found.row[0]] == cut


def test_there_is_no_cut_without_negatives() -> None:
    with pytest.raises(ValueError, match="no negatives"):
        cut_of(np.zeros(0), 0.05)


def test_ties_may_leave_no_threshold() -> None:
    point = operating_point(np.ones(200), np.ones(50), 0.05)
    assert (point.k, point.fp, point.tp, point.ties) == (10, 0, 0, 200)
    assert point.threshold is None
    perfect = operating_point(np.zeros(200), np.ones(50), 0.05)
    assert (perfect.fp, perfect.tp, perfect.threshold) == (0, 50, 1.0)


@given(SCORES, SCORES, TARGETS, st.integers(0, 10_000), st.booleans())
def test_weights_count_like_copies(
    negatives: list[int], positives: list[int], target: float, seed: int, conformal: bool
) -> None:
    random = np.random.default_rng(seed)
    neg, pos = np.array(negatives, float), np.array(positives, float)
    weights = random.integers(0, 4, (5, len(neg) + len(pos)))
    cut = cuts(neg, weights[:, : len(neg)], target, conformal=conformal)
    flagged = Ranked(pos, weights[:, len(neg) :]).flagged(cut)
    for row in range(5):
        copies = np.repeat(neg, weights[row, : len(neg)])
        if not len(copies):
            assert cut.row[row] == -1
            continue
        drawn = np.repeat(pos, weights[row, len(neg) :])
        point = operating_point(copies, drawn, target, conformal=conformal)
        assert (point.k, point.tp) == (cut.k[row], flagged[row])


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(-5, 5)), max_size=40),
    st.lists(st.tuples(st.integers(0, 8), st.integers(-5, 5)), max_size=40),
    st.lists(TARGETS, min_size=1, max_size=3),
    st.booleans(),
)
def test_counts_by_cell_equal_counts_by_item(
    negatives: list[tuple[int, int]],
    positives: list[tuple[int, int]],
    targets: list[float],
    conformal: bool,
) -> None:
    items = np.array([*negatives, *positives], dtype=np.int64).reshape(-1, 2)
    bootstrap = Bootstrap([str(code) for code in items[:, 0]], replicates=20)
    codes, scores, n = bootstrap.codes, items[:, 1].astype(float), len(negatives)
    counts = np.concatenate(list(bootstrap.counts()))
    weights = np.concatenate(list(bootstrap.weights()))
    assert np.array_equal(counts[:, codes], weights)
    draws = Draws(counts)
    top = Top(scores[:n], codes[:n], targets, conformal=conformal)
    high = scores[n:] > 0
    cells = Cells.make(scores[n:], codes[n:], [high])
    everything, own = np.ones(len(cells), dtype=bool), cells.within(high)
    sharing = Sharing(cells, [(np.arange(len(cells)), top.values)], [everything, own])
    seen, parts = Seen(sharing, draws), [np.ones(len(high), dtype=bool), high]
    for cut, target in zip(top.cuts(draws, weights[:, :n].sum(axis=1)) or [], targets, strict=True):
        wanted = cuts(scores[:n], weights[:, :n], target, conformal=conformal)
        for name in ("row", "k", "drawn"):
            assert np.array_equal(getattr(cut, name), getattr(wanted, name))
        flagged, undefined = seen.flagged([cut])
        for number, part in enumerate(parts):
            ranked = Ranked(scores[n:][part], weights[:, n:][:, part])
            assert np.array_equal(seen.total[:, number], ranked.total)
            assert np.array_equal(flagged[:, number], ranked.flagged(wanted))
            lost = (wanted.row < 0) & (ranked.total > 0)
            assert np.array_equal(undefined[:, number], lost)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # detection.md, section 4: 95 % intervals in percent, to two places.
    [(2, 200, 0.12, 3.57), (10, 200, 2.42, 9.00), (16, 1600, 0.57, 1.62), (5, 500, 0.33, 2.32),
     (10, 1000, 0.48, 1.83), (0, 100, 0, 3.62), (0, 300, 0, 1.22)],
)  # fmt: skip
def test_clopper_pearson(successes: int, trials: int, low: float, high: float) -> None:
    found = clopper_pearson(successes, trials)
    assert [round(100 * bound, 2) for bound in found] == [low, high]


def test_a_share_that_is_none_is_refused() -> None:
    for successes, trials in ((1, 0), (3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="no share"):
            clopper_pearson(successes, trials)
    assert clopper_pearson(4, 4)[1] == 1


@pytest.mark.shared_data
def test_all_published_points(shared_data: Path) -> None:
    """1,428 (tp, fp) points: brute force and scikit-learn's envelope agree on them."""
    folder = shared_data / "detection/fastdetectgpt"
    scores = [json.loads(line) for line in (folder / "scores_reported.jsonl").open()]
    wanted = [json.loads(line) for line in (folder / "expected_tpr_at_fpr.jsonl").open()]
    checked = 0
    for row, expected in zip(scores, wanted, strict=True):
        assert row["path"] == expected["path"]
        for target, at in expected["at"].items():
            point = operating_point(np.array(row["human"]), np.array(row["ai"]), float(target))
            assert (point.tp, point.fp, point.k) == (at["tp"], at["fp"], at["k_allowed"])
            checked += 1
    assert checked == 1428
