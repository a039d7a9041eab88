"""Correlations and their replicates against scipy, published figures and slow loops."""

from __future__ import annotations

import csv
import itertools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.metrics.intervals import Bootstrap
from harness.metrics.opinion import correlation
from harness.metrics.opinion.correlation import replicates, tied, why_undefined
from harness.metrics.opinion.measures import kendall, linear, spearman

PAIRS = st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=8, max_size=60)


def columns(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.array(pairs, dtype=np.float64).T
    assume(why_undefined(x, y) is None)
    return x, y


@given(PAIRS)
def test_they_equal_scipy_with_ties(pairs: list[tuple[int, int]]) -> None:
    x, y = columns(pairs)
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)
    assert kendall(x, y) == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-12)
    assert linear(x, y) == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-12)
    for compute in (spearman, kendall):
        assert compute(np.exp(x), y) == compute(x, y)
    mixed = np.random.default_rng(0).permutation(len(x))
    assert kendall(x[mixed], y[mixed]) == kendall(x, y)
    assert spearman(x[mixed], y[mixed]) == pytest.approx(spearman(x, y), abs=1e-12)
    assert spearman(-x, y) == pytest.approx(-spearman(x, y), abs=1e-12)


@settings(max_examples=25)
@given(PAIRS, st.integers(0, 5))
def test_replicates_equal_scipy_on_the_resampled_list(
    pairs: list[tuple[int, int]], seed: int
) -> None:
    x, y = columns(pairs)
    clusters = [f"c{i // 2}" for i in range(len(x))]
    bootstrap = Bootstrap(clusters, replicates=20, seed=seed)
    found = replicates(x, y, bootstrap, fitted=x / 2)
    weights = np.concatenate(list(bootstrap.weights()))
    for row, drawn in enumerate(weights):
        a, b = np.repeat(x, drawn), np.repeat(y, drawn)
        if len(np.unique(a)) < 2 or len(np.unique(b)) < 2:
            assert np.isnan(found["srcc"][row])
            continue
        assert found["srcc"][row] == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-9)
        assert found["krcc"][row] == pytest.approx(stats.kendalltau(a, b).statistic, abs=1e-9)
        assert found["plcc"][row] == pytest.approx(stats.pearsonr(a, b).statistic, abs=1e-7)
        rmse = np.sqrt(np.mean((a / 2 - b) ** 2))
        assert found["rmse_fitted"][row] == pytest.approx(rmse, abs=1e-9)


def test_the_projection_of_kendall_has_the_spread_of_the_exact_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(3)
    x = random.normal(size=600)
    y = np.round(x + random.normal(size=600), 1)
    bootstrap = Bootstrap([f"c{i // 3}" for i in range(600)], replicates=800)
    exact = replicates(x, y, bootstrap)["krcc"]
    monkeypatch.setattr(correlation, "EXACT_PAIRS", 10)
    projected = replicates(x, y, bootstrap)["krcc"]
    assert projected.std() == pytest.approx(exact.std(), rel=0.06)
    assert abs(projected.mean() - exact.mean()) < 0.1 * exact.std()
    assert np.corrcoef(projected, exact)[0, 1] > 0.99


def test_opinions_that_float_noise_keeps_apart_are_ties() -> None:
    """Means of the same votes in two orders, and fractions: equal ones in exact arithmetic."""
    rng = np.random.default_rng(3)
    votes = [rng.integers(1, 6, size=7) for _ in range(300)]
    exact = [Fraction(int(v.sum()), 70) for v in votes]
    noisy = np.array([sum(float(x) / 10 for x in rng.permutation(v)) / 7 for v in votes])
    assert len(np.unique(noisy)) > len(set(exact))
    clean = tied(noisy)
    for one, other in itertools.combinations(range(300), 2):
        assert (clean[one] == clean[other]) == (exact[one] == exact[other])
    assert np.abs(clean - noisy).max() < 1e-14


def test_what_is_apart_by_more_than_noise_stays_to_the_bit() -> None:
    values = np.array([1.0, 1.0 + 1e-11, -5.0, 0.0, 3e-9])
    assert tied(values).tolist() == values.tolist()
    assert tied(np.zeros(0)).tolist() == []


def test_what_is_undefined_says_why() -> None:
    varied = np.arange(10.0)
    assert why_undefined(np.ones(10), varied) == "all scores are equal"
    assert why_undefined(varied, np.ones(10)) == "all opinion scores are equal"
    assert why_undefined(varied % 3, varied) == "fewer than 4 distinct scores (3)"
    assert why_undefined(varied, varied) is None


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["KonIQ-10k", "CLIVE"])
def test_published_srcc_and_plcc(shared_data: Path, name: str) -> None:
    """LinearityIQA (arXiv 2008.03889): values that its authors stored beside the predictions."""
    folder = shared_data / "image-quality/linearityiqa"
    with (folder / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    opinions = np.array([float(row["mos"]) for row in rows])
    with (folder / "published_in_npy.csv").open(newline="") as file:
        published = [row for row in csv.DictReader(file) if row["dataset"] == name]
    assert len(published) == 3
    for row in published:
        for head in ("", "1", "2"):
            column = f"{row['loss'].lower().replace('-', '')}_pq{head}"
            scores = np.array([float(r[column]) for r in rows])
            assert spearman(scores, opinions) == pytest.approx(float(row[f"srcc{head}"]), abs=1e-10)
            assert linear(scores, opinions) == pytest.approx(float(row[f"plcc{head}"]), abs=1e-10)
            rmse = np.sqrt(np.mean((scores - opinions) ** 2))
            assert rmse == pytest.approx(float(row[f"rmse{head}"]), abs=1e-6)
