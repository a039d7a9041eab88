"""Flip metrics against golden tables, published rows, brute force and identities."""

from __future__ import annotations

import csv
import gzip
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.metrics import flips
from harness.metrics.flip_measures import ALL, EMPTY, ERRORS, HITS, FlipMeasure
from harness.metrics.flips import (
    FlipCounts,
    FlipItems,
    flip_metrics,
    flip_sure,
    net_change_p,
    seed_floor,
)
from harness.metrics.intervals import base
from harness.metrics.intervals.shares import clopper_pearson, mcnemar, share
from harness.nouns import MetricCard

COUNTS = st.tuples(*[st.integers(0, 400)] * 4)
NAMES = {
    "NFR": "NFR",
    "PFR": "PFR",
    "rel_NFR": "NFR[relative]",
    "NFI": "NFI",
    "BTC": "BTC",
    "BEC_paper": "BEC",
    "BEC_ms_package": "BEC[old errors]",
    "churn": "churn",
}


@pytest.fixture(scope="module")
def golden(shared_data: Path) -> dict[str, dict[str, Any]]:
    """Counts made by independent code from public answers; PCT's rows from its README."""
    text = (shared_data / "flips" / "golden_nfr.json").read_text()
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


@pytest.fixture(scope="module")
def answers(shared_data: Path) -> list[dict[str, str]]:
    folder = shared_data / "flips" / "generalisation_humans_dnns"
    path = folder / "resnet50_finetuned_20checkpoints_responses.csv.gz"
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


def pairs(golden: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    for name, values in golden.items():
        if name.startswith("generalisation_humans_dnns"):
            _, experiment, models = name.split("|")
            yield experiment, *models.split("->"), values  # type: ignore[misc]


@pytest.mark.shared_data
def test_golden_tables_are_exact(golden: Mapping[str, Any], answers: list[dict[str, str]]) -> None:
    checked = 0
    for experiment, old, new, wanted in pairs(golden):
        rows = [row for row in answers if experiment in ("ALL", row["exp"])]
        gold, before, after = (np.array([row[c] for row in rows]) for c in ("category", old, new))
        counts = FlipCounts.of_labels(gold, before, after)
        assert counts == FlipCounts(
            wanted["both_correct"],
            wanted["neg_flips"],
            wanted["pos_flips"],
            wanted["both_wrong"],
            wanted["wrong_to_other_wrong"],
        )
        found = flip_metrics(counts)
        for theirs, ours in NAMES.items():
            assert found[ours][0] == pytest.approx(wanted[theirs], rel=1e-12)
        p = mcnemar(counts.right_wrong, counts.wrong_right)
        assert p == pytest.approx(wanted["mcnemar_exact_p"], rel=1e-6, abs=1e-300)
        checked += 1
    assert checked == 12


@pytest.mark.shared_data
def test_published_rows_come_out(golden: Mapping[str, Any]) -> None:
    # github.com/jun-fang/PCT, README: rates in per cent with two places.
    rows = [v for name, v in golden.items() if name.startswith("published")]
    assert len(rows) == 3
    for row in rows:
        n = 1_000_000
        lost = round(row["NFR"] * n)
        old_errors, new_errors = round(row["ER_old"] * n), round(row["ER_new"] * n)
        won = old_errors - (new_errors - lost)
        counts = FlipCounts(n - old_errors - lost, lost, won, new_errors - lost)
        assert flip_metrics(counts)["NFR[relative]"][0] == pytest.approx(row["rel_NFR"], abs=5e-4)


@given(COUNTS)
def test_identities_and_bounds(cells: tuple[int, int, int, int]) -> None:
    counts = FlipCounts(*cells)
    if not counts.n:
        assert all(value is None for value, _ in flip_metrics(counts).values())
        return
    _, lost, won, wrong = cells
    old_error, new_error = (won + wrong) / counts.n, (lost + wrong) / counts.n
    found = flip_metrics(counts)
    nfr, pfr = found["NFR"][0], found["PFR"][0]
    assert nfr is not None
    assert pfr is not None
    assert new_error - old_error == pytest.approx(nfr - pfr, abs=1e-12)
    assert max(0.0, new_error - old_error) - 1e-12 <= nfr
    assert nfr <= min(new_error, 1 - old_error) + 1e-12
    if found["BTC"][0] is not None:
        assert found["BTC"][0] == pytest.approx(1 - nfr / (1 - old_error))
    if found["BEC"][0] is not None:
        assert found["BEC"][0] == pytest.approx(1 - found["NFI"][0])  # type: ignore[operator]
    for name, (value, reason) in found.items():
        assert (value is None) == (reason is not None), name


def items_of(*cells: int, clusters: np.ndarray | None = None) -> FlipItems:
    """Items with these counts of cells, in order; the fourth both got wrong with one answer."""
    return FlipItems(np.repeat(np.arange(len(cells)), cells), clusters)


def relative(old: np.ndarray, new: np.ndarray) -> float:
    """NFR[relative] from scratch."""
    return float((old & ~new).mean() / (old.mean() * (~new).mean()))


@given(COUNTS)
def test_intervals_hold_the_value_and_have_a_width(cells: tuple[int, int, int, int]) -> None:
    items = items_of(*cells)
    for name, (value, _) in flip_metrics(items.counts).items():
        found = flip_sure(name, items)
        if value is None:
            assert found.interval is None
            assert found.reason
        elif found.interval is not None:
            low, high = found.interval
            assert low - 1e-12 <= value <= high + 1e-12
            assert high - low > 1e-6
        else:
            pytest.fail(f"{name} has no interval: {found.reason}")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([None, 3]))
def test_the_relative_rate_leaves_out_each_unit_in_turn(seed: int, size: int | None) -> None:
    random = np.random.default_rng(seed)
    n = 60
    old, new = random.random(n) < 0.7, random.random(n) < 0.6
    sources = None if size is None else np.arange(n) // size
    items = FlipItems.of(old, new, old != new, sources)
    units = np.arange(n) if sources is None else sources
    kept = [units != unit for unit in np.unique(units)]
    deleted = np.array([relative(old[rows], new[rows]) for rows in kept])
    by_kind, kinds = items.deletions()
    np.testing.assert_allclose(by_kind["NFR[relative]"][kinds], deleted, rtol=1e-12)
    found = flip_sure("NFR[relative]", items)
    assert (found.method, found.units) == ("jackknife", len(deleted))
    logs, k = np.log(deleted), len(deleted)
    error = np.sqrt((k - 1) / k * ((logs - logs.mean()) ** 2).sum())
    half = stats.t.ppf(0.975, k - 1) * error
    value = relative(old, new)
    assert found.interval == pytest.approx((value * np.exp(-half), value * np.exp(half)), rel=1e-6)


def test_without_a_flip_the_relative_rate_is_bounded_and_rough() -> None:
    found = flip_sure("NFR[relative]", items_of(90, 0, 4, 6))
    assert found.interval is not None
    # No new one among six errors, and nine in ten were right before.
    assert found.interval == pytest.approx((0.0, clopper_pearson(0, 6)[1] / 0.9))
    assert found.rough is not None
    alone = flip_sure("NFR[relative]", items_of(90, 1, 9, 0))
    assert alone.interval is not None
    assert alone.rough is not None
    assert alone.interval[0] < 1 / 0.91 <= alone.interval[1] + 1e-12
    few = flip_sure("NFR[relative]", items_of(900, 9, 50, 41))
    assert few.rough == "only 9 items make its numerator"
    assert flip_sure("NFR[relative]", items_of(900, 10, 50, 40)).rough is None


@given(st.integers(0, 10_000))
def test_a_share_of_clustered_items_is_among_those_of_its_denominator(seed: int) -> None:
    random = np.random.default_rng(seed)
    old, new = random.random(80) < 0.8, random.random(80) < 0.7
    sources = random.integers(0, 15, 80)
    items = FlipItems.of(old, new, old != new, sources)
    wrong = ~new
    assert flip_sure("NFI", items) == share((old & wrong)[wrong], sources[wrong])
    assert flip_sure("NFR", items) == share(old & wrong, sources)
    assert flip_sure("BTC", items) == share((old & new)[old], sources[old])


def test_few_clusters_without_many_flips_leave_no_zero_width() -> None:
    sources = np.arange(50) // 5
    none = flip_sure("NFR", FlipItems(np.zeros(50, np.int64), sources))
    assert none.interval == pytest.approx((0.0, clopper_pearson(0, 10)[1]))
    assert none.rough == "10 clusters, fit from 20 on"
    lost = np.zeros(50, np.int64)
    lost[0] = 1
    one = flip_sure("NFR", FlipItems(lost, sources))
    assert one.method == base.EFFECTIVE_N.name
    assert one.interval is not None
    assert one.interval[0] < 0.02 < one.interval[1]


def test_the_p_of_the_net_change_over_sources_flips_whole_signs() -> None:
    lost = np.array([1, 1, 1, 0, 0, 0, 1, 0], dtype=bool)
    won = np.array([0, 0, 0, 1, 0, 0, 0, 0], dtype=bool)
    assert net_change_p(lost, won) == mcnemar(4, 1)
    sources = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    sums = [-2, 0, 0, -1]
    signed = [abs(a * sums[0] + b * sums[3]) for a in (-1, 1) for b in (-1, 1)]
    assert net_change_p(lost, won, sources) == pytest.approx(np.mean([s >= 3 for s in signed]))


def test_undefined_is_null_with_its_reason() -> None:
    perfect = flip_metrics(FlipCounts(5, 0, 2, 0))
    assert perfect["NFI"] == (None, EMPTY[ERRORS])
    assert perfect["BEC"] == (None, EMPTY[ERRORS])
    assert perfect["NFR[relative]"] == (None, EMPTY[ERRORS])
    assert perfect["NFR"] == (0.0, None)
    hopeless = flip_metrics(FlipCounts(0, 0, 0, 4))
    assert hopeless["BTC"] == (None, EMPTY[HITS])
    assert hopeless["churn"][0] is None


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_is_the_exact_binomial_test(lost: int, won: int) -> None:
    wanted = stats.binomtest(lost, lost + won, 0.5).pvalue if lost + won else 1.0
    assert mcnemar(lost, won) == pytest.approx(wanted, rel=1e-9)


def test_an_unpaired_test_on_paired_data_misses_what_a_paired_one_finds() -> None:
    # The case reported to lm-evaluation-harness (issue 3831, pull request 3868): 220 items, an
    # unpaired z-test of the two accuracies gives p = .080 where McNemar's test gives .008.
    counts = FlipCounts(103, 12, 30, 75)
    accuracies = (115 / 220, 133 / 220)
    errors = [a * (1 - a) / (counts.n - 1) for a in accuracies]
    z = (accuracies[1] - accuracies[0]) / math.sqrt(sum(errors))
    unpaired = 2 * stats.norm.sf(abs(z))
    assert counts.n == 220
    assert unpaired == pytest.approx(0.080, abs=0.006)
    assert mcnemar(counts.right_wrong, counts.wrong_right) == pytest.approx(0.008, abs=0.0005)


@pytest.mark.parametrize(
    ("lost", "n", "low", "high"),
    [(10, 1000, 0.0048, 0.0183), (0, 1000, 0.0, 0.0037), (0, 160, 0.0, 0.0228)],
)
def test_clopper_pearson_of_a_rate(lost: int, n: int, low: float, high: float) -> None:
    found = clopper_pearson(lost, n)
    assert found == pytest.approx((low, high), abs=5e-5)
    assert flip_sure("NFR", items_of(n - lost, lost)).interval == found


def test_the_relative_rate_is_one_for_independent_errors() -> None:
    # 80% and 70% right, independently: .8 x .3 of all items flip.
    counts = FlipCounts(5600, 2400, 1400, 600)
    assert flip_metrics(counts)["NFR[relative]"][0] == pytest.approx(1.0)
    found = flip_sure("NFR[relative]", items_of(5600, 2400, 1400, 600))
    assert found.interval is not None
    assert found.interval[0] < 1 < found.interval[1]
    assert (found.method, found.units, found.rough) == ("jackknife", 10_000, None)


def test_the_noise_floor_is_the_mean_over_ordered_pairs() -> None:
    runs = [np.array(row, dtype=bool) for row in ([1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 1, 0])]
    rates = [np.mean(a & ~b) for i, a in enumerate(runs) for j, b in enumerate(runs) if i != j]
    assert seed_floor(runs) == pytest.approx(np.mean(rates))
    assert seed_floor(runs[:1]) is None


def test_a_new_flip_metric_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    card = MetricCard("error", "share of errors now", "lower", 0, 1)
    made = FlipMeasure(card, (ERRORS,), (ALL,))
    monkeypatch.setitem(flips.MEASURES, "error", made)
    counts = FlipCounts(5, 1, 2, 2)
    assert flip_metrics(counts)["error"] == (0.3, None)
    assert flip_sure("error", items_of(5, 1, 2, 2)).interval == clopper_pearson(3, 10)
    assert flip_metrics(FlipCounts(0, 0, 0, 0))["error"] == (None, EMPTY[ALL])
    assert flips.flip_ratios(5, 1, 2, 2, 0)["error"] == 0.3
