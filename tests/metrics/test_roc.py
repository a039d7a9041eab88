"""Areas and rates of the ROC curve against published values, scikit-learn and brute force."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.thresholds import areas
from harness.metrics.thresholds.areas import (
    CurveMeasure,
    auroc,
    curve_measures,
    equal_error_rate,
    partial_auc,
)
from harness.metrics.thresholds.operating_point import operating_point
from harness.metrics.thresholds.roc import roc, thinned
from harness.nouns import MetricCard

SCORES = st.lists(st.integers(-4, 4), min_size=1, max_size=30)


def arrays(*lists: list[int]) -> list[np.ndarray]:
    return [np.array(values, dtype=np.float64) for values in lists]


@given(SCORES, SCORES)
def test_the_area_is_the_share_of_pairs_in_order(neg: list[int], pos: list[int]) -> None:
    pairs = [(p > n) + (p == n) / 2 for p in pos for n in neg]
    area = auroc(roc(*arrays(neg, pos)))
    assert area == pytest.approx(sum(pairs) / len(pairs), abs=1e-15)
    swapped = auroc(roc(*arrays(pos, neg)))
    assert area is not None
    assert swapped == pytest.approx(1 - area, abs=1e-15)
    assert auroc(roc(*arrays([3 * n + 1 for n in neg], [3 * p + 1 for p in pos]))) == area


@given(SCORES, SCORES, st.sampled_from([0.01, 0.05, 0.3, 1.0]))
def test_the_partial_area_is_scikit_learns(neg: list[int], pos: list[int], limit: float) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    labels = [0] * len(neg) + [1] * len(pos)
    ours = partial_auc(roc(*arrays(neg, pos)), limit)
    theirs = metrics.roc_auc_score(labels, neg + pos, max_fpr=limit)
    assert ours is not None
    if limit == 1:
        assert ours == pytest.approx(theirs, abs=1e-12)
    else:  # theirs is McClish's standardised area
        low, high = limit**2 / 2, limit
        assert 0.5 * (1 + (ours * limit - low) / (high - low)) == pytest.approx(theirs, abs=1e-9)


def test_the_equal_error_rate() -> None:
    assert equal_error_rate(roc(*arrays([0, 1], [2, 3]))) == 0
    assert equal_error_rate(roc(*arrays([2, 3], [0, 1]))) == 1
    assert equal_error_rate(roc(*arrays([0, 0], [0, 0]))) == 0.5
    assert equal_error_rate(roc(*arrays([0, 1, 2, 3], [1, 2, 3, 4]))) == pytest.approx(0.375)


def test_without_one_of_the_classes_nothing_is_defined() -> None:
    empty = roc(*arrays([], [1]))
    assert auroc(empty) is partial_auc(empty, 0.1) is equal_error_rate(empty) is None


@given(SCORES, SCORES, st.integers(0, 1000))
def test_weights_count_like_copies(neg: list[int], pos: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    n, p = arrays(neg, pos)
    weights = random.integers(0, 3, len(n)), random.integers(0, 3, len(p))
    copies = roc(np.repeat(n, weights[0]), np.repeat(p, weights[1]))
    weighted = roc(n, p, weights)
    assert auroc(copies) == auroc(weighted)
    assert partial_auc(weighted, 0.2) == pytest.approx(partial_auc(copies, 0.2))
    assert equal_error_rate(weighted) == pytest.approx(equal_error_rate(copies))


@pytest.mark.parametrize("size", [50, 5000])
def test_thinning_keeps_what_is_reported(size: int) -> None:
    random = np.random.default_rng(size)
    neg, pos = random.normal(size=size), random.normal(1, 2, size)
    curve = roc(neg, pos)
    targets = (0.001, 0.01, 0.05, 0.1)
    thin = thinned(curve, most=300, targets=targets)
    assert len(thin.fp) <= 900
    points = {(int(f), int(t)) for f, t in zip(thin.fp, thin.tp, strict=True)}
    assert points <= {(int(f), int(t)) for f, t in zip(curve.fp, curve.tp, strict=True)}
    for target in targets:
        point = operating_point(neg, pos, target)
        below = thin.tp[thin.fp <= point.k].max()
        assert below == point.tp
    assert thin.fp[0] == 0
    assert thin.tp[-1] == size


@pytest.mark.shared_data
def test_all_published_areas(shared_data: Path) -> None:
    """357 score lists with the AUROC that Fast-DetectGPT's repository stores beside them."""
    folder = shared_data / "detection/fastdetectgpt"
    rows = [json.loads(line) for line in (folder / "scores_reported.jsonl").open()]
    assert len(rows) == 357
    for row in rows:
        area = auroc(roc(np.array(row["human"]), np.array(row["ai"])))
        assert area == pytest.approx(row["roc_auc"], abs=1e-12), row["path"]


def test_a_name_says_which_measure_with_which_numbers() -> None:
    names = ("AUROC", "FPR[calibrated@1%]", "pAUC@FPR=10%", "EER", "AUROC(length)")
    found = curve_measures(names)
    curve = roc(np.array([0.0, 1, 2, 2, 3]), np.array([1.0, 2, 3, 4]))
    assert {name: compute(curve) for name, compute in found.items()} == {
        "AUROC": auroc(curve),
        "pAUC@FPR=10%": partial_auc(curve, 0.1),
        "EER": equal_error_rate(curve),
    }


def test_a_new_measure_of_a_curve_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    card = MetricCard("TPR@fp=n", "true positive rate at n false positives", "higher", 0, 1)
    made = CurveMeasure(card, lambda curve, n: float(curve.tp[curve.fp <= n].max()))
    monkeypatch.setattr(areas, "CURVE_MEASURES", (*areas.CURVE_MEASURES, made))
    curve = roc(np.array([0.0, 1, 2]), np.array([1.0, 2, 3]))
    found = curve_measures(["TPR@fp=0", "TPR@fp=1"])
    assert [compute(curve) for compute in found.values()] == [1.0, 2.0]
