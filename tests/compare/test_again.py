"""Every figure of a record is derived anew: an edit beyond float noise is found in every suite."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from harness.compare.comparison import compare
from harness.compare.derived import check_sides
from harness.compare.policy import Policy
from harness.compare.sides import Side, read_sides
from harness.errors import UsageError
from harness.registry import suite_named
from suites.image_quality.again import tau_b
from tests.compare.made_sides import COMMITTED, edited

BASELINES = sorted(path.parent.name for path in COMMITTED.glob("*/record.json"))

NOT_TOLD = {"detection.embedded": {"AUROC(length)"}}
"""What no table beside the record tells, which a comparison names."""


def side_of(name: str) -> Side:
    (side,) = read_sides(COMMITTED / name).values()
    return side


@pytest.mark.parametrize("by", [1e-3, -1e-3, 1e-7])
@pytest.mark.parametrize("name", BASELINES)
def test_a_small_edit_of_any_figure_is_found(name: str, by: float) -> None:
    side = side_of(name)
    left = {one.metric for one in check_sides({name: side}, suite_named)[name]}
    assert left == NOT_TOLD.get(name, set())
    for place, metric in enumerate(side.record.metrics):
        if metric.value is None or metric.name in left:
            continue
        near = edited(side, place, value=metric.value * (1 + 1e-13))
        assert {one.metric for one in check_sides({name: near}, suite_named)[name]} == left
        for interval in (metric.interval, None, (metric.value - 1, metric.value + 1)):
            moved = edited(side, place, value=metric.value + by, interval=interval)
            with pytest.raises(UsageError, match="The record was edited or is damaged"):
                check_sides({name: moved}, suite_named)


@pytest.mark.parametrize("name", BASELINES)
def test_a_figure_that_was_taken_out_is_found(name: str) -> None:
    side = side_of(name)
    for place, metric in enumerate(side.record.metrics):
        if metric.value is not None and metric.name not in NOT_TOLD.get(name, set()):
            gone = edited(side, place, value=None, interval=None, basis=None, reason="unknown")
            with pytest.raises(UsageError):
                check_sides({name: gone}, suite_named)


@pytest.mark.parametrize("name", BASELINES)
def test_what_is_not_told_is_named(name: str) -> None:
    side = side_of(name)
    task = side.record.task.id
    (found,) = compare({task: side}, {task: side}, Policy(), suite_named).tasks
    named = {note for note in found.notes if note.startswith("not checked at all: ")}
    wanted = NOT_TOLD.get(name, set())
    assert {note.split(": ")[1].split(" (")[0] for note in named} == wanted


def test_kendalls_tau_is_that_of_scipy() -> None:
    random = np.random.default_rng(3)
    for n, values in itertools.product((4, 5, 17, 200, 1001), (2, 5, 40, 10**6)):
        x = random.integers(values, size=n).astype(float)
        y = np.rint(x * 0.5 + random.integers(values, size=n))
        if len(set(x)) > 1 and len(set(y)) > 1:
            assert tau_b(x, y) == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-12)


def test_tables_that_do_not_fit_together_are_one_line(tmp_path: Path) -> None:
    """Whoever edits a table can edit its digest as well."""
    import shutil

    import pyarrow as pa
    import pyarrow.parquet as pq

    from harness.files import sha256_file
    from harness.tasks.parquet import to_parquet

    shutil.copytree(COMMITTED / "consistency.faces", tmp_path / "base")
    path = tmp_path / "base" / "class_counts.parquet"
    table = pq.ParquetFile(path).read()
    path.write_bytes(to_parquet(table.drop_columns(["same"]).append_column(
        "other one", pa.array([0] * table.num_rows))))  # fmt: skip
    (side,) = read_sides(tmp_path / "base").values()
    files = [
        one.model_copy(update={"sha256": sha256_file(path)}) if one.file == path.name else one
        for one in side.record.files
    ]
    side = Side(side.record.model_copy(update={"files": files}), side.folder)
    with pytest.raises(UsageError, match="its figures do not follow from its tables") as found:
        check_sides({"a": side}, suite_named)
    assert "\n" not in str(found.value)
