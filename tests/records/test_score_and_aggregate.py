from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from harness.data import FirstStage, Group, RankingData
from harness.data.asked import LoadRequest
from harness.environment import describe_environment
from harness.errors import IncompleteError, InvalidError
from harness.nouns import Aggregate, Task, TaskCard
from harness.predictions.table import write_predictions
from harness.records.aggregate import Member, aggregate_record, read_member
from harness.records.record import Basis, ModelRef, Record, parse_record, read_record
from harness.records.run_info import Environment
from harness.records.score import Provenance, read_table, score_folder
from harness.runs.folder import RunFolder
from harness.tasks.load import LoadedTask, load_task
from suites.reranking.scoring import ceiling_name, score
from tests.records.test_records import example

CARD = TaskCard("t", "d", "s", "r", "l", "c")
METRICS = ("nDCG@10", "AP", "R@10", "Judged@10", "AUC", "AUC(pooled)")
MODEL = ModelRef(
    name="m",
    revision=None,
    adapter="python",
    checkpoint="m.py",
    options={},
    dtype="float32",
    trust_remote_code=False,
    fingerprint="1" * 64,
    details={},
    capability="score_pairs",
    scores_compare_across_queries=True,
    direction="higher",
)


def made() -> Provenance:
    environment = Environment.model_validate(describe_environment())
    return Provenance(MODEL, None, environment, "2026-01-01T00:00:00+00:00")


def loaded(name: str, *, seed: int, judged_nonrelevant: bool = True) -> LoadedTask:
    random = np.random.default_rng(seed)
    groups, gold = [], {}
    for q in range(12):
        items = tuple(f"d{i}" for i in random.permutation(30)[:20])
        groups.append(Group(f"q{q}", f"query {q}", items, tuple(range(20, 0, -1)), f"c{q // 2}"))
        grades = {item: int(random.integers(1, 3)) for item in items[:3]}
        if judged_nonrelevant:
            grades[items[5]] = 0
        gold[f"q{q}"] = grades
    data = RankingData(tuple(groups), {}, gold, FirstStage("given", 20, {}), {"odd": 2})
    task = Task(
        f"s/{name}", "1", "reranking", "query-documents", METRICS, CARD, lambda _: data, score
    )
    return load_task(task, LoadRequest())


def run(path: Path, task: LoadedTask, *, seed: int = 0) -> tuple[RunFolder, Record]:
    path.mkdir()
    folder = RunFolder(path)
    scores = np.random.default_rng(seed).normal(size=task.data.item_count).astype(np.float32)
    write_predictions(folder.predictions, task.data.keys(), scores, about={})
    return folder, score_folder(folder, task, made())


def test_a_record_keeps_what_the_per_group_file_says(tmp_path: Path) -> None:
    folder, record = run(tmp_path / "a", loaded("a", seed=1))
    columns = read_table(folder.groups)
    assert columns["group"] == [f"q{q}" for q in range(12)]
    assert record.intervals.clusters == 6
    for metric in record.metrics:
        assert metric.column == (metric.name if metric.name in columns else None)
        if metric.name in columns:
            values = [v for v in columns[metric.name] if v is not None]
            assert metric.value == pytest.approx(np.mean(values))
            assert metric.n == len(values)
    assert record.first_stage is not None
    for difference in record.first_stage.differences:
        ours, theirs = columns[difference.name], columns[f"first_stage:{difference.name}"]
        expected = np.mean([a - b for a, b in zip(ours, theirs, strict=True)])
        assert difference.value == pytest.approx(expected)
        assert difference.wins + difference.losses + difference.ties == difference.n == 12
        assert difference.basis is not None
        assert difference.basis.units == 6
    for metric in record.first_stage.metrics:
        assert metric.column == (f"first_stage:{metric.name}" if metric.value is not None and
                                 metric.name != "AUC(pooled)" else None)  # fmt: skip
    assert record.task.notes == {"odd": 2}
    assert read_record(folder.record) == record


def test_the_ceiling_is_the_recall_of_the_whole_list(tmp_path: Path) -> None:
    task = loaded("a", seed=1)
    _, record = run(tmp_path / "a", task)
    assert record.first_stage is not None
    ceiling = next(m for m in record.first_stage.metrics if m.name == "R@20")
    assert ceiling.value == 1.0, "all relevant documents of this task are candidates"
    graded = replace(task.task, metrics=("nDCG@10", "RR(rel=2)@10", "R(rel=2)@10"))
    assert ceiling_name(graded, 100) == "R(rel=2)@100"


def test_scoring_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    task = loaded("a", seed=1)
    one, _ = run(tmp_path / "one", task)
    two, _ = run(tmp_path / "two", task)
    for name in ("record.json", "groups.parquet", "predictions.parquet"):
        assert (one.path / name).read_bytes() == (two.path / name).read_bytes()


def test_predictions_of_other_candidates_are_refused(tmp_path: Path) -> None:
    folder, _ = run(tmp_path / "a", loaded("a", seed=1))
    with pytest.raises(InvalidError, match="not candidates of the task"):
        score_folder(folder, loaded("a", seed=2), made())
    keys = loaded("a", seed=1).data.keys()
    some = {name: values[:-20] for name, values in keys.items()}
    write_predictions(folder.predictions, some, np.ones(220, np.float32), about={})
    with pytest.raises(IncompleteError, match="20 of 240 candidates"):
        score_folder(folder, loaded("a", seed=1), made())


def members(tmp_path: Path, **options: bool) -> list[Member]:
    first = run(tmp_path / "a", loaded("a", seed=1))
    second = run(tmp_path / "b", loaded("b", seed=2, **options), seed=5)
    return [read_member(*first), read_member(*second)]


def test_an_aggregate_is_the_mean_of_its_members(tmp_path: Path) -> None:
    both = members(tmp_path)
    record = aggregate_record(Aggregate("s/mean", "Mean", ("s/a", "s/b")), both)
    for metric in record.metrics:
        parts = [member.record.metric(metric.name) for member in both]
        assert metric.value == pytest.approx(np.mean([p.value for p in parts if p is not None]))
        if "pooled" in metric.name:
            assert (metric.interval, metric.basis) == (None, None)
            assert metric.reason == "a member has no values to take its standard error from"
            continue
        assert metric.interval is not None
        assert metric.reason is None
        assert metric.basis == Basis(
            method="t-tasks", units=12, rough="12 units, fit from 20 on"
        ), "six clusters in each"
        low, high = metric.interval
        assert low <= metric.value <= high
        assert metric.n == sum(p.n for p in parts if p is not None)
    assert record.task.members == {m.record.task.id: m.record.task.fingerprint for m in both}
    assert record.first_stage is not None
    difference = record.first_stage.differences[0]
    expected = record.metrics[0].value - record.first_stage.metrics[0].value  # type: ignore[operator]
    assert difference.value == pytest.approx(expected)
    assert difference.n == 24
    assert difference.basis is not None
    assert difference.basis.method == "t-tasks"
    assert difference.interval is not None
    assert difference.p is not None
    assert (difference.p < 0.05) == (not difference.interval[0] <= 0 <= difference.interval[1])


def whole(seed: int, *, table: str, units: int) -> Member:
    """A member whose one value, below 0, has nothing beside it but drawn or left-out values."""
    data = example()
    data["task"] |= {"id": f"image-quality/{seed}", "suite": "image-quality"}
    data["task"]["primary_metric"] = "SRCC"
    data["metrics"][0] |= {"name": "SRCC", "value": -0.1, "interval": [-0.3, 0.1], "column": None}
    data["metrics"][0]["basis"] = {"method": "fisher-z", "units": units, "rough": None}
    values = (-0.1 + np.random.default_rng(seed).normal(0, 0.05, units)).tolist()
    tables: dict[str, dict[str, list[float]]] = {"replicates": {}, "jackknife": {}}
    tables[table] = {"SRCC": values}
    record = parse_record(json.dumps(data), where="here")
    return Member(record, {"cluster": ["a"]}, **tables)


@pytest.mark.parametrize("table", ["replicates", "jackknife"])
def test_a_mean_of_values_without_columns_takes_what_lies_beside_them(table: str) -> None:
    both = [whole(1, table=table, units=30), whole(2, table=table, units=45)]
    record = aggregate_record(Aggregate("s/mean", "Mean", ("s/a", "s/b")), both)
    (metric,) = record.metrics
    squares, rates = [], []
    for member in both:
        values = np.array(getattr(member, table)["SRCC"])
        n = len(values)
        scatter = values.var(ddof=1) if table == "replicates" else (n - 1) * values.var()
        squares.append(scatter / 4)
        rates.append((scatter / 4) ** 2 / (n - 1))
    half = stats.t.ppf(0.975, sum(squares) ** 2 / sum(rates)) * sum(squares) ** 0.5
    assert metric.value == pytest.approx(-0.1)
    wanted = (max(-1.0, -0.1 - half), min(1.0, -0.1 + half))
    assert metric.interval == pytest.approx(wanted), "a correlation may be below 0"
    assert metric.basis == Basis(method="t-tasks", units=75, rough=None)


def test_what_is_undefined_in_a_member_is_undefined_in_the_mean(tmp_path: Path) -> None:
    both = members(tmp_path, judged_nonrelevant=False)
    record = aggregate_record(Aggregate("s/mean", "Mean", ("s/a", "s/b")), both)
    judged = record.metric("Judged@10")
    assert judged is not None
    assert judged.value is None
    assert judged.reason
    assert record.primary.value is not None
