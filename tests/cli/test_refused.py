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


@pytest.mark.parametrize(
    ("model", "hint"),
    [
        (
            "./checkpoint",
            "It holds a LlamaForCausalLM, a causal language model: --model yes-no:./c",
        ),
        ("./empty", "It holds no config.json, so no checkpoint that an adapter knows: no adapter"),
        (
            "./model.gguf",
            "It is GGUF weights of a language model: --model yes-no:./model.gguf (also ",
        ),
        ("org/name", "Say what loads it: --model bi-encoder:org/name (also cross-encoder, "),
        ("my_model.py", "type --model python:my_model.py"),
        ("cros-encoder:x", "Did you mean 'cross-encoder'"),
        ("nothing-like-it", "piqe, pixels, predictions, pyiqa, python, "),
    ],
)
def test_a_model_without_an_adapter_is_told_how_to_name_it(
    command: Command, tmp_path: Path, texts: Path, model: str, hint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    for folder in ("checkpoint", "empty"):
        (tmp_path / folder).mkdir()
    (tmp_path / "checkpoint" / "config.json").write_text('{"architectures": ["LlamaForCausalLM"]}')
    (tmp_path / "model.gguf").write_text("")
    done = command("evaluate", "--model", model, "--task", "detection/folder", "--data", texts)
    assert done.code == 2
    assert hint in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("def score_text(texts): ...", "`score_text` is no such name: did you mean `score_texts`?"),
        ("def other(texts): ...", "Define one, such as: def score_pairs(pairs): ..."),
        ("import beside_it\ndef score_texts(texts): ...",
         "Install beside_it, or set PYTHONPATH to the folder that holds it"),
    ],
)  # fmt: skip
def test_a_model_file_is_told_what_it_lacks(
    command: Command, tmp_path: Path, texts: Path, text: str, hint: str
) -> None:
    model = tmp_path / "model.py"
    model.write_text(f'DIRECTION = "higher"\n{text}\n')
    done = command("evaluate", "--model", f"python:{model}", "--task", "detection/folder",
                   "--data", texts, "--out", tmp_path / "runs")  # fmt: skip
    assert hint in done.err
    assert not (tmp_path / "runs").exists()


def pictures(folder: Path, name: str) -> Path:
    """Five pictures of rising level, named in the table as ``name`` says."""
    image = pytest.importorskip("PIL.Image")
    (folder / "images").mkdir(parents=True)
    for number in range(5):
        image.new("L", (8, 8), 20 * number).save(folder / "images" / f"{number}.png")
    rows = [f"{name.format(folder=folder, number=number)},{number}\n" for number in range(5)]
    (folder / "mos.csv").write_text("image,mos\n" + "".join(rows))
    return folder


@pytest.mark.parametrize(
    "name", ["images\\{number}.png", "{folder}/images/{number}.png", "images/{number}.png"]
)
def test_names_of_pictures_inside_the_folder_are_found(
    command: Command, tmp_path: Path, name: str
) -> None:
    data = pictures(tmp_path / "own", name)
    done = command("evaluate", "--model", "laplacian", "--task", "image-quality/folder",
                   "--data", data, "--out", tmp_path / "runs")  # fmt: skip
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    "name", ["..\\{number}.png", "/elsewhere/{number}.png", "images/../../{number}.png",
             "C:\\images\\{number}.png"],
)  # fmt: skip
def test_names_that_lead_out_of_it_are_refused(command: Command, tmp_path: Path, name: str) -> None:
    data = pictures(tmp_path / "own", name)
    done = command("evaluate", "--model", "laplacian", "--task", "image-quality/folder",
                   "--data", data, "--out", tmp_path / "runs")  # fmt: skip
    assert done.code == 1
    assert "leaves the folder. Name pictures by their path below the folder" in done.err


def test_what_loading_lost_is_said_below_the_table(command: Command, tmp_path: Path) -> None:
    texts = tmp_path / "texts.csv"
    texts.write_text(TEXTS + ",human\n")
    scores = tmp_path / "scores.py"
    scores.write_text(
        'DIRECTION = "higher"\ndef score_texts(texts):\n    return [len(t) for t in texts]\n'
    )
    done = command("evaluate", "--model", f"python:{scores}", "--task", "detection/folder",
                   "--data", texts, "--out", tmp_path / "runs")  # fmt: skip
    assert done.code == 0, done.err
    assert "note, detection/folder/texts.csv: empty texts = 1" in done.out
