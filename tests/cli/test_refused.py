"""What a refusal leaves behind: nothing, where nothing was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import MarginBenchError
from harness.runs.folder import RunFolder
from tests.cli.conftest import Command

TEXTS = "text,label\nwords of a person,human\nwords of a machine,machine\n"
RAISES = 'DIRECTION = "higher"\ndef score_texts(texts):\n    raise ValueError("boom")\n'


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.csv"
    path.write_text(TEXTS)
    return path


@pytest.mark.parametrize("there", [False, True])
def test_a_model_that_raises_leaves_no_folder(
    command: Command, tmp_path: Path, texts: Path, there: bool
) -> None:
    model, out = tmp_path / "model.py", tmp_path / "deep" / "runs"
    model.write_text(RAISES)
    if there:
        out.mkdir(parents=True)
    done = command("evaluate", "--model", f"python:{model}", "--task", "detection/folder",
                   "--data", texts, "--out", out)  # fmt: skip
    assert done.code == 1
    assert "boom" in done.err
    assert out.is_dir() == there
    assert not there or not list(out.iterdir())


def fail_in(made: Path | None) -> None:
    """Work that fails, after it has made something or before."""
    if made is not None:
        made.mkdir()
    raise MarginBenchError("no more")


def test_finished_parts_and_folders_of_before_are_kept(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs" / "model" / "task")
    with pytest.raises(MarginBenchError), folder.locked():
        fail_in(folder.path / "parts-0")
    assert (folder.path / "parts-0").is_dir()
    other = RunFolder(tmp_path / "runs" / "model" / "other")
    with pytest.raises(MarginBenchError), other.locked():
        fail_in(None)
    assert not other.path.exists()
    assert folder.path.is_dir()
    other.path.mkdir()
    (other.path / "run.json").write_text("{}")
    with pytest.raises(MarginBenchError), other.locked():
        fail_in(None)
    assert (other.path / "run.json").is_file()


def test_a_run_whose_data_have_moved_is_told_how_to_be_scored(
    command: Command, tmp_path: Path
) -> None:
    data, answers, runs = tmp_path / "labels.csv", tmp_path / "old.csv", tmp_path / "runs"
    data.write_text("id,label\na,cat\nb,dog\n")
    answers.write_text("id,prediction\na,cat\nb,cat\n")
    made = command("score", "--task", "flips/predictions", "--data", data, "--predictions",
                   answers, "--model-name", "old", "--out", runs)  # fmt: skip
    assert made.code == 0
    elsewhere = data.rename(tmp_path / "moved.csv")
    done = command("score", runs)
    assert done.code == 2
    assert f"its data were at {data}, where nothing is now. Say where they are: " in done.err
    typed = done.err.strip().partition(": marginbench ")[2].replace("PATH", str(elsewhere))
    assert command(*typed.split()).code == 0
