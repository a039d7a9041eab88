"""``marginbench baseline update``: the only thing that writes a baseline."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.test_bad_input import one_line

Files = dict[str, bytes]


def files(folder: Path) -> Files:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def run(command: Command, tmp_path: Path) -> Callable[..., Path]:
    """A run of a model that is wrong on the first so many of 40 items."""

    def call(name: str, wrong: int, task: str = "labels") -> Path:
        labels, answers = tmp_path / f"{task}.csv", tmp_path / "answers.csv"
        for path, column, shift in ((labels, "label", 0), (answers, "prediction", wrong)):
            rows = [(f"i{n:02d}", "ab"[(n + (n < shift)) % 2]) for n in range(40)]
            with path.open("w", newline="") as file:
                csv.writer(file).writerows([("id", column), *rows])
        out = tmp_path / "runs" / name
        done = command(
            *("score", "--task", "flips/predictions", "--data", labels, "--predictions", answers),
            *("--model-name", name, "--out", out),
        )
        assert done.code == 0, done.err
        return out

    return call


def test_a_task_that_the_runs_lack_stays_to_the_byte(
    command: Command, run: Callable[..., Path], tmp_path: Path
) -> None:
    base = tmp_path / "base"
    first, second = run("one", 2), run("two", 2, "second")
    done = command("baseline", "update", first, second, "--to", base)
    assert done.code == 0, done.err
    assert done.out.count(": new (") == 2
    before = files(base)
    runs = files(tmp_path / "runs")
    done = command("baseline", "update", run("three", 9, "second"), "--to", base)
    assert done.code == 0
    assert "flips/predictions/second: changed" in done.out
    assert "flips/predictions/labels" not in done.out
    after = files(base)
    assert before.keys() == after.keys()
    moved = {name for name, content in after.items() if content != before[name]}
    assert moved
    assert all("second" in name or name == "baseline.json" for name in moved)
    assert {name: files(tmp_path / "runs")[name] for name in runs} == runs


def test_the_same_again_changes_no_byte(
    command: Command, run: Callable[..., Path], tmp_path: Path
) -> None:
    base, side = tmp_path / "base", run("one", 2)
    assert command("baseline", "update", side, "--to", base).code == 0
    before = files(base)
    done = command("baseline", "update", side, "--to", base)
    size = sum(map(len, before.values()))
    own = size - len(before["baseline.json"])
    assert done.out.splitlines() == [
        f"flips/predictions/labels: unchanged ({base / _folder(base)}, {own / 1e3:.0f} kB)",
        f"{base}: {size / 1e3:.0f} kB in {len(before)} files to commit",
    ]
    assert files(base) == before
    done = command("baseline", "update", base, "--to", base)  # a baseline is a run like others
    assert done.code == 0
    assert files(base) == before


def _folder(base: Path) -> str:
    (record,) = base.rglob("record.json")
    return record.parent.name


def test_an_edited_file_is_refused_before_anything_is_written(
    command: Command, run: Callable[..., Path], tmp_path: Path
) -> None:
    base, good, bad = tmp_path / "base", run("good", 2), run("bad", 2, "second")
    (table,) = bad.rglob("groups.parquet")
    table.write_bytes(table.read_bytes() + b"x")
    done = command("baseline", "update", good, bad, "--to", base)
    assert done.code == 1
    assert "is not the file its record was made with" in one_line(done.err)
    assert not base.exists()


def test_two_models_of_one_task_are_refused(
    command: Command, run: Callable[..., Path], tmp_path: Path
) -> None:
    done = command("baseline", "update", run("a", 1), run("b", 2), "--to", tmp_path / "base")
    assert done.code == 2
    assert "two runs of flips/predictions/labels" in one_line(done.err)
    assert not (tmp_path / "base").exists()


def test_a_damaged_baseline_is_refused(
    command: Command, run: Callable[..., Path], tmp_path: Path
) -> None:
    base, side = tmp_path / "base", run("one", 2)
    assert command("baseline", "update", side, "--to", base).code == 0
    (record,) = base.rglob("record.json")
    record.write_text(json.dumps({"schema_version": 99}))
    before = files(base)
    done = command("baseline", "update", side, "--to", base)
    assert done.code == 1
    assert "newer" in one_line(done.err)
    assert files(base) == before
