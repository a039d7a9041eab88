"""Shards of tasks whose data decide what is given: a folder of one's own may hold texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli import run

CLASSES = """
import numpy as np

labels = ["a", "b"]


def classify_texts(texts):
    return np.array([[1.0, 0.0] if len(str(text)) % 2 else [0.0, 1.0] for text in texts])
"""
VECTORS = """
import numpy as np


def embed_texts(texts):
    return np.array([[len(str(text)), 1.0, sum(map(ord, str(text))) % 7] for text in texts])
"""


def record(folder: Path) -> dict[str, Any]:
    (path,) = folder.rglob("record.json")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@pytest.mark.parametrize(
    ("task", "code"), [("flips/folder", CLASSES), ("consistency/folder", VECTORS)]
)
def test_shards_of_a_table_of_texts_are_merged(task: str, code: str, tmp_path: Path) -> None:
    table, model = tmp_path / "texts.csv", tmp_path / "model.py"
    rows = [f"{n},{'w' * (n % 5)} {n},{'ab'[n % 2]}" for n in range(40)]
    table.write_text("\n".join(["id,text,label", *rows, ""]))
    model.write_text(code)
    words = ["evaluate", "--model", f"python:{model}", "--task", task, "--data", str(table)]
    assert run([*words, "--out", str(tmp_path / "whole")]) == 0
    for index in (1, 2):
        assert run([*words, "--out", str(tmp_path / "runs"), "--shard", f"{index}/2"]) == 0
    assert run(["merge", str(tmp_path / "runs")]) == 0
    merged, whole = record(tmp_path / "runs"), record(tmp_path / "whole")
    assert merged["metrics"] == whole["metrics"]
    assert merged["predictions"] == whole["predictions"]
