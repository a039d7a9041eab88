"""``image-quality/folder`` through the command line: what works, and one line for what does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from harness.records.record import read_record
from suites.image_quality.record import OpinionPart
from tests.cli.conftest import Command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "mine"
    (place / "images").mkdir(parents=True)
    rows = ["image,mos"]
    for number in range(12):
        noise = Image.effect_noise((32, 24), 5 + 8 * number)
        noise.save(place / "images" / f"{number}.png")
        rows.append(f"{number}.png,{number + (number % 3) / 2}")
    (place / "scores.csv").write_text("\n".join(rows) + "\n")
    return place


def evaluate(command: Command, folder: Path, *more: str) -> tuple[int, str]:
    done = command(
        *("evaluate", "--model", "laplacian", "--task", "image-quality/folder"),
        *("--data", folder, "--out", folder.parent / "runs", *more),
    )
    return done.code, done.out + done.err


def test_a_folder_of_ones_own(command: Command, folder: Path) -> None:
    code, said = evaluate(command, folder)
    assert code == 0, said
    (path,) = (folder.parent / "runs").rglob("record.json")
    record = read_record(path)
    assert record.task.id == "image-quality/folder/mine"
    assert record.primary.value is not None
    assert record.primary.value > 0.9


def test_a_broken_image_stops_the_run_or_counts_as_the_worst(
    command: Command, folder: Path
) -> None:
    (folder / "images" / "5.png").write_bytes(b"broken")
    code, said = evaluate(command, folder)
    assert code == 1
    assert "5.png" in said
    assert "--on-error worst-rank" in said
    code, said = evaluate(command, folder, "--on-error", "worst-rank")
    assert code == 0, said
    (path,) = (folder.parent / "runs").rglob("record.json")
    part = read_record(path).part
    assert isinstance(part, OpinionPart)
    assert (part.failed, part.failed_count, part.n) == (["5.png"], 1, 12)


def test_a_missing_image_is_named(command: Command, folder: Path) -> None:
    (folder / "images" / "7.png").unlink()
    code, said = evaluate(command, folder)
    assert code == 1
    assert "1 of 12 images with an opinion score are not under" in said
    assert "7.png" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image,mos\n0.png,1\n0.png,2\n", "1 images have several opinion scores: '0.png'"),
        ("image,mos\n0.png,good\n1.png,2\n", "mos is 'good', not a number"),
        ("image,mos\n0.png,nan\n1.png,2\n", "mos is 'nan', not a number"),
        ("image,mos\n0.png,3\n1.png,3\n", "all opinion scores are equal"),
        ("picture,mos\n0.png,3\n", "no column 'image'; the columns are: picture, mos"),
        ("image,mos\n../secret.png,3\n1.png,2\n", "leaves the folder"),
        ("image,mos\n", "holds no opinion scores"),
    ],
)
def test_a_table_that_cannot_be_used_is_one_line(
    command: Command, folder: Path, text: str, said: str
) -> None:
    (folder / "scores.csv").write_text(text)
    code, answer = evaluate(command, folder)
    assert code in (1, 2)
    assert said in answer
    assert answer.count("\n") == 1, answer


def turned(folder: Path, column: str) -> None:
    """The same opinions from the other end, under another name."""
    table = folder / "scores.csv"
    rows = [line.split(",") for line in table.read_text().splitlines()[1:]]
    lines = [f"image,{column}", *(f"{name},{100 - float(mos)}" for name, mos in rows)]
    table.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("column", "more", "agrees"),
    [
        ("dmos", (), True),
        ("DMOS", (), True),
        ("mos", (), False),
        ("mos", ("--opinion", "lower"), True),
        ("dmos", ("--opinion", "higher"), False),
    ],
)
def test_a_wrong_sign_is_said_at_the_end(
    command: Command, folder: Path, column: str, more: tuple[str, ...], agrees: bool
) -> None:
    turned(folder, column)
    code, said = evaluate(command, folder, *more)
    assert code == 0, said
    (path,) = (folder.parent / "runs").rglob("record.json")
    value = read_record(path).primary.value
    assert value is not None
    assert (value > 0.9) if agrees else (value < -0.9)
    assert ("! the scores run against the opinions" in said) != agrees
    assert ("DISAGREES" in said) != agrees


def test_what_is_said_of_a_task_that_says_it_itself_is_refused(
    command: Command, folder: Path
) -> None:
    arguments = ("evaluate", "--model", "laplacian", "--task", "image-quality/severity")
    for option, value in (("--opinion", "lower"), ("--bits", "12"), ("--cluster", "x")):
        done = command(*arguments, option, value, "--out", folder.parent / "runs")
        assert done.code == 2
        assert f"{option} means nothing to image-quality/severity" in done.err


def test_a_headline_that_is_null_is_explained_at_the_end(command: Command, folder: Path) -> None:
    model = folder.parent / "same.py"
    model.write_text("def score_images(images):\n    return [1.0 for _ in images]\n")
    done = command(
        *("evaluate", "--model", f"python:{model}", "--task", "image-quality/folder"),
        *("--data", folder, "--out", folder.parent / "runs"),
    )
    assert done.code == 0, done.err
    assert "no SRCC: all scores are equal" in done.out
