"""Paired intervals and p of a comparison on drawn inputs, against programs of others.

``scipy`` is always here. ``statsmodels`` and ``evalstats`` are asked where they are installed
(``pip install evalstats`` brings both): nothing of ours needs them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from harness.compare.deltas import Delta
from harness.compare.outcomes import Outcomes, count_flips
from harness.metrics.intervals import mean
from tests.compare.made_sides import made_side, metric
from tests.compare.test_missing import compared, shares

SEEDS = range(6)


def drawn(seed: int) -> tuple[Any, Any]:
    """What two models got right, which agree mostly."""
    random = np.random.default_rng(seed)
    old = random.random(80 + 150 * seed) < 0.8
    turned = random.random(len(old)) < 0.03 * (seed + 1)
    return old, np.where(turned, ~old, old)


def of_shares(folder: Path, old: Any, new: Any) -> Delta:
    (task,) = compared(shares(folder / "a", old), shares(folder / "b", new)).tasks
    return task.deltas[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_mcnemars_p_is_scipys_binomial_test(tmp_path: Path, seed: int) -> None:
    old, new = drawn(seed)
    lost, won = int((old & ~new).sum()), int((~old & new).sum())
    wanted = stats.binomtest(lost, lost + won, 0.5).pvalue if lost + won else 1.0
    assert of_shares(tmp_path, old, new).p == pytest.approx(wanted, rel=1e-9)
    ids = [str(n) for n in range(len(old))]
    flips = count_flips(Outcomes("a", "", "items", ids, ids, old & ~new, ~old & new,
                                 np.zeros(len(old)), (old, new)))  # fmt: skip
    assert flips.p == pytest.approx(wanted, rel=1e-9)
    bounds = stats.binomtest(lost, len(old)).proportion_ci(method="exact")
    assert flips.interval == pytest.approx((bounds.low, bounds.high), abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_mcnemars_p_and_the_shares_interval_are_those_of_evalstats(
    tmp_path: Path, seed: int
) -> None:
    resampling = pytest.importorskip("evalstats.core.resampling")
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    old, new = drawn(seed)
    row = of_shares(tmp_path, old, new)
    low, high = resampling.bonett_price_paired_ci(new.astype(float), old.astype(float))
    assert row.interval == pytest.approx((low, high), abs=1e-9)
    table = [[int((a & b).sum()) for b in (new, ~new)] for a in (old, ~old)]
    assert row.p == pytest.approx(tables.mcnemar(table, exact=True).pvalue, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_interval_and_p_of_means_are_scipys_paired_t(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    old = random.beta(2, 2, 60 + 40 * seed)
    new = np.clip(old + random.normal(0.01 * seed, 0.1, len(old)), 0, 1)
    sides = []
    for name, values in (("a", old), ("b", new)):
        sure = mean(values, None)
        one = metric("nDCG@10", float(values.mean()), n=len(values), column="x",
                     interval=sure.interval, method=sure.method, units=sure.units)  # fmt: skip
        sides.append(made_side(tmp_path / name, [one], {"x": values.tolist()}))
    (task,) = compared(*sides).tasks
    (row,) = task.deltas
    wanted = stats.ttest_rel(new, old)
    interval = wanted.confidence_interval(0.95)
    assert row.p == pytest.approx(wanted.pvalue, rel=1e-6)
    assert row.interval == pytest.approx((interval.low, interval.high), abs=1e-9)
    one_sided = stats.ttest_1samp(new - old, -row.margin, alternative="less").pvalue
    assert row.loss_p == pytest.approx(one_sided, rel=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_p_of_clustered_shares_is_scipys_test_of_random_signs(
    tmp_path: Path, seed: int
) -> None:
    random = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(10), 8)
    old = random.random(80) < 0.8
    new = np.where(random.random(80) < 0.2, ~old, old)
    ids = [str(n) for n in range(80)]
    flips = count_flips(Outcomes("a", "", "items", ids, [str(c) for c in cluster], old & ~new,
                                 ~old & new, np.zeros(80), (old, new)))  # fmt: skip
    sums = np.bincount(cluster, new.astype(int) - old.astype(int))
    wanted = stats.permutation_test(
        (sums, np.zeros(10)), lambda x, y: float((x - y).sum()), permutation_type="samples",
        n_resamples=np.inf,
    ).pvalue  # fmt: skip
    assert flips.p == pytest.approx(wanted, rel=1e-9)
