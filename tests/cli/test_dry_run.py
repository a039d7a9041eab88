"""``--dry-run`` tells what would be run, and leaves everything as it is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from harness.engine.planned import plan
from harness.records.record import read_record
from tests.cli.conftest import Command


def files(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_plan_counts_items_and_writes_nothing(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    line = ("evaluate", "--model", f"python:{model_file()},bm25", "--task", "reranking/folder",
            "--data", collection, "--out", tmp_path / "runs", "--dry-run")  # fmt: skip
    before = files(tmp_path)
    cache = Path(os.environ["MARGINBENCH_CACHE"])
    kept = files(cache)
    answer = command(*line)
    assert answer.code == 0, answer.err
    assert files(tmp_path) == before
    assert files(cache) == kept
    head, *rows, last = answer.out.splitlines()
    assert head.split() == ["model", "task", "items", "calls", "parts", "done", "time", "tokens"]
    assert [row.split()[0] for row in rows] == ["model", "bm25"]
    assert all("unknown" in row for row in rows)
    assert last == "2 of 2 to run; time unknown of 2. Nothing was run or written"


def test_earlier_runs_of_the_model_tell_how_long_the_rest_takes(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    line = ("evaluate", "--model", f"python:{model_file()}", "--task", "reranking/folder",
            "--data", collection, "--out", tmp_path / "runs")  # fmt: skip
    assert command(*line, "--limit", 20).code == 0
    (place,) = (tmp_path / "runs").rglob("record.json")
    run = read_record(place).run
    assert run is not None
    assert run.items_per_second is not None
    answer = command(*line, "--dry-run")
    row = answer.out.splitlines()[1]
    assert "0 of" in row
    found = re.search(r"about ([\d.]+) (ms|s) ", row)
    assert found is not None
    items = int(row.split()[2].replace(",", ""))
    seconds = float(found[1]) / (1000 if found[2] == "ms" else 1)
    expected = run.load_seconds + items / run.items_per_second
    assert abs(seconds - expected) <= 0.06 * expected  # as far as it is rounded
    done = command(*line, "--limit", 20, "--dry-run")
    assert "nothing is left to do" in done.out
    assert files(tmp_path) == files(tmp_path)


def test_parts_of_a_broken_run_count_as_done(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    line = ("evaluate", "--model", f"python:{model_file()}", "--task", "reranking/folder",
            "--data", collection, "--out", tmp_path / "runs")  # fmt: skip
    assert command(*line).code == 0
    (predictions,) = (tmp_path / "runs").rglob("predictions.parquet")
    predictions.unlink()
    parts = sorted(predictions.parent.glob("parts-*/*.npy"))
    parts[0].unlink()
    answer = command(*line, "--dry-run")
    assert f"{len(parts) - 1} of {len(parts)}" in answer.out


def test_what_would_be_downloaded_is_not(command: Command, tmp_path: Path) -> None:
    answer = command(
        *("evaluate", "--model", "bm25", "--task", "reranking/beir/scifact"),
        *("--out", tmp_path / "runs", "--dry-run"),
    )
    assert answer.code == 0, answer.err
    assert "may have to be downloaded" in answer.out
    assert not (tmp_path / "runs").exists()
    assert plan.__doc__ is not None


def test_of_a_shard_its_own_share_is_told(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    line = ("evaluate", "--model", f"python:{model_file()}", "--task", "reranking/folder",
            "--data", collection, "--out", tmp_path / "runs")  # fmt: skip
    whole = command(*line, "--dry-run").out.splitlines()[1].split()
    shares = [
        command(*line, "--shard", f"{number}/2", "--dry-run").out.splitlines()[1].split()
        for number in (1, 2)
    ]
    calls = [int(row[3].replace(",", "")) for row in (whole, *shares)]
    assert calls[0] == calls[1] + calls[2]
    assert min(calls) > 0
    assert command(*line, "--shard", "1/2").code == 0
    assert "nothing is left to do" in command(*line, "--shard", "1/2", "--dry-run").out
    assert "1 of 1 to run" in command(*line, "--shard", "2/2", "--dry-run").out
