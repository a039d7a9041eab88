"""A small run of every suite, scored from files: no model, no data of others."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest

from harness.cli import run
from harness.exchange.base import Run
from harness.records.finding import read_records
from tests.cli.conftest import Answer, Command, command

__all__ = ["Answer", "Command", "command"]

ROOT = Path(__file__).resolve().parents[2]


def table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def score(out: Path, task: str, data: Path, predictions: Path, *more: object) -> None:
    words = ("score", "--task", task, "--data", data, "--predictions", predictions, "--out", out)
    assert run([str(word) for word in (*words, "--model-name", "org/one", *more)]) == 0


def ranking(folder: Path) -> tuple[Path, Path]:
    """Judgements and a run of 12 queries, the relevant document at another rank in each."""
    qrels, ranked = folder / "qrels.txt", folder / "run.txt"
    qrels.write_text("".join(f"q{q} 0 d{q} {1 + q % 2}\n" for q in range(12)))
    lines = []
    for q in range(12):
        documents = [f"d{(q + 5 * k) % 12}" for k in range(12)]
        documents.insert(q % 5, documents.pop(0))
        lines += [f"q{q} Q0 {d} {i} {9 - 0.5 * i} one\n" for i, d in enumerate(documents, 1)]
    ranked.write_text("".join(lines))
    return qrels, ranked


def results(folder: Path) -> tuple[Path, Path]:
    names = [f"i{i:02d}" for i in range(40)]
    old = table(
        folder / "old.csv", ("id", "acc"), [(n, int(i % 3 > 0)) for i, n in enumerate(names)]
    )
    new = table(
        folder / "new.csv", ("id", "acc"), [(n, int(i % 4 > 0)) for i, n in enumerate(names)]
    )
    return old, new


def vectors(folder: Path) -> Path:
    """Six pictures of each of 20 classes, near each other."""
    rng = np.random.default_rng(5)
    labels = np.repeat(np.arange(20), 6)
    made = rng.standard_normal((20, 8))[labels] + 0.3 * rng.standard_normal((120, 8))
    ids = np.array([f"f{i}" for i in range(120)])
    path = folder / "faces.npz"
    np.savez(path, embeddings=made.astype(np.float32), ids=ids, labels=labels)
    return path


def five_runs(folder: Path) -> Path:
    """A run of each suite below ``folder/runs``."""
    out, rng = folder / "runs", np.random.default_rng(7)
    qrels, ranked = ranking(folder)
    score(out, "reranking/folder", qrels, ranked, "--first-stage", ranked)
    texts = [(f"t{i}", "machine" if i % 2 else "human") for i in range(60)]
    labels = table(folder / "texts.csv", ("id", "label"), texts)
    marks = [(name, f"{rng.random() + (kind == 'machine'):.6f}") for name, kind in texts]
    score(out, "detection/folder", labels, table(folder / "marks.csv", ("id", "score"), marks))
    images = [(f"p{i}.png", i % 7 + rng.random()) for i in range(40)]
    opinions = table(folder / "opinions.csv", ("image", "mos"), images)
    judged = [(name, value + rng.random()) for name, value in images]
    score(out, "image-quality/folder", opinions, table(folder / "j.csv", ("id", "score"), judged))
    score(out, "flips/results", *results(folder))
    faces = vectors(folder)
    words = ("evaluate", "--model", f"embeddings:{faces}", "--task", "consistency/folder")
    assert run([*words, "--data", str(faces), "--name", "org/one", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small runs; they are read and never changed."""
    return five_runs(tmp_path_factory.mktemp("exchange"))


@pytest.fixture(scope="session")
def read(runs: Path) -> list[Run]:
    """The same, read."""
    return [Run(*one) for one in read_records([runs])]
