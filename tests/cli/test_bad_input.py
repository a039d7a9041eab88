"""Every kind of bad input that users met: one clear line and the right exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.environment import install
from tests.cli.conftest import Command
from tests.cli.test_evaluate import ROOT, arguments, only


def one_line(err: str) -> str:
    lines = [line for line in err.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, err
    assert "Traceback" not in err
    return lines[0]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (["evaluate", "--model", "bm52", "--task", "reranking/folder"], "Did you mean 'bm25'"),
        (
            ["evaluate", "--model", "bm25", "--task", "reranking/beir/scifat"],
            "reranking/beir/scifact",
        ),
        (["evaluate", "--model", "bm25", "--task", "scifact"], "reranking/beir/scifact"),
        (["evaluate", "--model", "bm25", "--task", "reranking/x*"], "unknown task"),
        (["evaluate", "--model", "bm25", "--suite", "rerank"], "Did you mean 'reranking'"),
        (["evaluate", "--model", "bm25"], "Give --suite NAME or --task"),
        (
            ["evaluate", "--model", "bm25", "--option", "k=1", "--suite", "reranking"],
            "no option 'k'",
        ),
        (
            ["evaluate", "--model", "lmscan", "--task", "detection/embedded", "--first-stage", "x"],
            "detection/embedded has no first stage",
        ),
        (
            ["evaluate", "--model", "lmscan", "--task", "*/folder", "--first-stage", "bm25"],
            "has no first stage",
        ),
        (
            ["evaluate", "--model", "bm25", "--suite", "reranking", "--first-stage", "no/file"],
            "first stage 'no/file' is neither 'bm25' nor a file",
        ),
        (
            [
                "score",
                "--task",
                "detection/embedded",
                "--predictions",
                __file__,
                "--model-name",
                "m",
                "--first-stage",
                "x",
            ],
            "detection/embedded has no first stage",
        ),
        (["score"], "score needs either"),
        (["show", "."], "no record.json"),
    ],
)
def test_usage_errors_exit_2_with_the_next_thing_to_type(
    command: Command, line: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = command(*line)
    assert answer.code == 2
    assert message in one_line(answer.err)


def test_unknown_commands_and_flags_exit_2(command: Command) -> None:
    answer = command("evalute")
    assert answer.code == 2
    assert "Did you mean 'evaluate'" in answer.err
    assert command("list", "--jason").code == 2


def test_a_checkpoint_that_does_not_exist(
    command: Command, collection: Path, tmp_path: Path
) -> None:
    for model in ("python:nowhere.py", "onnx-embedder:./nowhere"):
        answer = command(*arguments(model, collection, tmp_path / "runs"))
        assert answer.code == 2
        assert "nowhere" in one_line(answer.err)


def test_a_model_without_the_capability_names_those_that_have_it(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    model = model_file("def paint(x):\n    return x\n")
    answer = command(*arguments(model, collection, tmp_path / "runs"))
    assert answer.code == 2
    line = one_line(answer.err)
    assert "score_pairs" in line


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[float('nan')] * len(pairs)", "NaN or infinite"),
        ("[float('inf')] * len(pairs)", "NaN or infinite"),
        ("[1.0] * (len(pairs) + 1)", "shape"),
        ("[0.5] * len(pairs)", "told nothing apart"),
        ("None", "score_pairs"),
        ("1 / 0", "model.py:2: ZeroDivisionError"),
    ],
)
def test_scores_that_cannot_be_used(
    command: Command,
    collection: Path,
    model_file: Callable[..., Path],
    tmp_path: Path,
    body: str,
    message: str,
) -> None:
    model = model_file(f"def score_pairs(pairs):\n    return {body}\n")
    answer = command(*arguments(model, collection, tmp_path / "runs"))
    assert answer.code == 1
    assert message in one_line(answer.err)
    assert not list((tmp_path / "runs").rglob("record.json"))


def run_file(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (lambda rows: [*rows, "q0 Q0 nope 99 0.1 t"], 1, "'nope'"),
        (lambda rows: [*rows, rows[0]], 1, "q0"),
        (lambda rows: [row for row in rows if not row.startswith("q7 ")], 3, "'q7'"),
        (lambda rows: [*rows[:2], "q0 Q0 d1 3 abc t"], 1, "run.trec:3"),
        (lambda rows: [*rows[:2], "q0 Q0 d1 3 nan t"], 1, "run.trec:3"),
        (lambda rows: [*rows[:2], "q0 Q0 d1"], 1, "run.trec:3"),
        (lambda rows: [""], 1, "run.trec"),
    ],
)
def test_first_stage_files_that_do_not_fit(
    command: Command,
    collection: Path,
    model_file: Callable[..., Path],
    tmp_path: Path,
    change: Callable[[list[str]], list[str]],
    code: int,
    message: str,
) -> None:
    rows = [f"q{q} Q0 d{(q + c) % 60} {c} {20 - c} t" for q in range(60) for c in range(10)]
    run = run_file(tmp_path / "run.trec", change(rows))
    line = arguments(model_file(), collection, tmp_path / "runs", "--first-stage", run)
    answer = command(*line)
    assert answer.code == code, answer.err
    assert message in one_line(answer.err)


def test_a_first_stage_file_that_fits_is_used_and_named(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    rows = [f"q{q} Q0 d{(q + c) % 60} {c} {20 - c} t" for q in range(60) for c in range(10)]
    run = run_file(tmp_path / "run.trec", rows)
    line = arguments(model_file(), collection, tmp_path / "runs", "--first-stage", run)
    assert command(*line).code == 0
    answer = command(*arguments("bm25", collection, tmp_path / "runs", "--first-stage", run))
    assert answer.code == 2
    assert "first-stage" in one_line(answer.err)
    line = arguments("first-stage", collection, tmp_path / "runs", "--first-stage", run)
    assert command(*line).code == 0


def damage_corpus_json(folder: Path) -> None:
    path = folder / "corpus.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:4], "{not json", *lines[5:]]) + "\n")


def damage_corpus_field(folder: Path) -> None:
    path = folder / "corpus.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(['{"id": "x"}', *lines]) + "\n")


def damage_qrels(folder: Path) -> None:
    path = folder / "qrels" / "test.tsv"
    path.write_text(path.read_text() + "q1\td1\tgood\n")


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (remove("corpus.jsonl"), "corpus.jsonl"),
        (remove("queries.jsonl"), "queries.jsonl"),
        (remove("qrels/test.tsv"), "qrels"),
        (damage_corpus_json, "corpus.jsonl:5"),
        (damage_corpus_field, "corpus.jsonl:1"),
        (damage_qrels, "test.tsv:62"),
    ],
)
def test_data_folders_that_are_damaged(
    command: Command,
    collection: Path,
    tmp_path: Path,
    damage: Callable[[Path], None],
    message: str,
) -> None:
    damage(collection)
    answer = command(*arguments("bm25", collection, tmp_path / "runs"))
    assert answer.code in (1, 2)
    assert message in one_line(answer.err)


def test_judgements_of_absent_documents_are_counted_and_shown(
    command: Command, collection: Path, tmp_path: Path
) -> None:
    qrels = collection / "qrels" / "test.tsv"
    qrels.write_text(qrels.read_text() + "q1\tgone\t1\nq2\tgone\t1\n")
    answer = command(*arguments("bm25", collection, tmp_path / "runs"))
    assert answer.code == 0, answer.err
    assert '"judged_documents_absent": 1' in only(tmp_path / "runs", "record.json").read_text()
    assert "judged_documents_absent" in command("show", tmp_path / "runs").out


def test_an_output_that_cannot_be_written(
    command: Command, collection: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    answer = command(*arguments("bm25", collection, tmp_path / "file" / "runs"))
    assert answer.code == 2
    assert "--out" in one_line(answer.err)


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="needs a file system nobody may write")
def test_a_file_system_that_refuses_everybody(command: Command, collection: Path) -> None:
    answer = command(*arguments("bm25", collection, Path("/sys/kernel/marginbench")))
    assert answer.code == 2
    assert "cannot write /sys/kernel/marginbench" in one_line(answer.err)
    assert "--out" in answer.err


def test_a_full_disk_keeps_what_was_done(
    collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    # The process may write no file above 12 kB: parts of 1,000 scores (8 kB) fit, the
    # predictions file does not. The operating system refuses, as on a full disk.
    code = (
        "import resource, signal, sys\n"
        "from harness.cli import run\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (12000, 12000))\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    line = arguments(model_file(), collection, tmp_path / "runs")
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, *line],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "no space left" in one_line(done.stderr)
    assert list((tmp_path / "runs").rglob("*.npy"))
    assert not list((tmp_path / "runs").rglob("*.tmp"))


def test_predictions_that_do_not_cover_the_task(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    rows = [f"q{q} Q0 d{q} 1 {q}.5 t" for q in range(60)]
    run = run_file(tmp_path / "theirs.trec", rows)
    line = ["score", "--task", "reranking/folder", "--data", collection, "--predictions", run]
    answer = command(*line, "--model-name", "m", "--out", tmp_path / "runs")
    assert answer.code == 3
    assert "candidates have no score" in one_line(answer.err)
    answer = command(*line, "--model-name", "m", "--out", tmp_path / "runs", "--first-stage", run)
    assert answer.code == 0, answer.err


def test_a_record_of_a_newer_schema_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text('{"schema_version": 99}')
    answer = command("show", tmp_path)
    assert answer.code == 1
    assert "newer" in one_line(answer.err)
    answer = command("site", "--records", tmp_path, "--out", tmp_path / "site")
    assert answer.code == 1


def test_a_missing_package_gives_the_install_command(collection: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from importlib.abc import MetaPathFinder\n"
        "class Absent(MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name.partition('.')[0] in ('torch', 'onnxruntime'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "import importlib.util as u\n"
        "real = u.find_spec\n"
        "def find_spec(name, package=None):\n"
        "    try:\n"
        "        return real(name, package)\n"
        "    except ModuleNotFoundError:\n"
        "        return None\n"
        "u.find_spec = find_spec\n"
        "from harness.cli import run\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    for model, extra in (
        ("cross-encoder:x/y", install("torch")),
        ("onnx-embedder:all-minilm-l6-v2-int8", install("quickstart")),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments(model, collection, tmp_path / "runs")],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2, done.stderr
        assert extra in one_line(done.stderr)
