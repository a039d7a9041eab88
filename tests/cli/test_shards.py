"""Shares of a run, done by processes of their own and put together: the bytes of one process."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.cli import run
from harness.registry import SUITES
from tests.cli.conftest import Command
from tests.cli.sharding import (
    OVERLAP,
    PARTS,
    ROOT,
    SLOW,
    comparable,
    start,
    whole_run,
    words,
    write_collection,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_collection(tmp_path_factory.mktemp("data") / "tiny")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.py"
    path.write_text(OVERLAP)
    return path


@pytest.fixture(scope="module")
def whole(data: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the run of one process."""
    out = tmp_path_factory.mktemp("whole")
    assert run(words(model, data, out)) == 0
    assert len(list(out.rglob("*.npy"))) == PARTS
    return whole_run(out)


@pytest.mark.parametrize("count", [1, 2, PARTS + 2])
def test_any_number_of_shards_gives_the_bytes_of_one_process(
    command: Command, data: Path, model: Path, whole: Path, tmp_path: Path, count: int
) -> None:
    out = tmp_path / "runs"
    for index in range(count, 0, -1):  # in whatever order
        done = command(*words(model, data, out, "--shard", f"{index}/{count}"))
        assert done.code == 0, done.err
        assert not done.out
        assert f"marginbench merge {next(out.iterdir())}" in done.err
    assert not list(out.rglob("record.json"))
    merged = command("merge", out)
    assert merged.code == 0, merged.err
    assert "nDCG@10" in merged.out
    found = whole_run(out)
    assert found.name == whole.name, "it lies where one process would have written it"
    assert comparable(found) == comparable(whole)
    assert json.loads((found / "run.json").read_text())["attempts"] == min(count, PARTS)


def test_processes_at_once_told_by_slurm_and_folders_of_their_own(
    command: Command, data: Path, model: Path, whole: Path, tmp_path: Path
) -> None:
    """Three tasks of an array whose ids begin with 5 and go by 2."""
    running = [
        start(
            words(model, data, tmp_path / f"s{place}", "--shard", "auto"),
            SLURM_ARRAY_TASK_ID=str(5 + 2 * place),
            SLURM_ARRAY_TASK_MIN="5",
            SLURM_ARRAY_TASK_STEP="2",
            SLURM_ARRAY_TASK_COUNT="3",
        )
        for place in range(3)
    ]
    for process in running:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    folders = [tmp_path / f"s{place}" for place in range(3)]
    unsure = command("merge", *folders)
    assert unsure.code == 2
    assert "--out DIR" in unsure.err
    merging = start(["merge", *map(str, folders), "--out", str(tmp_path / "runs")])
    _, err = merging.communicate(timeout=120)
    assert merging.returncode == 0, err
    found = whole_run(tmp_path / "runs")
    assert comparable(found) == comparable(whole)
    told = json.loads((found / "record.json").read_text())["run"]
    journals = [json.loads(path.read_text()) for at in folders for path in at.rglob("run.json")]
    assert told["wall_seconds"] == pytest.approx(sum(one["wall_seconds"] for one in journals))
    assert told["peak_memory_bytes"] == max(one["peak_memory"] for one in journals)
    assert (told["attempts"], told["workers"]) == (3, 1)
    measured = [one for one in journals if one["latency"]]
    assert len(measured) == 1, "the first shard alone measures"
    assert told["latency"] == measured[0]["latency"]
    assert told["invariance"] is not None


LOADED = """
import sys
from harness.cli import run
code = run(sys.argv[1:])
print("LOADED", *sorted(sys.modules))
raise SystemExit(code)
"""
WEIGHTS = ("harness.adapters.python", "harness.engine.crew", "harness.engine.named")


def test_merging_loads_no_model(command: Command, data: Path, model: Path, tmp_path: Path) -> None:
    lines = {"evaluate": words(model, data, tmp_path / "runs", "--shard", "1/1")}
    lines["merge"] = ["merge", str(tmp_path / "runs")]
    found = {}
    for name, line in lines.items():
        done = subprocess.run(
            [sys.executable, "-c", LOADED, *line], cwd=ROOT, capture_output=True, text=True,
            check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        found[name] = set(done.stdout.splitlines()[-1].split())
    assert set(WEIGHTS) <= found["evaluate"]
    assert not set(WEIGHTS) & found["merge"]
    assert not {"torch", "transformers", "onnxruntime"} & found["merge"]


def test_a_merged_run_is_one_for_every_other_command(
    command: Command, data: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    for index in (1, 2):
        assert command(*words(model, data, out, "--shard", f"{index}/2")).code == 0
    assert command("merge", out).code == 0
    record = whole_run(out) / "record.json"
    before = record.read_bytes()
    for line in (
        ["show", out], ["score", out], ["compare", out, out], words(model, data, out),
        ["submit", out, "--org", "a", "--name", "b", "--out", tmp_path / "submissions"],
    ):  # fmt: skip
        done = command(*line)
        assert done.code == 0, done.err
    assert record.read_bytes() == before, "evaluate without --shard finds nothing to do"


def test_merging_again_changes_nothing_and_shards_may_go(
    command: Command, data: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    for index in (1, 2):
        assert command(*words(model, data, out, "--shard", f"{index}/2")).code == 0
    assert command("merge", out).code == 0
    found = whole_run(out)
    files = ("record.json", "predictions.parquet", "groups.parquet", "run.json", "manifest.json")
    before = {name: (found / name).read_bytes() for name in files}
    assert command("merge", out).code == 0
    assert {name: (found / name).read_bytes() for name in files} == before
    for lost in ("record.json", "predictions.parquet"):  # as after a kill in the middle
        (found / lost).unlink()
        assert command("merge", out).code == 0
        assert {name: (found / name).read_bytes() for name in files} == before
    rotten = bytearray(before["predictions.parquet"])
    rotten[100] ^= 1
    (found / "predictions.parquet").write_bytes(rotten)
    assert command("merge", out).code == 0
    assert {name: (found / name).read_bytes() for name in files} == before
    for shard in out.rglob("*.shard-*"):
        shutil.rmtree(shard)
    assert command("score", out).code == 0
    assert {name: (found / name).read_bytes() for name in files} == before


def test_a_shard_killed_in_the_middle_goes_on_and_gives_the_same_bytes(
    command: Command, data: Path, model: Path, whole: Path, tmp_path: Path
) -> None:
    out, slow = tmp_path / "runs", tmp_path / "model.py"
    slow.write_text(SLOW)
    line = words(slow, data, out, "--batch-items", 16)
    process = start([*line, "--shard", "1/2"])
    deadline = time.monotonic() + 60
    while not list(out.rglob("*.npy")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    there = {path.name: path.stat().st_mtime_ns for path in out.rglob("*.npy")}
    assert 0 < len(there) < PARTS // 2, "the kill came too late to test anything"
    assert command(*line, "--shard", "2/2").code == 0

    unfinished = command("merge", out)
    assert unfinished.code == 3
    left = [part for part in (0, 2, 4) if f"{part:05d}.npy" not in there]
    assert f"{', '.join(map(str, left))} of {PARTS} (counted from 0)" in unfinished.err
    typed = shlex.join(["marginbench", *line, "--shard", "1/2"])
    assert unfinished.err.strip().endswith(f"Run, then merge: {typed}")

    assert run(shlex.split(typed)[1:]) == 0
    after = {path.name: path.stat().st_mtime_ns for path in out.rglob("*.npy")}
    assert {name: after[name] for name in there} == there, "a finished part was done again"
    assert command("merge", out).code == 0
    tables, record = comparable(whole_run(out))
    expected, _ = comparable(whole)
    assert tables["groups.parquet"] == expected["groups.parquet"]
    assert json.loads((whole_run(out) / "record.json").read_text())["run"]["attempts"] == 3
    assert record["run"]["batch"]["items"] == 16


def test_a_mean_over_tasks_is_made_when_all_of_them_are_merged(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SUITES, "tiny", "tests.submission.tiny_suite:suite")
    table = tmp_path / "answers.csv"
    rows = [f"{n:02d},{letter}" for n, letter in enumerate("abcabcabcabd")]
    table.write_text("\n".join(["item,prediction", *rows]) + "\n")
    line = ["evaluate", "--model", f"predictions:{table}", "--task", "tiny/mean", "--out"]
    assert command(*line, tmp_path / "whole").code == 0
    out = tmp_path / "runs"
    for index in (1, 2):
        assert command(*line, out, "--shard", f"{index}/2").code == 0
    merged = command("merge", out)
    assert merged.code == 0, merged.err
    ours, theirs = (
        {path.parent.name: comparable_mean(path) for path in sorted(at.rglob("record.json"))}
        for at in (out, tmp_path / "whole")
    )
    assert ours == theirs
    assert "tiny.mean" in ours


def comparable_mean(path: Path) -> dict[str, object]:
    record = json.loads(path.read_text())
    return {name: record[name] for name in ("task", "model", "metrics", "intervals")}


def test_a_task_that_lacks_a_shard_does_not_hold_up_the_others(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SUITES, "tiny", "tests.submission.tiny_suite:suite")
    table = tmp_path / "answers.csv"
    rows = [f"{n:02d},{letter}" for n, letter in enumerate("abcabcabcabd")]
    table.write_text("\n".join(["item,prediction", *rows]) + "\n")
    line = ["evaluate", "--model", f"predictions:{table}", "--task", "tiny/mean"]
    out = tmp_path / "runs"
    for index in (1, 2):
        assert command(*line, "--out", out, "--shard", f"{index}/2").code == 0
    for part in out.glob("*/tiny.two-*/parts-*/*.npy"):
        part.unlink()
    merged = command("merge", out)
    assert merged.code == 3
    assert "not merged: tiny/two: part 0 of 1" in merged.err
    assert "no mean tiny/mean: 1 of its tasks are not here" in merged.err
    assert "1 of 2 tasks merged; 1 were not" in merged.err
    assert "tiny/one" in merged.out
