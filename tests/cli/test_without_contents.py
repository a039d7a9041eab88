"""Finished predictions are scored where no picture and no text is at hand."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from harness.records.record import read_record
from tests.cli.conftest import Command, write_lines
from tests.cli.test_evaluate import only


def table(path: Path, head: list[str], rows: list[tuple[object, ...]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


@pytest.fixture
def opinions(tmp_path: Path) -> tuple[Path, Path, float]:
    """A table of opinions, scores of the same pictures, and their SRCC by scipy."""
    draw = np.random.default_rng(4)
    mos = draw.uniform(1, 5, 80)
    found = mos + draw.normal(0, 1, 80)
    own = tmp_path / "set"
    own.mkdir()
    names = [f"im{i:02d}.png" for i in range(80)]
    data = table(own / "mos.csv", ["image", "mos"], list(zip(names, mos.tolist(), strict=True)))
    rows = list(zip(names, found.tolist(), strict=True))
    scores = table(tmp_path / "scores.csv", ["id", "score"], rows[::-1])
    return data, scores, float(spearmanr(mos, found).statistic)


def test_image_quality_needs_no_picture(
    command: Command, opinions: tuple[Path, Path, float], tmp_path: Path
) -> None:
    data, scores, srcc = opinions
    line = ("score", "--task", "image-quality/folder", "--predictions", scores)
    line += ("--model-name", "m", "--out", tmp_path / "out")
    answer = command(*line, "--data", data)
    assert answer.code == 0, answer.err
    assert "worst" not in answer.out + answer.err
    path = only(tmp_path / "out", "record.json")
    record = read_record(path)
    assert record.primary.value == pytest.approx(srcc, abs=1e-6)
    assert record.task.on_error == "error"
    assert "images_missing" not in record.task.notes
    before = path.read_bytes()
    assert command("score", path.parent).code == 0
    assert path.read_bytes() == before


def test_the_work_is_the_same_with_and_without_pictures(
    command: Command, opinions: tuple[Path, Path, float], tmp_path: Path
) -> None:
    data, scores, _ = opinions
    found = []
    for out in ("without", "with"):
        answer = command(
            *("score", "--task", "image-quality/folder", "--data", data, "--predictions", scores),
            *("--model-name", "m", "--out", tmp_path / out),
        )
        assert answer.code == 0, answer.err
        found.append(read_record(only(tmp_path / out, "record.json")))
        for i in range(80):
            Image.new("L", (8, 8), i).save(data.parent / f"im{i:02d}.png")
    assert found[0].task.fingerprint == found[1].task.fingerprint
    assert found[0].primary == found[1].primary


def test_pictures_that_nobody_reads_may_have_one_name(
    command: Command, opinions: tuple[Path, Path, float], tmp_path: Path
) -> None:
    """A table lies among other sets: a name that fits two files matters to models alone."""
    data, scores, srcc = opinions
    for other in ("one", "two"):
        (data.parent / other).mkdir()
        Image.new("L", (8, 8)).save(data.parent / other / "im00.png")
    line = ("--task", "image-quality/folder", "--data", data, "--out", tmp_path / "out")
    answer = command("score", *line, "--predictions", scores, "--model-name", "m")
    assert answer.code == 0, answer.err
    record = read_record(only(tmp_path / "out", "record.json"))
    assert record.primary.value == pytest.approx(srcc, abs=1e-6)
    answer = command("evaluate", *line, "--model", "laplacian")
    assert "fits 2 files" in answer.err


def test_a_model_still_needs_them(
    command: Command, opinions: tuple[Path, Path, float], tmp_path: Path
) -> None:
    answer = command(
        *("evaluate", "--model", "laplacian", "--task", "image-quality/folder"),
        *("--data", opinions[0], "--device", "cpu", "--out", tmp_path / "out"),
    )
    assert answer.code == 1
    assert "80 of 80 images with an opinion score are not under" in answer.err


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_detection_needs_no_text(command: Command, tmp_path: Path, ending: str) -> None:
    draw = np.random.default_rng(8)
    labels = [i % 2 for i in range(200)]
    found = [float(draw.normal(label)) for label in labels]
    data = tmp_path / f"labels.{ending}"
    if ending == "csv":
        table(data, ["id", "label"], [(f"t{i}", label) for i, label in enumerate(labels)])
    else:
        write_lines(data, [{"id": f"t{i}", "label": label} for i, label in enumerate(labels)])
    rows: list[tuple[object, ...]] = [(f"t{i}", score) for i, score in enumerate(found)]
    scores = table(tmp_path / "scores.csv", ["id", "score"], rows)
    line = ("--task", "detection/folder", "--data", data, "--out", tmp_path / "out")
    answer = command("score", *line, "--predictions", scores, "--model-name", "m")
    assert answer.code == 0, answer.err
    path = only(tmp_path / "out", "record.json")
    record = read_record(path)
    area = record.metric("AUROC")
    assert area is not None
    assert area.value == pytest.approx(roc_auc_score(labels, np.float32(found)), abs=1e-12)
    length = record.metric("AUROC(length)")
    assert length is not None
    assert (length.value, length.reason) == (None, "the texts are not here")
    assert record.task.notes == {}
    before = path.read_bytes()
    assert command("score", path.parent).code == 0
    assert path.read_bytes() == before
    answer = command("evaluate", "--model", "zippy", *line)
    assert answer.code == 2
    assert "'text'" in answer.err


def test_columns_of_other_names_are_asked_for_by_what_works(
    command: Command, opinions: tuple[Path, Path, float], tmp_path: Path
) -> None:
    data, scores, srcc = opinions
    data.write_text(data.read_text().replace("image,mos", "dist_name,quality"))
    line = ("score", "--task", "image-quality/folder", "--data", data, "--predictions", scores)
    line += ("--model-name", "m", "--out", tmp_path / "out")
    answer = command(*line)
    assert answer.code == 2
    assert answer.err.rstrip().endswith("--column image=NAME --column mos=NAME")
    answer = command(*line, "--column", "image=dist_name", "--column", "mos=quality")
    assert answer.code == 0, answer.err
    record = read_record(only(tmp_path / "out", "record.json"))
    assert record.primary.value == pytest.approx(srcc, abs=1e-6)
