"""Detection's nulls hold in every reading of a record: scored, and derived again by ``compare``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from .conftest import Command

SETS = {
    "people without machines": [("calibration", "", 0, 20), ("test", "native", 0, 10),
                                ("test", "native", 1, 10), ("test", "toefl", 0, 10)],
    "people apart from machines": [("test", "x", 0, 40), ("test", "y", 1, 40)],
    "one of a kind": [("test", "", 0, 1), ("test", "", 1, 30)],
    "plain": [("test", "a", 0, 60), ("test", "a", 1, 60), ("test", "b", 0, 9), ("test", "b", 1, 9)],
    "many": [("calibration", "a", 0, 150), ("test", "a", 0, 150), ("test", "a", 1, 50),
             ("test", "b", 0, 120), ("test", "b", 1, 50)],
}  # fmt: skip
SCORES = {
    "noise": lambda label, rng: label + rng.normal(),
    "constant": lambda label, rng: 1.0,
    "hard": lambda label, rng: float(label + rng.random() > 0.8),
    "saturated": lambda label, rng: min(label + rng.random(), 0.9),
}


@pytest.mark.parametrize("scores", SCORES)
@pytest.mark.parametrize("texts", SETS)
def test_a_record_is_what_lies_beside_it(
    command: Command, tmp_path: Path, texts: str, scores: str
) -> None:
    rng = np.random.default_rng(4)
    rows = [
        {"id": f"{n}-{i}", "text": f"{n} {i}", "split": split, "domain": domain, "label": label}
        for n, (split, domain, label, count) in enumerate(SETS[texts])
        for i in range(count)
    ]
    data, file = tmp_path / "t.jsonl", tmp_path / "s.csv"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = [f"{row['id']},{SCORES[scores](row['label'], rng)!r}" for row in rows]
    file.write_text("\n".join(["id,score", *lines, ""]))
    made = command(
        *("score", "--task", "detection/folder", "--data", data, "--predictions", file),
        *("--model-name", "m", "--out", tmp_path / "runs"),
    )
    assert made.code == 0, made.err
    (record,) = (tmp_path / "runs").rglob("record.json")
    metrics = json.loads(record.read_text())["metrics"]
    assert all(m["value"] is not None or m["reason"] for m in metrics)
    held = command("compare", record.parent, record.parent)
    assert held.code in (0, 3), held.err
    assert "lies beside it" not in held.err
