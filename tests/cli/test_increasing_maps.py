"""What goes by order alone is unchanged by any increasing map of the scores, through every file.

Scores are put at places that are as near to each other as float64 allows, and figures must be those
of the plain ranks. A type that is too narrow, or a rounding anywhere, makes ties and fails here.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from harness.predictions.table import read_predictions

from .conftest import Command

COUNT = 60
PLACES: dict[str, Callable[[int], list[float]]] = {
    "neighbours of one": lambda n: _neighbours(1.0, n),
    "neighbours of a large number": lambda n: _neighbours(1e300, n),
    "neighbours below a negative one": lambda n: _neighbours(-1e8, n),
    "subnormal": lambda n: [i * 5e-324 for i in range(n)],
    "probabilities of logits about 30": lambda n: [
        float(1 / (1 + np.exp(-x))) for x in np.linspace(24, 34, n)
    ],
    "beyond float32": lambda n: [10.0 ** (40 + 4 * i) for i in range(n)],
}


def _neighbours(start: float, count: int) -> list[float]:
    found = [start]
    while len(found) < count:
        found.append(float(np.nextafter(found[-1], np.inf)))
    return found


def _ranks(seed: int) -> list[int]:
    order = list(range(COUNT))
    random.Random(seed).shuffle(order)
    return order


def _csv(path: Path, ids: Sequence[str], scores: Sequence[float]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "score"])
        writer.writerows((item, repr(score)) for item, score in zip(ids, scores, strict=True))
    return path


def _json(path: Path, ids: Sequence[str], scores: Sequence[float]) -> Path:
    rows = [{"id": i, "score": s} for i, s in zip(ids, scores, strict=True)]
    path.write_text(json.dumps(rows))
    return path


def _jsonl(path: Path, ids: Sequence[str], scores: Sequence[float]) -> Path:
    rows = [json.dumps({"id": i, "score": s}) for i, s in zip(ids, scores, strict=True)]
    path.write_text("\n".join(rows))
    return path


def _parquet(path: Path, ids: Sequence[str], scores: Sequence[float]) -> Path:
    parquet.write_table(pa.table({"item": list(ids), "score": list(scores)}), path)
    return path


FILES: dict[str, Callable[[Path, Sequence[str], Sequence[float]], Path]] = {
    "csv": _csv,
    "json": _json,
    "jsonl": _jsonl,
    "parquet": _parquet,
}


def _texts(folder: Path) -> tuple[Path, list[str]]:
    path = folder / "texts.jsonl"
    rows = [{"id": f"t{i}", "text": f"text {i}", "label": i % 2} for i in range(COUNT)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path, [str(row["id"]) for row in rows]


def _figures(out: Path, *names: str) -> dict[str, Any]:
    (path,) = out.rglob("record.json")
    metrics = json.loads(path.read_text())["metrics"]
    return {
        row["name"]: (row["value"], row["interval"])
        for row in metrics
        if not names or row["name"] in names
    }


def _score(
    command: Command, task: str, data: Path, file: Path, out: Path, *more: str
) -> dict[str, Any]:
    arguments = ("--task", task, "--data", data, "--predictions", file, "--model-name", "m", *more)
    answer = command("score", *arguments, "--out", out)
    assert answer.code == 0, answer.err
    return _figures(out)


@pytest.mark.parametrize("ending", FILES)
@pytest.mark.parametrize("places", PLACES)
def test_detectors(command: Command, tmp_path: Path, places: str, ending: str) -> None:
    data, ids = _texts(tmp_path)
    ranks = _ranks(7)
    plain = _csv(tmp_path / "plain.csv", ids, [float(rank) for rank in ranks])
    spread = PLACES[places](COUNT)
    mapped = FILES[ending](tmp_path / f"mapped.{ending}", ids, [spread[rank] for rank in ranks])
    expected = _score(command, "detection/folder", data, plain, tmp_path / "one")
    assert expected["AUROC"][0] is not None
    assert _score(command, "detection/folder", data, mapped, tmp_path / "two") == expected


def test_a_python_model(command: Command, tmp_path: Path) -> None:
    data, ids = _texts(tmp_path)
    ranks, spread = _ranks(7), _neighbours(1.0, COUNT)
    model = tmp_path / "saturated.py"
    model.write_text(
        f"RANKS = {ranks!r}\nPLACES = {spread!r}\n"
        "def score_texts(texts):\n"
        "    return [PLACES[RANKS[int(text.split()[1])]] for text in texts]\n"
    )
    out = tmp_path / "run"
    arguments = ("--model", f"python:{model}", "--task", "detection/folder", "--data", data)
    assert command("evaluate", *arguments, "--out", out).code == 0
    plain = _csv(tmp_path / "plain.csv", ids, [float(rank) for rank in ranks])
    expected = _score(command, "detection/folder", data, plain, tmp_path / "one")
    assert _figures(out) == expected
    (predictions,) = out.rglob("predictions.parquet")
    again = _score(command, "detection/folder", data, predictions, tmp_path / "again")
    assert again == expected


@pytest.mark.parametrize("places", PLACES)
def test_the_export_for_raid_keeps_every_bit(command: Command, tmp_path: Path, places: str) -> None:
    data, ids = _texts(tmp_path)
    hidden = tmp_path / "hidden.jsonl"
    rows = [json.loads(line) for line in data.read_text().splitlines()]
    hidden.write_text("".join(json.dumps({"id": r["id"], "text": r["text"]}) + "\n" for r in rows))
    spread = PLACES[places](COUNT)
    scores = [spread[rank] for rank in _ranks(3)]
    file = _csv(tmp_path / "s.csv", ids, scores)
    _score(command, "detection/folder", hidden, file, tmp_path / "run")
    (exported,) = (tmp_path / "run").rglob("predictions.json")
    found = json.loads(exported.read_text())
    assert [row["score"] for row in found] == scores


@pytest.mark.parametrize("places", PLACES)
def test_quality_models(command: Command, tmp_path: Path, places: str) -> None:
    from PIL import Image

    names = [f"im{i:02d}.png" for i in range(COUNT)]
    (tmp_path / "images").mkdir()
    for name in names:
        Image.new("RGB", (8, 8)).save(tmp_path / "images" / name)
    opinions = [3 + 0.9 * rank + (i % 7) for i, rank in enumerate(_ranks(7))]
    table = tmp_path / "opinions.csv"
    lines = [f"{name},{mos}" for name, mos in zip(names, opinions, strict=True)]
    table.write_text("image,mos\n" + "\n".join(lines) + "\n")
    ranks, spread = _ranks(7), PLACES[places](COUNT)
    by_rank = ("SRCC", "KRCC", "CC_0")
    found = []
    for label, values in (("one", [float(r) for r in ranks]), ("two", [spread[r] for r in ranks])):
        file = _csv(tmp_path / f"{label}.csv", names, values)
        whole = _score(command, "image-quality/folder", tmp_path, file, tmp_path / label)
        found.append({name: whole[name] for name in by_rank})
    assert found[0] == found[1]
    assert found[0]["SRCC"][0] is not None


@pytest.mark.parametrize("places", PLACES)
def test_rerankers(command: Command, collection: Path, tmp_path: Path, places: str) -> None:
    stage = tmp_path / "stage.txt"
    lines = [f"q{q} Q0 d{(q + i) % 60} {i + 1} {20 - i} s\n" for q in range(60) for i in range(20)]
    stage.write_text("".join(lines))
    found = []
    for label in ("one", "two"):
        spread = PLACES[places](20) if label == "two" else [float(i) for i in range(20)]
        run = tmp_path / f"{label}.txt"
        with run.open("w") as file:
            for q in range(60):
                order = random.Random(q).sample(range(20), 20)
                for i, rank in enumerate(order):
                    file.write(f"q{q} Q0 d{(q + i) % 60} 1 {spread[rank]!r} m\n")
        stages = ("--first-stage", str(stage))
        out = tmp_path / label
        found.append(_score(command, "reranking/folder", collection, run, out, *stages))
    assert found[0] == found[1]
    assert found[0]["nDCG@10"][0] is not None


def test_a_run_in_parquet_keeps_what_pandas_reads(tmp_path: Path) -> None:
    """Scores within 1e-10 of each other, as ranx writes them, were one number in float32."""
    path = tmp_path / "run.parquet"
    scores = [1 - 1e-10 * place for place in range(5)]
    parquet.write_table(
        pa.table({"q_id": ["q"] * 5, "doc_id": list("abcde"), "score": scores}), path
    )
    found = read_predictions(path)
    assert found.scores.tolist() == pd.read_parquet(path)["score"].tolist() == scores
