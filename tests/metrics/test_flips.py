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
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.metrics import flips
from harness.metrics.flip_measures import ALL, EMPTY, ERRORS, HITS, FlipMeasure
from harness.metrics.flips import FlipCounts, flip_interval, flip_metrics, mcnemar, seed_floor
from harness.metrics.intervals.shares import clopper_pearson
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


@given(COUNTS)
def test_intervals_hold_the_value(cells: tuple[int, int, int, int]) -> None:
    counts = FlipCounts(*cells, 0)
    for name, (value, _) in flip_metrics(counts).items():
        interval = flip_interval(name, counts)
        if value is None:
            assert interval is None
        elif name != "NFR[relative]" and interval is not None:
            assert interval[0] - 1e-12 <= value <= interval[1] + 1e-12


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
    assert flip_interval("NFR", FlipCounts(n - lost, lost, 0, 0)) == found


def test_the_relative_rate_is_one_for_independent_errors() -> None:
    # 80% and 70% right, independently: .8 x .3 of all items flip.
    counts = FlipCounts(5600, 2400, 1400, 600)
    assert flip_metrics(counts)["NFR[relative]"][0] == pytest.approx(1.0)
    interval = flip_interval("NFR[relative]", counts)
    assert interval is not None
    assert interval[0] < 1 < interval[1]
    assert interval == flip_interval("NFR[relative]", counts)  # seeded


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
    assert flip_interval("error", counts) == clopper_pearson(3, 10)
    assert flip_metrics(FlipCounts(0, 0, 0, 0))["error"] == (None, EMPTY[ALL])
    assert flips.flip_ratios(5, 1, 2, 2, 0)["error"] == 0.3
