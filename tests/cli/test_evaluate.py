from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.predictions.table import read_predictions
from harness.records.record import read_record
from tests.cli.conftest import Command

ROOT = Path(__file__).resolve().parents[2]

SLOW = """
    import time

    def score_pairs(pairs):
        time.sleep(0.05)
        return [len(set(q.split()) & set(d.split())) + len(d) / 1000 for q, d in pairs]
"""


def only(folder: Path, name: str) -> Path:
    found = list(folder.rglob(name))
    assert len(found) == 1, found
    return found[0]


def arguments(model: Path | str, collection: Path, out: Path, *more: object) -> list[str]:
    name = f"python:{model}" if isinstance(model, Path) else model
    return [
        *("evaluate", "--model", name, "--task", "reranking/folder"),
        *("--data", str(collection), "--device", "cpu", "--out", str(out)),
        *map(str, more),
    ]


def test_a_model_file_becomes_a_record_that_show_prints(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    answer = command(*arguments(model_file(), collection, out))
    assert answer.code == 0, answer.err
    assert "nDCG@10" in answer.out
    record = read_record(only(out, "record.json"))
    assert record.task.id == "reranking/folder/tiny"
    assert record.task.groups == 60
    assert record.primary.interval is not None
    assert record.primary.n == 60
    assert record.model.adapter == "python"
    assert record.first_stage is not None
    assert record.first_stage.name == "bm25"
    assert {d.name for d in record.first_stage.differences} >= {"nDCG@10", "AP"}
    assert record.run is not None
    assert record.run.latency is not None
    assert record.environment.packages["numpy"] == np.__version__
    assert str(tmp_path) not in only(out, "record.json").read_text()
    shown = command("show", out)
    assert shown.code == 0
    assert "nDCG@10" in shown.out
    assert f"{record.primary.value:.4f}" in shown.out


def test_bm25_is_the_first_stage_and_differs_from_itself_by_nothing(
    command: Command, collection: Path, tmp_path: Path
) -> None:
    answer = command(*arguments("bm25", collection, tmp_path / "runs"))
    assert answer.code == 0, answer.err
    record = read_record(only(tmp_path / "runs", "record.json"))
    assert record.first_stage is not None
    own = {m.name: m.value for m in record.metrics}
    first = {m.name: m.value for m in record.first_stage.metrics}
    assert own["nDCG@10"] == first["nDCG@10"]
    for difference in record.first_stage.differences:
        assert (difference.wins, difference.losses) == (0, 0)


def _heed_the_keyboard() -> None:
    """A shell starts what runs in its background with the keyboard's signal ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_until_a_part_is_there(command_line: list[str], out: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", *command_line],
        cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, preexec_fn=_heed_the_keyboard,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(out.rglob("*.npy")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return process


def state_of(paths: list[Path]) -> dict[str, tuple[int, int]]:
    return {p.name: (p.stat().st_ino, p.stat().st_mtime_ns) for p in paths}


def test_killed_in_the_middle_and_run_again_gives_the_same_bytes(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    model, out = model_file(SLOW), tmp_path / "killed"
    line = arguments(model, collection, out, "--batch-items", "16")
    process = run_until_a_part_is_there(line, out)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    survived = state_of(list(out.rglob("*.npy")))
    assert not list(out.rglob("predictions.parquet"))

    assert command(*line).code == 0
    after = state_of(list(out.rglob("*.npy")))
    assert len(after) > len(survived), "the kill came too late to test anything"
    assert {name: after[name] for name in survived} == survived, "a finished part was done again"

    whole = tmp_path / "whole"
    assert command(*arguments(model, collection, whole, "--batch-items", "16")).code == 0
    for name in ("predictions.parquet", "groups.parquet"):
        assert only(out, name).read_bytes() == only(whole, name).read_bytes()
    assert read_record(only(out, "record.json")).run.attempts == 2  # type: ignore[union-attr]


def test_interrupted_by_the_keyboard_exits_130_and_keeps_parts(
    collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    process = run_until_a_part_is_there(
        arguments(model_file(SLOW), collection, out, "--batch-items", "16"), out
    )
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "finished parts are kept" in err
    assert "Traceback" not in err
    assert list(out.rglob("*.npy"))


def test_workers_are_interrupted_with_their_parent(
    collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    line = arguments(model_file(SLOW), collection, out, "--batch-items", "16")
    line[line.index("cpu")] = "cpu,cpu"
    process = run_until_a_part_is_there(line, out)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_two_runs_at_once_into_one_folder_refuse_the_second(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    line = arguments(model_file(SLOW), collection, out, "--batch-items", "16")
    process = run_until_a_part_is_there(line, out)
    try:
        answer = command(*line)
    finally:
        process.kill()
        process.communicate()
    assert answer.code == 3
    assert "another run is at work" in answer.err


def test_workers_and_a_finished_run_change_nothing(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    model = model_file()
    assert command(*arguments(model, collection, tmp_path / "one")).code == 0
    two = arguments(model, collection, tmp_path / "two")
    two[two.index("cpu")] = "cpu,cpu"
    assert command(*two).code == 0
    one = only(tmp_path / "one", "predictions.parquet")
    assert one.read_bytes() == only(tmp_path / "two", "predictions.parquet").read_bytes()

    before = only(tmp_path / "one", "record.json").read_bytes()
    model.write_text(model.read_text())  # the same source, so the same model
    assert command(*arguments(model, collection, tmp_path / "one")).code == 0
    assert only(tmp_path / "one", "record.json").read_bytes() == before


def test_one_task_that_fails_does_not_stop_the_others(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    line = arguments(model_file(), collection, out)
    answer = command(*line, "--task", "reranking/beir/bioasq")
    assert answer.code == 3
    assert "not evaluated: reranking/beir/bioasq" in answer.err
    assert "1 of 2 run; 1 were not evaluated" in answer.err
    assert "reranking/folder/tiny" in answer.out
    assert len(list(out.rglob("record.json"))) == 1


def test_a_changed_model_gets_a_folder_of_its_own(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    assert command(*arguments(model_file(), collection, out)).code == 0
    changed = model_file("def score_pairs(pairs):\n    return [len(d) for q, d in pairs]\n")
    assert command(*arguments(changed, collection, out)).code == 0
    assert len(list(out.rglob("record.json"))) == 2


def test_a_limited_run_says_so_and_is_other_work(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    answer = command(*arguments(model_file(), collection, out, "--limit", 5))
    assert answer.code == 0
    assert "first 5 queries only" in answer.out
    record = read_record(only(out, "record.json"))
    assert (record.task.limit, record.task.groups) == (5, 5)
    assert command(*arguments(model_file(), collection, out)).code == 0
    assert len(list(out.rglob("record.json"))) == 2


def test_scoring_a_run_again_needs_no_model_and_gives_the_same_bytes(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    model = model_file()
    assert command(*arguments(model, collection, out)).code == 0
    model.unlink()
    record, groups = only(out, "record.json"), only(out, "groups.parquet")
    before = record.read_bytes(), groups.read_bytes()
    record.unlink()
    groups.unlink()
    answer = command("score", out)
    assert answer.code == 0, answer.err
    assert (record.read_bytes(), groups.read_bytes()) == before


def test_scoring_again_from_another_folder_finds_the_data(
    command: Command,
    collection: Path,
    model_file: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [f"q{q} Q0 d{(q + c) % 60} {c} {20 - c} t" for q in range(60) for c in range(10)]
    (tmp_path / "run.trec").write_text("\n".join(rows) + "\n")
    model = model_file()
    monkeypatch.chdir(tmp_path)
    line = arguments(model, Path("data/tiny"), Path("runs"), "--first-stage", "run.trec")
    assert command(*line).code == 0
    monkeypatch.chdir("/")
    answer = command("score", tmp_path / "runs")
    assert answer.code == 0, answer.err


def test_scoring_on_changed_data_is_refused(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    assert command(*arguments(model_file(), collection, out)).code == 0
    qrels = collection / "qrels" / "test.tsv"
    qrels.write_text(qrels.read_text() + "q1\td2\t1\n")
    answer = command("score", out)
    assert answer.code == 1
    assert "are not those of the run" in answer.err


def test_predictions_from_elsewhere_score_as_the_run_does(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    assert command(*arguments(model_file(), collection, tmp_path / "runs")).code == 0
    parquet = only(tmp_path / "runs", "predictions.parquet")
    keys, scores, _ = read_predictions(parquet)
    trec = tmp_path / "theirs.trec"
    rows = zip(keys["group"], keys["item"], scores, strict=True)
    trec.write_text("".join(f"{g} Q0 {i} 0 {float(s)!r} tag\n" for g, i, s in rows))
    values = []
    for file in (parquet, trec):
        out = tmp_path / f"scored-{file.suffix[1:]}"
        answer = command(
            *("score", "--task", "reranking/folder", "--data", collection),
            *("--predictions", file, "--model-name", "theirs", "--out", out),
        )
        assert answer.code == 0, answer.err
        record = read_record(only(out, "record.json"))
        assert record.run is None
        values.append(
            [(m.name, m.value, m.interval) for m in record.metrics if "pooled" not in m.name]
        )
    own = read_record(only(tmp_path / "runs", "record.json"))
    values.append([(m.name, m.value, m.interval) for m in own.metrics if "pooled" not in m.name])
    assert values[0] == values[1] == values[2]


def test_the_site_is_built_from_the_runs(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    assert command(*arguments(model_file(), collection, out)).code == 0
    answer = command("site", "--records", out, "--out", tmp_path / "site")
    assert answer.code == 0, answer.err
    page = (tmp_path / "site" / "index.html").read_text()
    value = read_record(only(out, "record.json")).primary.value
    assert value is not None
    assert f"{100 * value:.1f}" in page
    assert answer.out.strip().startswith("file://")


def test_list_prints_json_that_names_everything(command: Command) -> None:
    tasks = json.loads(command("list", "tasks", "--json").out)
    names = {row["task"] for row in tasks}
    assert {
        "reranking/beir/scifact",
        "reranking/bright/biology",
        "reranking/trec-dl/2019",
        "reranking/trec-dl/2020",
        "reranking/limit",
        "reranking/cosqa",
        "reranking/code-search/networkx",
        "reranking/beir/cqadupstack",
    } <= names
    adapters: list[dict[str, Any]] = json.loads(command("list", "adapters", "--json").out)
    assert {row["adapter"].partition(":")[0] for row in adapters} >= {
        "bm25", "onnx-embedder", "bi-encoder", "cross-encoder", "python"
    }  # fmt: skip
    for what in ("suites", "tasks", "adapters", "metrics"):
        assert command("list", what).code == 0


@pytest.mark.parametrize(
    "arguments", [["--help"], ["list", "tasks"], ["list", "adapters"], ["list", "metrics"]]
)
def test_light_commands_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from harness.cli import run\n"
        f"assert run({arguments!r}) == 0\n"
        "heavy = {'torch', 'transformers', 'datasets', 'sklearn', 'ir_datasets', 'pandas',\n"
        "         'pyarrow', 'onnxruntime', 'scipy', 'bm25s', 'ir_measures', 'pydantic', 'numpy'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.splitlines()[-1] == "HEAVY []"
