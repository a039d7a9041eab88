"""What is wrong with one's classes, embeddings or pictures is said in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Command

LABELS = np.array(["a", "a", "b", "b"])
IDS = np.array([f"x{k}" for k in range(4)])


def refused(command: Command, model: str, data: Path, *more: object) -> str:
    """The one line that a refused evaluation ends with."""
    done = command("evaluate", "--model", model, "--task", "consistency/folder", "--data", data,
                   "--out", data.parent / "runs", *more)  # fmt: skip
    assert done.code in (1, 2, 3)
    lines = [line for line in done.err.splitlines() if line]
    assert lines[-1].startswith("error: ")
    assert sum(line.startswith("error: ") for line in lines) == 1
    assert "Traceback" not in done.err
    return str(lines[-1])


def npz(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def bad_labels(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / "bad.npz"
    arrays: dict[str, dict[str, Any]] = {
        "one class": {"labels": np.array(["a", "a"])},
        "no pair": {"labels": np.array(["a", "b", "c"])},
        "twice": {"labels": LABELS, "ids": np.array(["x", "x", "y", "z"])},
        "both": {"labels": LABELS, "split": np.array(["test", "val", "test", "test"])},
        "split": {"labels": LABELS, "split": np.array(["test", "x", "test", "test"])},
        "lengths": {"labels": LABELS, "ids": np.array(["x"])},
        "no labels": {"other": LABELS},
        "objects": {"labels": np.array([{}, {}], dtype=object)},
        "broken": {"labels": LABELS},
    }
    npz(path, **arrays[kind])
    if kind == "broken":
        path.write_bytes(path.read_bytes()[:-40])
    return path


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("one class", "1 test classes: there is nothing to compare"),
        ("no pair", "no test class has two items"),
        ("twice", "1 ids stand twice: 'x'"),
        ("both", "1 classes are in the calibration and the test split: 'a'"),
        ("split", "split 'x' is neither calibration nor test"),
        ("lengths", "are of different lengths"),
        ("no labels", "holds no array 'labels', only other"),
        ("objects", "cannot be read as .npz"),
        ("broken", "cannot be read as .npz"),
    ],
)
def test_bad_labels(command: Command, tmp_path: Path, kind: str, said: str) -> None:
    data = bad_labels(tmp_path, kind)
    fine = npz(tmp_path / "fine.npz", embeddings=np.eye(4), ids=IDS)
    assert said in refused(command, f"embeddings:{fine}", data)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        (
            {"embeddings": np.array([[1.0], [np.nan], [2], [3]]), "ids": IDS},
            "NaN or infinite: 'x1'",
        ),
        (
            {"embeddings": np.array([[1.0], [2], [3], [np.inf]]), "ids": IDS},
            "NaN or infinite: 'x3'",
        ),
        ({"embeddings": np.ones((3, 2)), "ids": IDS}, "ids have shape (4,)"),
        ({"embeddings": np.ones((3, 2)), "ids": IDS[:3]}, "'x3'"),
        ({"embeddings": np.ones(4), "ids": IDS}, "embeddings have shape (4,)"),
        ({"embeddings": np.ones((4, 2)), "ids": np.array(["x0"] * 4)}, "1 items stand twice: 'x0'"),
        ({"embeddings": np.ones((4, 2))}, "has no array 'ids'"),
        (
            {"embeddings": np.array([[1.0], [1.0, 2]] * 2, dtype=object), "ids": IDS},
            "cannot be read",
        ),
        ({"ids": IDS}, "has no array 'embeddings'"),
    ],
)
def test_bad_embeddings(
    command: Command, tmp_path: Path, arrays: dict[str, Any], said: str
) -> None:
    data = npz(tmp_path / "labels.npz", labels=LABELS, ids=IDS)
    vectors = npz(tmp_path / "vectors.npz", **arrays)
    assert said in refused(command, f"embeddings:{vectors}", data)


@pytest.mark.parametrize("rows", [[[1.0, 2.0], [1.0]], [[1.0], None], [[1.0], "text"]])
def test_embeddings_of_different_dimensions(
    command: Command, tmp_path: Path, rows: list[Any]
) -> None:
    import json

    data = npz(tmp_path / "labels.npz", labels=LABELS, ids=IDS)
    vectors = tmp_path / "vectors.parquet"
    import pyarrow as pa
    import pyarrow.parquet as pq

    if "text" in rows:
        column = pa.array([json.dumps(row) for row in rows * 2])
    else:
        column = pa.array(rows * 2, pa.list_(pa.float32()))
    pq.write_table(pa.table({"item": IDS.tolist(), "embedding": column}), vectors)
    assert "row" in refused(command, f"embeddings:{vectors}", data)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two classes of three pictures: few enough to be decoded without a process."""
    for name in ("a/0", "a/1", "a/2", "b/0", "b/1", "b/2"):
        path = tmp_path / "set" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((6, 6), 40 * len(str(path)) % 251, dtype=np.uint8)).save(path)
    return tmp_path / "set"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("[[float('nan'), 1.0] for _ in images]", "NaN or infinite"),
        ("[1.0 for _ in images]", "it must be (items, dimension)"),
        ("[[1.0] * (k + 1) for k, _ in enumerate(images)]", "no array of numbers with rows of one"),
        ("[['red'] for _ in images]", "embed_images() returned no array of numbers"),
        ("[[] for _ in images]", "it must be (items, dimension)"),
        ("[[1.0, 2.0]]", "returned shape (1, 2) for 6 items"),
        ("None", "embed_images() returned"),
    ],
)
def test_models_that_answer_something_else(
    command: Command, tmp_path: Path, images: Path, body: str, said: str
) -> None:
    model = tmp_path / "bad.py"
    model.write_text(f"def embed_images(images):\n    return {body}\n")
    assert said in refused(command, f"python:{model}", images)


def test_pictures_that_cannot_be_decoded_are_named(command: Command, images: Path) -> None:
    (images / "b" / "1.png").write_bytes(b"no picture")
    assert "image b/1.png: cannot be decoded" in refused(command, "pixels", images)


def test_a_folder_without_pictures(command: Command, tmp_path: Path) -> None:
    (tmp_path / "set" / "a").mkdir(parents=True)
    assert "a class without a picture" in refused(command, "pixels", tmp_path / "set")
    (tmp_path / "set" / "a").rmdir()
    assert "holds no folder per class" in refused(command, "pixels", tmp_path / "set")


def test_pictures_of_a_list_that_are_not_there(command: Command, images: Path) -> None:
    (images / "pairs.csv").write_text("a,b,same\na/0.png,a/1.png,1\na/0.png,b/9.png,0\n")
    done = command("evaluate", "--model", "pixels", "--task", "consistency/pairs", "--data", images,
                   "--out", images.parent / "runs")  # fmt: skip
    assert done.code == 1
    assert "1 of 3 pictures are not in" in done.err
    assert "'b/9.png'" in done.err


def test_the_kind_of_model_must_fit_the_data(command: Command, tmp_path: Path) -> None:
    data = npz(tmp_path / "labels.npz", labels=LABELS, ids=IDS)
    assert "error: " in refused(command, "pixels", data)
