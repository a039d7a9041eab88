"""Logistic fits, dependent correlations, P.1401 and Krasula against golden values."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness.metrics.opinion.votes as votes_module
from harness.metrics.intervals import holm
from harness.metrics.opinion.correlation import pearson
from harness.metrics.opinion.dependent import dependent_tests
from harness.metrics.opinion.logistic import fit_logistic, logistic
from harness.metrics.opinion.measures import kendall, spearman
from harness.metrics.opinion.votes import outliers, pair_analysis


def golden(shared_data: Path) -> Any:
    return json.loads((shared_data / "image-quality/golden_stats.json").read_text())


def table(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = [name for name in rows[0] if name not in ("image_name", "row", "image")]
    return {name: np.array([float(row[name]) for row in rows]) for name in numbers}


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "key"),
    [("KonIQ-10k", "linearityiqa_KonIQ_test_2015"), ("CLIVE", "linearityiqa_CLIVE_1162")],
)
def test_golden_fits(shared_data: Path, name: str, key: str) -> None:
    data = table(shared_data / f"image-quality/linearityiqa/{name}.csv")
    wanted = golden(shared_data)[key]
    for model, plcc in wanted["plcc_log4"].items():
        fit = fit_logistic(data[f"{model}_pq"], data["mos"])
        assert fit.status == "logistic"
        assert fit.fitted is not None
        assert round(pearson(fit.fitted, data["mos"]), 4) == pytest.approx(plcc, abs=1.01e-4)
        found = kendall(data[f"{model}_pq"], data["mos"])
        assert found == pytest.approx(wanted["krcc_tau_b"][model], abs=5.1e-5)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.floats(0.05, 3), st.sampled_from([1e-6, 1.0, 1e6]))
def test_a_fit_is_never_worse_than_the_line(seed: int, noise: float, scale: float) -> None:
    random = np.random.default_rng(seed)
    x = random.normal(size=40)
    y = np.tanh(x) + noise * random.normal(size=40)
    fit = fit_logistic(x * scale, y)
    plain = pearson(x, y)
    if min(plain, spearman(x, y)) <= 0:
        assert (fit.status, fit.fitted) == ("none", None)
        assert "wrong sign" in (fit.reason or "")
        return
    assert fit.fitted is not None
    assert pearson(fit.fitted, y) >= plain - 1e-12
    order = np.argsort(x)
    assert (np.diff(fit.fitted[order]) >= -1e-9).all()


def test_a_known_curve_is_found_again() -> None:
    x = np.linspace(-3, 3, 200)
    y = logistic(x, 90.0, 10.0, 0.5, 0.7)
    fit = fit_logistic(x, y)
    assert fit.parameters == pytest.approx((90, 10, 0.5, 0.7), rel=1e-4)
    assert fit_logistic(-x, y).status == "none"


def test_the_published_vector_of_dependent_tests() -> None:
    """t of R's psych::r.test, and the values of golden_stats.json."""
    found = dependent_tests(0.2, 0.5, 0.1, 315)
    assert found is not None
    assert found.williams_t == pytest.approx(-4.494992541021161, abs=1e-9)
    assert found.williams_p == pytest.approx(9.818136702882084e-06, rel=1e-6)
    assert found.steiger_z == pytest.approx(-4.415182760067515, abs=1e-9)
    assert found.dunn_clark_z == pytest.approx(-4.4411553194387166, abs=1e-9)
    assert found.meng_z == pytest.approx(-4.389932143546321, abs=1e-9)
    assert found.meng_interval == pytest.approx(
        (-0.5013104323852359, -0.19183674817470955), abs=1e-5
    )  # made there with the quantile 1.96
    assert found.zou_interval == pytest.approx((-0.43071241386864056, -0.16749035509626))
    turned = dependent_tests(0.5, 0.2, 0.1, 315)
    assert turned is not None
    assert turned.williams_t == pytest.approx(-found.williams_t)
    assert dependent_tests(1.0, 0.5, 0.5, 100) is None
    assert dependent_tests(0.1, 0.5, 0.5, 3) is None


@pytest.mark.parametrize("n", [4, 5, 12, 400])
def test_tails_are_those_of_scipy(n: int) -> None:
    from scipy import stats

    for r12, r13, r23 in ((0.3, 0.31, 0.5), (-0.2, 0.9, 0.1), (0.5, 0.5, 0.0), (0.99, 0.2, 0.3)):
        found = dependent_tests(r12, r13, r23, n)
        assert found is not None
        for p, z in ((found.steiger_p, found.steiger_z), (found.meng_p, found.meng_z)):
            assert p == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-9, abs=1e-300)
        wanted = 2 * stats.t.sf(abs(found.williams_t), n - 3)
        assert found.williams_p == pytest.approx(wanted, rel=1e-9, abs=1e-300)


def test_equal_correlations_are_rejected_as_often_as_promised() -> None:
    """Of normal variables whose true correlations are equal, five in a hundred."""
    random = np.random.default_rng(1)
    mixed = np.linalg.cholesky([[1, 0.6, 0.6], [0.6, 1, 0.5], [0.6, 0.5, 1]])
    p: list[tuple[float, float, float]] = []
    for _ in range(2000):
        y, a, b = mixed @ random.normal(size=(3, 40))
        found = dependent_tests(pearson(a, y), pearson(b, y), pearson(a, b), 40)
        assert found is not None
        low, high = found.zou_interval
        p.append((found.williams_p, found.steiger_p, 0.0 if low * high > 0 else 1.0))
    rates = (np.array(p) < 0.05).mean(axis=0)
    assert (np.abs(rates - 0.05) < 0.015).all(), rates  # three standard errors


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_p1401_against_a_slow_loop() -> None:
    from scipy import stats

    random = np.random.default_rng(0)
    x = random.normal(size=60)
    y = 3 + 0.4 * x + 0.2 * random.normal(size=60)
    sd, votes = random.uniform(0.2, 1, 60), random.integers(5, 40, 60).astype(float)
    found = outliers(x, y, sd, votes)
    line = stats.linregress(x, y)
    inside, squares, beyond = 0, 0.0, 0.0
    for i in range(60):
        error = abs(y[i] - (line.slope * x[i] + line.intercept))
        reach = stats.t.ppf(0.975, votes[i] - 1) * sd[i] / votes[i] ** 0.5
        inside += error <= reach
        squares += error**2
        beyond += max(0, error - reach) ** 2
    assert found.ratio == pytest.approx(1 - inside / 60)
    assert found.rmse == pytest.approx((squares / 58) ** 0.5)
    assert found.rmse_star == pytest.approx((beyond / 58) ** 0.5)
    with pytest.raises(ValueError, match="two votes"):
        outliers(x, y, sd, np.ones(60))


def test_pairs_against_a_slow_loop_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy.stats import norm

    monkeypatch.setattr(votes_module, "_BLOCK_CELLS", 70)
    random = np.random.default_rng(5)
    y, x = random.integers(0, 9, 30).astype(float), random.integers(0, 5, 30).astype(float)
    sd, votes = random.uniform(1, 3, 30), random.integers(2, 9, 30).astype(float)
    similar, signed = [], []
    for i in range(30):
        for j in range(i + 1, 30):
            z = (y[i] - y[j]) / (sd[i] ** 2 / votes[i] + sd[j] ** 2 / votes[j]) ** 0.5
            if norm.cdf(abs(z)) >= 0.95:
                signed.append((x[i] - x[j]) * np.sign(z))
            else:
                similar.append(abs(x[i] - x[j]))
    found = pair_analysis(x, y, sd, votes)
    assert (found.different, found.similar) == (len(signed), len(similar))
    assert found.right == pytest.approx(np.mean([s > 0 for s in signed]))
    order = [(abs(d) > s) + (abs(d) == s) / 2 for d in signed for s in similar]
    assert found.auc_different == pytest.approx(np.mean(order), abs=1e-12)
    better = [(a > -b) + (a == -b) / 2 for a in signed for b in signed]
    assert found.auc_better == pytest.approx(np.mean(better), abs=1e-12)


@pytest.mark.shared_data
def test_krasula_on_toyama(shared_data: Path) -> None:
    """Outputs of the authors' own code (golden_octave.json)."""
    folder = shared_data / "image-quality/toyama_krasula"
    data = table(folder / "toyama.csv")
    wanted = json.loads((folder / "golden_octave.json").read_text())
    for index, model in enumerate(wanted["metrics"]):
        found = pair_analysis(data[model], data["mos"], data["sd"], data["num_obs"])
        assert (found.different, found.similar) == (11121, 2907)
        assert found.auc_different == pytest.approx(wanted["AUC_DS"][index], abs=1e-9)
        assert found.auc_better == pytest.approx(wanted["AUC_BW"][index], abs=1e-9)
        assert found.right == pytest.approx(wanted["CC_0"][index], abs=1e-9)
