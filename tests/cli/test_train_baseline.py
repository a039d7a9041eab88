from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.cli.conftest import Command

pytest.importorskip("sklearn", reason="needs marginbench[baselines]")

WORDS = [f"{a}{b}" for a in ("ri", "sto", "clo", "ma", "en") for b in ("ver", "ne", "ud", "ple")]


def _data(path: Path, *, split: bool = True) -> Path:
    draw = random.Random(3)
    rows = []
    for i in range(120):
        machine = i % 2
        row = {
            "id": f"t{i}",
            "text": " ".join(draw.choices(WORDS[:12] if machine else WORDS[8:], k=25)),
            "label": machine,
        }
        rows.append(row | ({"split": "calibration" if i < 60 else "test"} if split else {}))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_fit_then_evaluate(command: Command, tmp_path: Path) -> None:
    data = _data(tmp_path / "essays.jsonl")
    model = tmp_path / "model"
    arguments = ("--task", "detection/folder", "--data", data)
    fitted = command("train-baseline", *arguments, "--out", model)
    assert fitted.code == 0, fitted.err
    assert "60 texts (30 by machines)" in fitted.out
    facts = json.loads((model / "manifest.json").read_text())["facts"]
    assert facts["trained_on"][0].startswith("detection/folder")
    assert facts["in_sample_calibration"] is True

    again = tmp_path / "again"
    assert command("train-baseline", *arguments, "--out", again).code == 0
    for path in model.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes()

    out = tmp_path / "runs"
    done = command("evaluate", "--model", f"tfidf:{model}", *arguments, "--out", out)
    assert done.code == 0, done.err
    records = list(out.rglob("record.json"))
    assert len(records) == 1
    assert "in_sample_calibration" in records[0].read_text()


def test_no_calibration_split_is_one_line(command: Command, tmp_path: Path) -> None:
    data = _data(tmp_path / "essays.jsonl", split=False)
    answer = command(
        "train-baseline", "--task", "detection/folder", "--data", data, "--out", tmp_path / "m"
    )
    assert answer.code == 2
    assert "no calibration split" in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "m").exists()


def test_task_that_is_no_detection_task(command: Command, tmp_path: Path, collection: Path) -> None:
    arguments = ("--task", "reranking/folder", "--data", collection, "--out", tmp_path / "m")
    answer = command("train-baseline", *arguments)
    assert answer.code == 2
    assert "asks for no score of texts" in answer.err
