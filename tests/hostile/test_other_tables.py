"""Tables beside a record that are none of ours, though the record tells of their digests."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.cli import run
from harness.files import sha256_file
from leaderboard_site.build import build_runs
from tests.compare.made_sides import COMMITTED

Make = Callable[[int], Any]

KINDS: dict[str, Make] = {
    "null": lambda n: pa.array([None] * n),
    "null texts": lambda n: pa.array([None] * n, pa.string()),
    "text": lambda n: ["x"] * n,
    "long text": lambda n: pa.array(["x"] * n, pa.large_string()),
    "whole": lambda n: [2**62] * n,
    "huge": lambda n: [1e308] * n,
    "infinite": lambda n: [float("inf")] * n,
    "lists": lambda n: [[1, 2]] * n,
    "ragged": lambda n: [[1] * (k % 3) for k in range(n)],
    "texts in lists": lambda n: [["x"]] * n,
    "struct": lambda n: [{"a": 1}] * n,
    "bytes": lambda n: [b"\xff\xfe"] * n,
    "zone": lambda n: pa.array([0] * n, pa.timestamp("ns", tz="Mars/Phobos")),
    "bool": lambda n: [True] * n,
    "duration": lambda n: pa.array([0] * n, pa.duration("s")),
}
CALLS = 24
"""Of all tables, columns and kinds; each takes some 50 ms."""


def tables() -> list[Path]:
    """Of every committed run."""
    return sorted(COMMITTED.glob("*/*.parquet"))


def mutated(source: Path, target: Path, file: str, column: str, kind: str) -> None:
    """A copy of a run, one column of one table being of another kind, and its digest in place."""
    shutil.copytree(source, target)
    table = pq.read_table(source / file)
    if kind == "twice":
        table = table.append_column(column, table[column])
    else:
        values = KINDS[kind](table.num_rows)
        made = values if isinstance(values, pa.Array) else pa.array(values)
        table = table.set_column(table.column_names.index(column), column, made)
    pq.write_table(table, target / file)
    record = json.loads((target / "record.json").read_text(encoding="utf-8"))
    for entry in (record["predictions"], record["groups"], *record["files"]):
        if entry and entry["file"] == file:
            entry["sha256"] = sha256_file(target / file)
    (target / "record.json").write_text(json.dumps(record), encoding="utf-8")


def test_a_table_of_another_kind_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [
        (path, name, kind)
        for path in tables()
        for name in pq.read_schema(path).names
        for kind in (*KINDS, "twice")
    ]
    for number, (path, name, kind) in enumerate(random.Random(19).sample(cells, CALLS)):
        target = tmp_path / str(number)
        mutated(path.parent, target, path.name, name, kind)
        code = run(["compare", str(path.parent), str(target)])
        said = capsys.readouterr()
        assert code in (0, 1, 2, 3), (path, name, kind, said.err)
        assert code == 0 or "Traceback" not in said.out + said.err


@pytest.mark.parametrize(
    ("column", "kind", "said"),
    [
        ("group", "whole", "is to name something, and holds int64"),
        ("cluster", "null texts", "is to name something, and holds 367 null"),
        ("cluster", "lists", "is to name something"),
        ("nDCG@10", "twice", "column 'nDCG@10' is there twice"),
        ("nDCG@10", "huge", "numbers beyond 1e+150"),
        ("nDCG@10", "infinite", "holds infinities"),
        ("nDCG@10", "zone", "which no table does"),
        ("RR@10", "bytes", "which no table does"),
    ],
)
def test_what_is_said_of_a_table(
    column: str, kind: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = COMMITTED / "reranking.code-search.networkx"
    mutated(source, tmp_path / "run", "groups.parquet", column, kind)
    assert run(["compare", str(source), str(tmp_path / "run")]) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert "Score it again: marginbench score" in shown


def test_one_such_run_does_not_end_a_forced_site(tmp_path: Path) -> None:
    source = COMMITTED / "reranking.code-search.networkx"
    shutil.copytree(source, tmp_path / "runs" / "good")
    mutated(source, tmp_path / "runs" / "bad", "groups.parquet", "nDCG@10", "twice")
    page, faults = build_runs(tmp_path / "runs", tmp_path / "site", force=True)
    assert len(faults) == 1
    assert "is there twice" in faults[0]
    assert page.is_file()
