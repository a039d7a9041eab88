"""Items that an update lost, against what a plain look at the tables gives."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.compare.sides import NOWHERE, Side
from harness.errors import InvalidError
from harness.exhibits import worst_of
from harness.records.record import Evidence, Record, read_record
from leaderboard_site.exhibits.items import lost_items
from leaderboard_site.reading.records import RunSource, load_run, read_tables

BASELINE = Path(__file__).resolve().parents[2] / ".github" / "baseline"


def baseline(name: str) -> Side:
    folder = BASELINE / name
    return load_run(RunSource(folder / "record.json", folder))


def test_a_run_has_lost_nothing_against_itself() -> None:
    for folder in sorted(path.parent for path in BASELINE.glob("*/record.json")):
        side = baseline(folder.name)
        assert lost_items(side, side) == ()


def test_an_update_lists_what_it_lost(tmp_path: Path) -> None:
    before = baseline("flips.digits")
    table = pq.read_table(before.folder / "groups.parquet")
    right = table["right"].to_pylist()
    broken = next(place for place, good in enumerate(right) if good)
    answers, labels = table["prediction"].to_pylist(), table["label"].to_pylist()
    answers[broken] = next(label for label in labels if label != labels[broken])
    right[broken] = False
    for name, values in (("prediction", answers), ("right", right)):
        place = table.column_names.index(name)
        table = table.set_column(place, name, pa.array(values))
    after = Side(with_groups(before.record, tmp_path, table), tmp_path)
    (lost,) = lost_items(before, after)
    assert lost.of == 1
    assert lost.rows[0][0] == table["item"][broken].as_py()
    assert len(lost.columns) == len(lost.rows[0])


def test_other_work_is_not_compared() -> None:
    side = baseline("flips.digits")
    task = side.record.task.model_copy(update={"fingerprint": "0" * 64})
    other = replace(side, record=side.record.model_copy(update={"task": task}))
    assert lost_items(side, other) == ()
    foreign = side.record.task.model_copy(update={"suite": "nobody-has-it"})
    other = replace(side, record=side.record.model_copy(update={"task": foreign}))
    assert lost_items(other, other) == ()
    assert worst_of(other) == ()


def test_a_table_of_another_run_is_refused(tmp_path: Path) -> None:
    record = read_record(BASELINE / "flips.digits" / "record.json")
    (tmp_path / "groups.parquet").write_bytes(b"other")
    for read in (worst_of, read_tables):
        with pytest.raises(InvalidError, match="not the file"):
            read(Side(record, tmp_path))
    for folder in (tmp_path / "absent", NOWHERE):
        assert worst_of(Side(record, folder)) == ()
        assert read_tables(Side(record, folder)) is None


def test_what_is_no_table_gets_one_line(tmp_path: Path) -> None:
    record = read_record(BASELINE / "flips.digits" / "record.json")
    (tmp_path / "groups.parquet").write_bytes(b"PAR1 and nothing else")
    groups = evidence(tmp_path / "groups.parquet", rows=1)
    broken = Side(record.model_copy(update={"groups": groups}), tmp_path)
    with pytest.raises(InvalidError, match="cannot be read as a table"):
        worst_of(broken)


def test_a_file_elsewhere_belongs_to_no_record(tmp_path: Path) -> None:
    side = baseline("flips.digits")
    (tmp_path / "inner").mkdir()
    data = (side.folder / "groups.parquet").read_bytes()
    (tmp_path / "groups.parquet").write_bytes(data)
    for name in ("../groups.parquet", str(tmp_path / "groups.parquet")):
        groups = evidence(tmp_path / "groups.parquet").model_copy(update={"file": name})
        record = side.record.model_copy(update={"groups": groups})
        assert Side(record, tmp_path / "inner").groups is None


def with_groups(record: Record, folder: Path, table: Any) -> Record:
    pq.write_table(table, folder / "groups.parquet")
    groups = evidence(folder / "groups.parquet", rows=table.num_rows)
    return record.model_copy(update={"groups": groups})


def evidence(path: Path, rows: int = 899) -> Evidence:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Evidence(file=path.name, sha256=digest, rows=rows)
