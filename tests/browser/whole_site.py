"""Runs of made-up systems in all five suites, scored by the command line, and their site."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.cli import run
from leaderboard_site.build import build_site
from tests.leaderboard_site.conftest import write_sample_board

LETTERS = "aeiou"
EMBEDDER = """
def embed_texts(texts):
    return [[t.count(c) + {weight} * ((len(t) * (i + 2)) % 5 + i) for i, c in enumerate("aeiou")]
            for t in texts]
"""


def build_whole_site(folder: Path) -> Path:
    """A site of local runs with every kind of page and every suite's pictures."""
    runs = folder / "runs"
    write_sample_board(runs / "reranking")
    chance = random.Random(11)
    score_detectors(folder, runs, chance)
    score_quality(folder, runs, chance)
    classify(folder, runs, chance)
    embed(folder, runs)
    return build_site(runs, folder / "site").parent


def score_detectors(folder: Path, runs: Path, chance: random.Random) -> None:
    """Three detectors of 400 texts in two domains: a good, a weak and one below chance."""
    data = folder / "texts.csv"
    rows = [(f"t{i}", f"text {i}", i % 2, "news" if i % 4 < 2 else "mail") for i in range(400)]
    write(data, ("id", "text", "label", "domain"), rows)
    for name, skill in (("invented-detector", 2.0), ("weak-detector", 0.5), ("inverse", -1.0)):
        scores = [(id, chance.gauss(0, 1) + skill * label) for id, _, label, _ in rows]
        score("detection/folder", data, scores, name, runs)


def score_quality(folder: Path, runs: Path, chance: random.Random) -> None:
    """Two measures of 90 images whose opinions are known."""
    data = folder / "opinions.csv"
    rows = [(f"i{i}.png", chance.uniform(0, 5)) for i in range(90)]
    write(data, ("image", "mos"), rows)
    for name, _ in rows:
        (folder / name).write_bytes(b"found, and never opened where scores are given")
    for name, noise in (("invented-measure", 0.5), ("noisy-measure", 3.0)):
        scores = [(id, opinion + chance.gauss(0, noise)) for id, opinion in rows]
        score("image-quality/folder", data, scores, name, runs)


def classify(folder: Path, runs: Path, chance: random.Random) -> None:
    """Two updates of a classifier of 200 items, beside the answers before."""
    classes = ("cat", "dog", "fox", "owl")
    data = folder / "labels.csv"
    before = [classes[(i + (i % 9 == 0)) % 4] for i in range(200)]
    rows = [(f"item-{i}", classes[i % 4], before[i]) for i in range(200)]
    write(data, ("id", "label", "reference"), rows)
    for name, share in (("update-one", 0.05), ("update-two", 0.2)):
        answers = folder / f"{name}.csv"
        given = [(f"item-{i}", classes[(i + (chance.random() < share)) % 4]) for i in range(200)]
        write(answers, ("id", "prediction"), given)
        command("score", "--task", "flips/predictions", "--data", data, "--predictions", answers,
                "--model-name", name, "--out", runs / name)  # fmt: skip


def embed(folder: Path, runs: Path) -> None:
    """Two embedders of 90 texts of six classes."""
    data = folder / "classes.csv"
    rows = [(f"c{i}", LETTERS[i % 5] * 2, LETTERS[i * 7 % 5] * (i % 7 + 1)) for i in range(90)]
    write(data, ("id", "label", "text"), rows)
    for weight in (0.7, 1.9):
        model = folder / f"letters-{weight}.py"
        model.write_text(EMBEDDER.format(weight=weight))
        command("evaluate", "--model", f"python:{model}", "--task", "consistency/folder",
                "--data", data, "--out", runs / model.stem)  # fmt: skip


def score(task: str, data: Path, scores: Iterable[Sequence[object]], name: str, out: Path) -> None:
    given = data.parent / f"{name}.csv"
    write(given, ("id", "score"), scores)
    command("score", "--task", task, "--data", data, "--predictions", given,
            "--model-name", name, "--comparable", "--out", out / name)  # fmt: skip


def command(*words: object) -> None:
    assert run([str(word) for word in words]) == 0


def write(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
