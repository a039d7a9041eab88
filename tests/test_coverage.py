"""The benchmark of coverage: its references, its populations, its limits, and its page."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import stats

from harness.metrics.intervals import Uncertainty

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = ROOT / "benchmarks"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coverage_script", BENCHMARKS / "coverage.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(autouse=True)
def cases() -> Iterator[None]:
    """Makes the modules of cases importable as the script does, and leaves the path as it was."""
    before = list(sys.path)
    script().find_cases()
    yield
    sys.path[:] = before


def row(**changes: Any) -> dict[str, Any]:
    made = {
        "kind": "coverage", "situation": "s", "population": "p", "metric": "m", "n": 200,
        "units": 200, "truth": "known", "repetitions": 1000, "undefined": 0, "nominal": 0.95,
        "covered": 950, "missed_low": 25, "missed_high": 25, "width": 0.1, "zero_width": 0,
        "rough": 0.0, "reference": "Wilson", "reference_width": 0.1, "reference_covered": 950,
        "reference_repetitions": 1000, "version": "1", "date": "2026-01-01",
    }  # fmt: skip
    return {**made, **changes}


def test_the_page_is_that_of_the_rows() -> None:
    from coverage_cases import page, runner

    made = page.render(runner.read(script().RESULTS))
    assert (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8") == made


def test_every_cell_was_run_and_every_row_is_of_a_cell() -> None:
    from coverage_cases import runner
    from coverage_cases.cells import cells

    rows = runner.read(script().RESULTS)
    lost = [cell.key for cell in cells() if not runner.done(rows, cell)]
    assert not lost, "run: python benchmarks/coverage.py --missing"
    keys = [cell.key for cell in cells()]
    assert len(set(keys)) == len(keys)


def test_every_situation_is_in_the_short_form() -> None:
    from coverage_cases.cells import cells

    everything = {cell.situation for cell in cells()}
    assert everything == {cell.situation for cell in cells() if cell.short}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"covered": 931}, []),
        ({"covered": 900}, ["coverage below 0.93"]),
        ({"covered": 900, "units": 49}, []),
        ({"covered": 860, "units": 20}, ["coverage below 0.90"]),
        ({"covered": 700, "rough": 0.51}, []),
        ({"covered": 700, "rough": 0.5}, ["coverage below 0.93"]),
        ({"zero_width": 1, "rough": 1.0}, ["zero width"]),
        ({"width": 0.1249}, []),
        ({"width": 0.126}, ["wider than 1.25 times the reference"]),
        ({"width": 0.126, "reference_covered": 900}, []),
        ({"repetitions": 0}, ["no interval"]),
        # Nine of ten may be .93 or more: ten repetitions prove nothing.
        ({"repetitions": 10, "covered": 9}, []),
    ],
)
def test_limits(changes: dict[str, Any], found: list[str]) -> None:
    from coverage_cases.judging import faults

    assert faults(row(**changes)) == found


def test_limits_of_rates() -> None:
    from coverage_cases.judging import faults

    rate = {"kind": "rate", "repetitions": 1000, "limit": 0.025, "side": "at most"}
    assert faults({**rate, "happened": 25.0}) == []
    assert faults({**rate, "happened": 45.0}) == ["more than 0.025"]
    power = {**rate, "side": "at least", "limit": 0.85}
    assert faults({**power, "happened": 840.0}) == []
    assert faults({**power, "happened": 800.0}) == ["less than 0.85"]


def test_a_row_counts_what_was_seen() -> None:
    from coverage_cases.base import Cell, Seen, run

    drawn = iter([(0.0, 1.0), (0.6, 1.0), (0.0, 0.4), (0.5, 0.5)])

    def draw(_: np.random.Generator) -> dict[str, Seen]:
        ends = next(drawn)
        sure = Uncertainty(ends, "t", 9, rough="few" if ends == (0.0, 1.0) else None)
        return {"m": Seen.of(sure, 0.5, value=0.5, reference=("Wilson", (0.4, 0.6)))}

    (made,) = run(Cell("s", "p", 9, 9, draw), 4)
    assert (made["covered"], made["missed_low"], made["missed_high"]) == (2, 1, 1)
    assert (made["zero_width"], made["rough"], made["width"]) == (1, 0.25, 0.45)
    assert (made["firm"], made["firm_covered"]) == (3, 1)
    assert (made["reference_covered"], made["reference_width"]) == (4, pytest.approx(0.2))


def test_repetitions_do_not_depend_on_what_else_runs() -> None:
    from coverage_cases.runner import chosen, run_all

    both = chosen("share / p = 0.9 / ", short=False)[:2]
    alone = {cell.key: rows for cell, rows, _ in run_all(both[1:], 20, 1)}
    together = {cell.key: rows for cell, rows, _ in run_all(both, 20, 2)}
    assert together[both[1].key] == alone[both[1].key]


def test_a_method_that_loses_coverage_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The normal interval with the plain standard error, which many tools give."""
    from coverage_cases import shares
    from coverage_cases.base import run
    from coverage_cases.judging import faults
    from coverage_cases.runner import chosen

    def wald(hits: np.ndarray[Any, Any], clusters: Any = None) -> Uncertainty:
        half = 1.96 * float(hits.std()) / np.sqrt(len(hits))
        return Uncertainty((hits.mean() - half, hits.mean() + half), "wald", len(hits))

    cells = [cell for cell in chosen("share", short=True) if "paired" not in cell.key]
    slack = script().SHORT_SLACK
    before = [faults(row, slack=slack) for cell in cells for row in run(cell, 200)]
    monkeypatch.setattr(shares, "share", wald)
    after = [faults(row, slack=slack) for cell in cells for row in run(cell, 200)]
    assert not any(before)
    assert sum(bool(found) for found in after) >= 4


def test_wilson_is_scipys() -> None:
    from coverage_cases.base import wilson

    for hits, n in ((0, 7), (3, 7), (7, 7), (40, 1000)):
        theirs = stats.binomtest(hits, n).proportion_ci(method="wilson")
        assert wilson(hits, n) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_plain_and_clustered_t() -> None:
    from coverage_cases.references import cluster_t, plain_t

    values = np.random.default_rng(3).beta(0.5, 0.5, 40)
    theirs = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert plain_t(values) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    # Clusters of one are no clusters; of equal size, the t interval of their means.
    assert cluster_t(values, np.arange(40)) == pytest.approx(plain_t(values), abs=1e-12)
    means = values.reshape(8, 5).mean(axis=1)
    assert cluster_t(values, np.repeat(np.arange(8), 5)) == pytest.approx(plain_t(means), abs=1e-12)


def test_newcombes_own_example() -> None:
    """Newcombe (1998), table II, method 10: 36 of both, 12 and 2 of one alone, 0 of neither."""
    from coverage_cases.references import newcombe

    assert newcombe(lost=2, won=12, n=50, both=36) == pytest.approx((0.0569, 0.3404), abs=5e-4)


def test_delong_is_the_variance_of_the_definition() -> None:
    from coverage_cases.references import delong_logit

    random = np.random.default_rng(5)
    negatives, positives = np.round(random.normal(size=17), 1), np.round(random.normal(1, 1, 23), 1)
    wins = (positives[None, :] > negatives[:, None]) + 0.5 * (
        positives[None, :] == negatives[:, None]
    )
    area = wins.mean()
    variance = wins.mean(axis=0).var(ddof=1) / 23 + wins.mean(axis=1).var(ddof=1) / 17
    half = stats.norm.ppf(0.975) * np.sqrt(variance) / (area * (1 - area))
    ends = tuple(float(1 / (1 + np.exp(-(np.log(area / (1 - area)) + s * half)))) for s in (-1, 1))
    assert delong_logit(negatives, positives) == pytest.approx(ends, abs=1e-7)


def test_truths_of_detectors_are_those_of_a_large_sample() -> None:
    from coverage_cases.detection import GOOD, HEAVY, NORMAL, TIES, area_of

    for scores in (NORMAL, GOOD, HEAVY, TIES):
        human, machine = scores.draw(np.random.default_rng(1), 200_000, None)
        ranks = stats.rankdata(np.concatenate([human, machine]))[len(human) :]
        area = (ranks.sum() - len(machine) * (len(machine) + 1) / 2) / len(human) / len(machine)
        assert area_of(scores) == pytest.approx(area, abs=0.003)
        for target in (0.05, 0.01):
            # The lowest cut that no more than the target of them are above.
            cut = np.sort(human)[::-1][int(target * len(human))]
            assert scores.tpr(target) == pytest.approx((machine > cut).mean(), abs=0.02)
            assert scores.above(cut, machine=False) == pytest.approx(
                (human > cut).mean(), abs=0.002
            )


def test_truths_of_quality_models_are_those_of_a_smaller_sample() -> None:
    from coverage_cases import quality

    for (noise, skew), truths in quality.POPULATIONS.items():
        found = quality.population(noise, skew, 8_000)
        for name, truth in truths.items():
            assert found[name] == pytest.approx(truth, rel=0.03), (noise, skew, name)


def test_truths_of_flips_and_of_clustered_hits() -> None:
    from coverage_cases.flips import Classifiers
    from coverage_cases.shares import ClusteredPairedShare, clustered_hits

    made = Classifiers(0.1, 0.02, 0.8, 100_000, None)(np.random.default_rng(2))
    for name, seen in made.items():
        assert seen.value == pytest.approx(seen.truth, rel=0.03), name
    hits = clustered_hits(np.random.default_rng(2), 0.9, 20_000, 0.6).reshape(-1, 5)
    assert hits.mean() == pytest.approx(0.9, abs=0.005)
    pairs = np.corrcoef(hits[:, 0], hits[:, 1])[0, 1]
    assert pairs == pytest.approx(0.6, abs=0.03)
    found = ClusteredPairedShare(0.1, 0.02, 4000, 0.1)(np.random.default_rng(2))
    (seen,) = found.values()
    assert seen.interval is not None
    assert seen.interval[0] < seen.truth < seen.interval[1]


def test_rows_of_real_runs_stay_where_the_runs_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from coverage_cases import runner

    kept = runner.read(script().RESULTS)
    monkeypatch.setenv("MARGINBENCH_SHARED_DATA", str(tmp_path))
    assert not any(cell.real for cell in runner.chosen("", short=False))
    runner.write(tmp_path / "rows.jsonl", kept)
    assert runner.read(tmp_path / "rows.jsonl") == kept
