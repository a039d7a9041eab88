"""Predictions as others have them, scored through ``score``: the same record whatever the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from harness.cli import run
from harness.errors import InvalidError
from harness.predictions.table import read_predictions
from harness.records.record import read_record

TEXTS = pd.DataFrame(
    {"id": [f"t{n}" for n in range(60)], "label": [0, 1] * 30,
     "text": [f"text number {n}" for n in range(60)]}
)  # fmt: skip
RANDOM = np.random.default_rng(7)
SCORES = pd.DataFrame(
    {"id": TEXTS["id"], "score": np.round(RANDOM.normal(size=60) + TEXTS["label"], 4)}
)
Write = Callable[[Path], None]
WAYS: dict[str, Write] = {
    "p.csv": lambda path: SCORES.to_csv(path, index=False),
    "index.csv": lambda path: SCORES.to_csv(path),
    "bare.csv": lambda path: SCORES.to_csv(path, index=False, header=False),
    "p.tsv": lambda path: SCORES.to_csv(path, index=False, sep="\t"),
    "comma.csv": lambda path: SCORES.to_csv(path, index=False, sep=";", decimal=","),
    "wide.csv": lambda path: (
        path.write_bytes(SCORES.to_csv(None, index=False).encode("utf-16")) and None
    ),
    "case.csv": lambda path: SCORES.rename(columns=str.upper).to_csv(path, index=False),
    "alias.csv": lambda path: SCORES.set_axis(["filename", "prob"], axis=1).to_csv(
        path, index=False
    ),
    "p.json": lambda path: SCORES.to_json(path, orient="records"),
    "columns.json": lambda path: SCORES.to_json(path),
    "map.json": lambda path: path.write_text(json.dumps(dict(SCORES.to_numpy().tolist()))) and None,
    "p.jsonl": lambda path: SCORES.to_json(path, orient="records", lines=True),
    "p.csv.gz": lambda path: SCORES.to_csv(path, index=False),
    "p.csv.bz2": lambda path: SCORES.to_csv(path, index=False),
    "p.csv.xz": lambda path: SCORES.to_csv(path, index=False),
    "p.csv.zip": lambda path: SCORES.to_csv(path, index=False),
    "p.parquet": lambda path: SCORES.to_parquet(path),
    "p.xlsx": lambda path: SCORES.to_excel(path, index=False),
}


@pytest.mark.parametrize("name", list(WAYS))
def test_every_file_gives_the_area_of_scikit_learn(tmp_path: Path, name: str) -> None:
    if name.endswith("xlsx"):
        pytest.importorskip("openpyxl")
    TEXTS.to_json(tmp_path / "texts.jsonl", orient="records", lines=True)
    WAYS[name](tmp_path / name)
    code = run(
        ["score", "--task", "detection/folder", "--data", str(tmp_path / "texts.jsonl"),
         "--predictions", str(tmp_path / name), "--model-name", "m",
         "--out", str(tmp_path / "runs")]
    )  # fmt: skip
    assert code == 0
    record = read_record(next((tmp_path / "runs").rglob("record.json")))
    found = {metric.name: metric.value for metric in record.metrics}
    area = next(value for metric, value in found.items() if metric.startswith("AUROC"))
    assert area == pytest.approx(roc_auc_score(TEXTS["label"], SCORES["score"]), abs=1e-12)


def test_a_run_in_parquet_under_other_names(tmp_path: Path) -> None:
    """As ranx saves it: q_id, doc_id, score."""
    frame = pd.DataFrame({"q_id": ["q", "q"], "doc_id": ["a b", "c"], "score": [1.5, -2.0]})
    frame.to_parquet(tmp_path / "run.parquet")
    found = read_predictions(tmp_path / "run.parquet")
    assert found.keys == {"group": ["q", "q"], "item": ["a b", "c"]}
    assert found.scores.tolist() == [1.5, -2.0]
    frame.drop(columns="doc_id").to_parquet(tmp_path / "run.parquet")
    with pytest.raises(InvalidError, match="is not a predictions file"):
        read_predictions(tmp_path / "run.parquet")


def test_a_table_in_parquet_says_what_is_wrong_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [{"id": i, "text": f"text {i}", "label": i % 2} for i in range(4)]
    (tmp_path / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in texts))
    ids = ["0", "1", "2", "3"]
    line = ["score", "--task", "detection/folder", "--data", str(tmp_path / "texts.jsonl"),
            "--predictions", str(tmp_path / "p.parquet"), "--model-name", "m"]  # fmt: skip
    for more, said in [
        ({"p_machine": [0.1] * 4, "logit": [1.0, 2.0, 3.0, 4.0]}, "--predictions-column"),
        ({"prob": ["0.1", "high", "1", "2"]}, "row 2: prob 'high' is not a number"),
    ]:
        pd.DataFrame({"id": ids, **more}).to_parquet(tmp_path / "p.parquet")
        assert run([*line, "--out", str(tmp_path / "runs")]) != 0
        assert said in capsys.readouterr().err
