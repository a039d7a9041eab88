"""A table of picture paths and labels is the same work as the folder of classes that it lists."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from harness.records.record import Record, read_record
from tests.cli.conftest import Command
from tests.cli.test_evaluate import only

ModelFile = Callable[..., Path]
CLASSIFIER = """
    import numpy as np
    labels = [f"c{i}" for i in range(4)]
    def classify_images(images):
        found = [np.asarray(image.convert("L"), dtype=float) for image in images]
        return [[-abs(pixels.mean() - 50 * i) for i in range(4)] for pixels in found]
"""


def pictures(tmp_path: Path) -> list[tuple[str, str]]:
    """Four classes of six pictures; of the last class three look like the third. Path, label."""
    rows = []
    for label in range(4):
        (tmp_path / "set" / f"c{label}").mkdir(parents=True)
        for i in range(6):
            name = f"c{label}/im{i}.png"
            grey = 100 if label == 3 and i < 3 else 50 * label
            Image.new("L", (8 + i, 8), grey + i).save(tmp_path / "set" / name)
            rows.append((name, f"c{label}"))
    return rows


def table(path: Path, head: list[str], rows: list[tuple[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def evaluated(command: Command, out: Path, *line: object) -> Record:
    answer = command("evaluate", *line, "--device", "cpu", "--out", out)
    assert answer.code == 0, answer.err
    return read_record(only(out, "record.json"))


@pytest.mark.parametrize("column", ["path", "image_path", "image", "filename"])
@pytest.mark.parametrize("absolute", [False, True])
def test_classifying_a_table_of_pictures(
    command: Command, model_file: ModelFile, tmp_path: Path, column: str, absolute: bool
) -> None:
    rows = pictures(tmp_path)
    if absolute:
        rows = [(str(tmp_path / "set" / name), label) for name, label in rows]
    data = table(tmp_path / "set" / "labels.csv", [column, "label"], rows[::-1])
    model = f"python:{model_file(CLASSIFIER)}"
    record = evaluated(
        command, tmp_path / "out", "--model", model, "--task", "flips/folder", "--data", data
    )
    accuracy = record.metric("accuracy")
    assert accuracy is not None
    assert (accuracy.value, accuracy.n) == (21 / 24, 24)


def test_embedding_a_table_of_pictures_is_embedding_the_folder(
    command: Command, tmp_path: Path
) -> None:
    rows = pictures(tmp_path)
    line = ("--model", "pixels", "--task", "consistency/folder", "--data")
    folder = evaluated(command, tmp_path / "folder", *line, tmp_path / "set")
    data = table(tmp_path / "labels.csv", ["path", "label"], [(f"set/{n}", c) for n, c in rows])
    listed = evaluated(command, tmp_path / "table", *line, data)
    for ours, theirs in zip(listed.metrics, folder.metrics, strict=True):
        assert (ours.name, ours.value) == (theirs.name, theirs.value)
    nearest = listed.metric("R@1")
    assert nearest is not None
    assert nearest.value is not None
    assert nearest.n == 24


@pytest.mark.parametrize("task", ["flips/folder", "consistency/folder"])
def test_pictures_that_are_not_there_are_counted(
    command: Command, model_file: ModelFile, tmp_path: Path, task: str
) -> None:
    rows = [*pictures(tmp_path), ("c0/none.png", "c0")]
    data = table(tmp_path / "set" / "labels.csv", ["path", "label"], rows)
    model = f"python:{model_file(CLASSIFIER)}" if task == "flips/folder" else "pixels"
    answer = command(
        *("evaluate", "--model", model, "--task", task, "--data", data, "--device", "cpu"),
        *("--out", tmp_path / "out"),
    )
    assert answer.code == 1
    assert "1 of 25 pictures are not there: 'c0/none.png'" in answer.err


def test_ids_that_look_like_pictures_are_ids_where_no_picture_is(
    command: Command, tmp_path: Path
) -> None:
    rows = [(f"im{i}.png", f"c{i % 2}") for i in range(20)]
    data = table(tmp_path / "labels.csv", ["image", "label"], rows)
    answers = table(tmp_path / "answers.csv", ["image", "prediction"], rows)
    for task in ("flips/predictions", "flips/folder"):
        record = evaluated(
            command,
            tmp_path / task.replace("/", "-"),
            *("--model", f"predictions:{answers}", "--task", task, "--data", data),
        )
        accuracy = record.metric("accuracy")
        assert accuracy is not None
        assert accuracy.value == 1
