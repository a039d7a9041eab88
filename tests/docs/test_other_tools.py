"""What users of other tools are told to type runs, and gives what their tools give."""

from __future__ import annotations

import json
import re
import shlex
from glob import glob
from pathlib import Path

import numpy as np
import pytest
import pytrec_eval

from harness.records.record import read_record
from tests.cli.conftest import Command

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "from-other-tools.md").read_text("utf-8")
LINES = re.findall(r"`(marginbench [^`]+)`", PAGE)
ELSEWHERE = ("bi-encoder:", "--suite")
"""What needs torch, weights or a download."""

QUERIES, DOCUMENTS = [f"q{n}" for n in range(6)], [f"d{n}" for n in range(9)]


def write_files() -> tuple[dict[str, dict[str, int]], dict[str, dict[str, float]]]:
    """Small files of every kind that the page names, in the working folder; qrels and run."""
    from PIL import Image

    random = np.random.default_rng(3)
    qrels = {q: {d: int(g) for d, g in zip(DOCUMENTS, random.integers(0, 3, 9), strict=True)}
             for q in QUERIES}  # fmt: skip
    run = {q: {d: float(s) for d, s in zip(DOCUMENTS, random.permutation(9), strict=True)}
           for q in QUERIES}  # fmt: skip
    Path("qrels.txt").write_text(
        "".join(f"{q} 0 {d} {g}\n" for q, own in qrels.items() for d, g in own.items())
    )
    Path("run.txt").write_text("".join(
        f"{q} Q0 {d} 1 {s} x\n" for q, own in run.items() for d, s in own.items()
    ))  # fmt: skip
    for name in ("old", "new"):
        rows = ({"doc_id": n, "acc": float(random.random() < 0.7)} for n in range(40))
        Path(f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    vectors = random.normal(size=(24, 8)).astype(np.float32)
    ids = [f"i{n}" for n in range(24)]
    np.savez("vectors.npz", embeddings=vectors, ids=ids)
    Path("items.csv").write_text("id,label\n" + "".join(f"i{n},c{n % 6}\n" for n in range(24)))
    Path("pictures").mkdir()
    for n in range(8):
        noise = random.integers(0, 256, (48, 48, 3), dtype=np.uint8)
        Image.fromarray((noise // (n + 1)).astype(np.uint8)).save(f"pictures/{n}.png")
    table = "image,mos\n" + "".join(f"{n}.png,{n}\n" for n in range(8))
    Path("pictures/opinions.csv").write_text(table)
    Path("labels.csv").write_text("id,label,reference\n" + "".join(
        f"{n},{'ab'[n % 2]},{'aab'[n % 3]}\n" for n in range(30)
    ))  # fmt: skip
    Path("new.csv").write_text("id,prediction\n" + "".join(f"{n},a\n" for n in range(30)))
    Path("texts.csv").write_text("id,text,label\n" + "".join(
        f"t{n},some words {n},{'human' if n < 40 else 'machine'}\n" for n in range(80)
    ))  # fmt: skip
    Path("scores.csv").write_text("id,score\n" + "".join(f"t{n},{n % 53}\n" for n in range(80)))
    return qrels, run


def test_every_line_runs(
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    qrels, run = write_files()
    for name in ("first", "second"):
        told = (
            "--task reranking/folder --data qrels.txt --first-stage run.txt --predictions run.txt"
        )
        assert command("score", *told.split(), "--model-name", name).code == 0
    ran = 0
    for line in LINES:
        if any(word in line for word in ELSEWHERE):
            continue
        words = [place for word in shlex.split(line)[1:] for place in sorted(glob(word)) or [word]]
        answer = command(*words)
        assert answer.code == 0, (line, answer.out, answer.err)
        ran += 1
    assert ran >= len(LINES) - 2
    values = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut_10", "recall_10", "bpref"})
    theirs = values.evaluate(run)
    (path,) = [one for one in glob("runs/bm25-*/*/record.json")
               if read_record(Path(one)).metric("Bpref") is not None]  # fmt: skip
    for ours, name in {"nDCG@10": "ndcg_cut_10", "R@10": "recall_10", "Bpref": "bpref"}.items():
        found = read_record(Path(path)).metric(ours)
        assert found is not None
        expected = np.mean([row[name] for row in theirs.values()])
        assert found.value == pytest.approx(expected, abs=1e-9), ours


def test_r_at_1_is_precision_at_1(
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the nearest other vector by cosine, as pytorch-metric-learning asks."""
    monkeypatch.chdir(tmp_path)
    write_files()
    line = next(line for line in LINES if "vectors.npz" in line)
    assert command(*shlex.split(line)[1:]).code == 0
    kept = np.load("vectors.npz")["embeddings"].astype(np.float64)
    unit = kept / np.linalg.norm(kept, axis=1, keepdims=True)
    near = unit @ unit.T
    np.fill_diagonal(near, -9)
    labels = np.arange(24) % 6
    expected = float((labels[near.argmax(axis=1)] == labels).mean())
    (path,) = glob("runs/*/*/record.json")
    found = read_record(Path(path)).metric("R@1")
    assert found is not None
    assert found.value == pytest.approx(expected)
