"""Which way two records are paired, against scipy and by hand, and what may fail together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from harness.compare.comparison import adjusted
from harness.compare.deltas import UNPAIRED, UNPAIRED_MEMBERS, Delta, deltas
from harness.compare.policy import Budget, Policy
from harness.compare.sides import Side
from harness.files import sha256_file
from harness.metrics.intervals import base, holm
from harness.records.record import Basis, Evidence, MetricValue, read_record
from harness.tasks.arrow import truths
from tests.compare.test_reports import delta

ROOT = Path(__file__).resolve().parents[2]
RECORD = read_record(ROOT / ".github" / "baseline" / "flips.digits" / "record.json")
N = 60


def value(name: str, number: float | None, **more: Any) -> MetricValue:
    made = {
        "name": name, "value": number, "unit": "", "interval": None, "n": N, "reason": None,
        "higher_is_better": True, "basis": None, "column": None,
    }  # fmt: skip
    return MetricValue(**{**made, **more})


def side(
    folder: Path,
    metrics: Sequence[MetricValue],
    *,
    groups: Mapping[str, Any] | None = None,
    files: Mapping[str, Mapping[str, Any]] | None = None,
    task: str = "flips/x",
    members: Mapping[str, str] | None = None,
    answers: str = "",
) -> Side:
    """A side with tables of its own; ``answers`` stands for the digest of its predictions."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {**(files or {}), **({"groups": groups} if groups else {})}
    found = {}
    for name, columns in tables.items():
        path = folder / f"{name}.parquet"
        pq.write_table(pa.table(dict(columns)), path)
        rows = len(next(iter(columns.values())))
        found[name] = Evidence(file=path.name, sha256=sha256_file(path), rows=rows)
    predictions = None
    if RECORD.predictions is not None:
        digest = (answers or folder.name).encode().hex().ljust(64, "0")[:64]
        predictions = RECORD.predictions.model_copy(update={"sha256": digest})
    reference = RECORD.task.model_copy(
        update={
            "id": task, "primary_metric": metrics[0].name, "beside": [], "fingerprint": task,
            "members": None if members is None else dict(members),
        }
    )  # fmt: skip
    record = RECORD.model_copy(
        update={
            "task": reference, "metrics": list(metrics), "predictions": predictions,
            "groups": found.pop("groups", None), "files": list(found.values()),
        }
    )  # fmt: skip
    return Side(record, folder)


def names(count: int) -> list[str]:
    return [f"i{number}" for number in range(count)]


def of_column(
    folder: Path, values: Any, clusters: Sequence[str] | None = None, **more: Any
) -> Side:
    known = [float(v) for v in values if v is not None and v == v]
    groups = {"item": names(len(values)), "cluster": clusters or names(len(values)), "m": values}
    return side(folder, [value("m", float(np.mean(known)))], groups=groups, **more)


def drawn(seed: int, n: int = N) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(seed).uniform(size=n)


def test_columns_are_compared_by_students_t(tmp_path: Path) -> None:
    old, new = drawn(1), np.clip(drawn(1) + 0.2 * drawn(2), 0, 1)
    (found,) = deltas(of_column(tmp_path / "a", old), of_column(tmp_path / "b", new))
    expected = stats.ttest_rel(new, old)
    assert (found.method, found.units, found.rough) == (base.PAIRED_T.name, N, None)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-6)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval(0.95)), rel=1e-6)


def test_right_and_wrong_are_compared_as_shares(tmp_path: Path) -> None:
    old, new = drawn(1) < 0.9, drawn(2) < 0.5
    (found,) = deltas(of_column(tmp_path / "a", old), of_column(tmp_path / "b", new))
    lost, won = int((old & ~new).sum()), int((new & ~old).sum())
    assert found.method == base.PAIRED_SHARES.name
    assert found.p == pytest.approx(stats.binomtest(min(lost, won), lost + won).pvalue)


def test_sources_are_what_is_independent(tmp_path: Path) -> None:
    clusters = [f"s{number // 5}" for number in range(N)]
    old, new = drawn(1), np.clip(drawn(1) + 0.2 * np.repeat(drawn(2, 12) - 0.5, 5), 0, 1)
    (found,) = deltas(
        of_column(tmp_path / "a", old, clusters), of_column(tmp_path / "b", new, clusters)
    )
    means = (new - old).reshape(12, 5).mean(axis=1)
    assert found.units == 12
    assert found.rough is not None  # 12 sources are few
    assert found.p == pytest.approx(stats.ttest_1samp(means, 0).pvalue, rel=1e-6)


def test_a_column_with_gaps_of_booleans_is_read_as_numbers(tmp_path: Path) -> None:
    old = [None, *(bool(v) for v in drawn(1, N - 1) < 0.8)]
    new = [None, *(bool(v) for v in drawn(3, N - 1) < 0.8)]
    (found,) = deltas(of_column(tmp_path / "a", old), of_column(tmp_path / "b", new))
    assert (found.method, found.units) == (base.PAIRED_SHARES.name, N - 1)


def test_a_column_whose_mean_is_another_figure_is_not_taken(tmp_path: Path) -> None:
    groups = {"item": names(N), "cluster": names(N), "m": drawn(1)}
    old = side(tmp_path / "a", [value("m", 0.9)], groups=groups)
    new = side(tmp_path / "b", [value("m", 0.8)], groups=groups)
    (found,) = deltas(old, new)
    assert (found.interval, found.reason) == (None, UNPAIRED)


def test_a_metric_names_the_column_that_it_is_the_mean_of(tmp_path: Path) -> None:
    sides = []
    for name, seed in (("a", 1), ("b", 2)):
        groups = {"item": names(N), "cluster": names(N), "own": drawn(seed)}
        metric = value("m", float(drawn(seed).mean()), column="own")
        sides.append(side(tmp_path / name, [metric], groups=groups))
    (found,) = deltas(*sides)
    assert found.p == pytest.approx(stats.ttest_rel(drawn(2), drawn(1)).pvalue, rel=1e-6)


def test_values_without_one_unit_each(tmp_path: Path) -> None:
    sides = [
        side(tmp_path / name, [value("m", number)], files={"jackknife": {"m": number + spread}})
        for name, number, spread in (("a", 0.5, drawn(1) / 100), ("b", 0.4, drawn(2) / 100))
    ]
    (found,) = deltas(*sides)
    deleted = drawn(2) / 100 - drawn(1) / 100
    error = np.sqrt((N - 1) * np.mean((deleted - deleted.mean()) ** 2))
    assert (found.method, found.units) == (base.JACKKNIFE.name, N)
    assert found.p == pytest.approx(2 * stats.t.sf(0.1 / error, N - 1), rel=1e-6)


def test_replicates_pair_by_the_units_of_the_weaker_side(tmp_path: Path) -> None:
    rows = {"a": 0.5 + drawn(1, 500) / 10, "b": 0.45 + drawn(2, 500) / 10}
    sides = [
        side(
            tmp_path / name,
            [value("m", float(row[0]), basis=Basis(method="x", units=units, rough=None))],
            files={"replicates": {"m": row}},
        )
        for (name, row), units in zip(rows.items(), (40, 30), strict=True)
    ]
    (found,) = deltas(*sides)
    gap = float(rows["b"][0] - rows["a"][0])
    error = float(np.std(rows["b"] - rows["a"], ddof=1))
    assert (found.method, found.units) == (base.BOOTSTRAP_T.name, 30)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(gap) / error, 29), rel=1e-6)
    alone = replace(sides[1], record=sides[1].record.model_copy(
        update={"intervals": RECORD.intervals.model_copy(update={"seed": 1})}))  # fmt: skip
    (found,) = deltas(sides[0], alone)
    assert (found.interval, found.reason) == (None, UNPAIRED)


@pytest.mark.parametrize(
    ("basis", "rough"),
    [
        (Basis(method="bootstrap-cut", units=40, rough="the cut rests on 2"), "the cut rests on 2"),
        (Basis(method="order-statistic-cut", units=40, rough=None), "the cut rests on few items"),
        (Basis(method="bootstrap-cut", units=40, rough=None), None),
    ],
)
@pytest.mark.parametrize("gain", [0.1, 0.6])
def test_rough_replicates_prove_nothing_that_both_intervals_leave_open(
    tmp_path: Path, basis: Basis, rough: str | None, gain: float
) -> None:
    rows = {"a": 0.2 + drawn(1, 500) / 100, "b": 0.2 + gain + drawn(2, 500) / 100}
    middles = (0.2, 0.2 + gain)
    sides = [
        side(
            tmp_path / name,
            [value("m", middle, basis=basis, interval=(middle - 0.15, middle + 0.15))],
            files={"replicates": {"m": row}},
        )
        for (name, row), middle in zip(rows.items(), middles, strict=True)
    ]
    (found,) = deltas(*sides)
    assert found.interval is not None
    assert found.p is not None
    assert found.rough == rough
    if rough is None:
        assert found.interval[0] > gain - 0.05
        assert found.p < 1e-6
    else:
        assert found.interval == pytest.approx((gain - 0.3, gain + 0.3))
        assert (found.p == 1) == (gain < 0.3), "intervals apart prove it all the same"


def test_records_before_schema_5_still_compare() -> None:
    for name in ("flips.digits", "reranking.code-search.networkx", "detection.embedded"):
        folder = ROOT / ".github" / "baseline" / name
        one = Side(read_record(folder / "record.json"), folder)
        other = replace(one, record=one.record.model_copy(update={"predictions": None}))
        rows = deltas(one, other)
        assert rows[0].primary
        assert rows[0].interval is not None
        for found in rows:
            assert (found.interval is None) == (found.reason is not None), found.name
            if found.interval is not None:
                assert found.interval[0] < 0 < found.interval[1], found.name
                assert found.p == 1, found.name


def test_one_file_of_answers_differs_in_nothing(tmp_path: Path) -> None:
    old, new = (of_column(tmp_path / name, drawn(1), answers="one") for name in ("a", "b"))
    (found,) = deltas(old, new)
    assert (found.interval, found.p, found.method) == ((0.0, 0.0), 1.0, base.SAME_FILE.name)
    (other,) = deltas(old, of_column(tmp_path / "c", drawn(1)))
    assert other.interval is not None
    assert other.interval[0] < 0 < other.interval[1]


def test_a_mean_over_tasks_is_paired_by_its_members(tmp_path: Path) -> None:
    tasks = {"flips/one": (1, 2, 40), "flips/two": (3, 4, 90)}
    among, whole = {}, []
    for task, (old, new, n) in tasks.items():
        among[task] = tuple(
            of_column(tmp_path / f"{seed}", drawn(seed, n), task=task) for seed in (old, new)
        )
    for place in (0, 1):
        values = [among[task][place].record.metrics[0].value for task in tasks]
        members = {task: task for task in tasks}
        mean = float(np.mean([v for v in values if v is not None]))
        whole.append(side(tmp_path / f"w{place}", [value("m", mean)], task="flips/w",
                          members=members))  # fmt: skip
    (found,) = deltas(*whole, among)  # type: ignore[arg-type]
    pairs = [drawn(new, n) - drawn(old, n) for old, new, n in tasks.values()]
    error = np.sqrt(sum(stats.sem(pair) ** 2 for pair in pairs)) / 2
    assert found.method == base.WITHIN_TASKS.name
    expected = 2 * stats.norm.sf(abs(np.mean([pair.mean() for pair in pairs])) / error)
    assert found.p == pytest.approx(expected, rel=0.05)
    (alone,) = deltas(*whole)
    assert (alone.interval, alone.reason) == (None, UNPAIRED_MEMBERS)
    stale = {**among, "flips/two": (among["flips/two"][0], among["flips/two"][0])}
    (alone,) = deltas(*whole, stale)  # type: ignore[arg-type]
    assert alone.reason == UNPAIRED_MEMBERS


def rows() -> dict[str, list[Delta]]:
    every = {"decides": True, "primary": False}
    return {
        "a": [delta(name="m", p=0.01, holm=None), delta(name="x", p=0.03, decides=False)],
        "b": [delta(name="m", p=0.02, holm=None), delta(name="x", p=0.04, decides=False),
              delta(name="beside", p=0.004, **every), delta(name="none", p=None, **every)],
    }  # fmt: skip


def test_all_that_can_fail_is_one_family() -> None:
    found = adjusted(rows(), Policy())
    deciding = [found["a"][0], found["b"][0], found["b"][2]]
    assert [row.holm for row in deciding] == pytest.approx(holm([0.01, 0.02, 0.004]))
    assert {row.family for row in deciding} == {3}
    assert [found[task][1].holm for task in "ab"] == pytest.approx(holm([0.03, 0.04]))
    assert found["b"][3].holm is None


def test_a_budget_of_all_metrics_widens_the_family() -> None:
    found = adjusted(rows(), Policy(tasks={"b": Budget(all_metrics=True)}))
    family = [found["a"][0], *found["b"][:3]]
    assert [row.holm for row in family] == pytest.approx(holm([0.01, 0.02, 0.04, 0.004]))
    assert (found["a"][1].holm, found["a"][1].family) == (0.03, 1)


def test_p_resolves_a_thousand_tasks(tmp_path: Path) -> None:
    old, new = drawn(1, 200), np.clip(drawn(1, 200) - 0.05 - 0.05 * drawn(2, 200), 0, 1)
    (found,) = deltas(of_column(tmp_path / "a", old), of_column(tmp_path / "b", new))
    assert found.p is not None
    assert found.p < 0.05 / 1000
    right = drawn(1, 200) < 0.95
    (found,) = deltas(
        of_column(tmp_path / "c", right), of_column(tmp_path / "d", right & (drawn(2, 200) < 0.8))
    )
    assert found.p is not None
    assert found.p < 0.05 / 1000


@pytest.mark.parametrize("values", [[], [True], [None], [True, None, False] * 30, [False] * 9])
def test_bits_are_read_as_numbers(values: list[bool | None]) -> None:
    column = pa.array(values, pa.bool_())
    expected = [np.nan if value is None else float(value) for value in values]
    np.testing.assert_array_equal(truths(column), expected)
    np.testing.assert_array_equal(truths(column[1:]), expected[1:])
    chunked = pa.chunked_array([column, column[2:5]])
    np.testing.assert_array_equal(truths(chunked), [*expected, *expected[2:5]])
