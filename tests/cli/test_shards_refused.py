"""Shards that do not make up one run are refused in a line, and nothing is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import harness
from harness.cli import run
from harness.runs.folder import RunFolder
from harness.runs.journal import Journal
from tests.cli.conftest import Answer, Command
from tests.cli.sharding import OVERLAP, PARTS, whole_run, words, write_collection

MOODY = "import os\n" + OVERLAP.replace("+ len", "+ float(os.environ.get('MOOD', '0')) + len")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_collection(tmp_path_factory.mktemp("data") / "tiny")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "model.py"
    path.write_text(MOODY)
    return path


@pytest.fixture(scope="module")
def made(data: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both halves of a run, done and never touched."""
    out = tmp_path_factory.mktemp("made") / "runs"
    for index in (1, 2):
        assert run(words(model, data, out, "--shard", f"{index}/2")) == 0
    return out


@pytest.fixture
def halves(made: Path, tmp_path: Path) -> Path:
    """A copy of both halves."""
    return Path(shutil.copytree(made, tmp_path / "runs"))


def folder_of(out: Path, shard: str) -> RunFolder:
    (found,) = out.glob(f"*/*.shard-{shard.replace('/', '-of-')}")
    return RunFolder(found)


def refused(done: Answer, code: int, *said: str) -> None:
    """One line with each of some texts, and an exit code."""
    assert done.code == code, done
    assert not done.out
    assert "Traceback" not in done.err
    (line,) = [one for one in done.err.splitlines() if one.startswith("error:")]
    for text in said:
        assert text in line, line


def test_a_shard_that_lacks_is_named_with_its_parts_and_its_command(
    command: Command, halves: Path
) -> None:
    shutil.rmtree(folder_of(halves, "2/2").path)
    refused(
        command("merge", halves), 3, f"parts 1, 3, 5 of {PARTS} (counted from 0) are in no shard",
        "shard 2/2 is lacking", "Run, then merge: marginbench evaluate --model", "--shard 2/2",
    )  # fmt: skip
    assert not list(halves.rglob("record.json"))


def test_several_that_lack_are_named(
    command: Command, data: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "runs"
    assert command(*words(model, data, out, "--shard", "2/4")).code == 0
    refused(
        command("merge", out), 3, f"parts 0, 2, 3, 4 of {PARTS}",
        "shards 1/4, 3/4, 4/4 are lacking", "--shard 1/4, and likewise for shards 3/4, 4/4",
    )  # fmt: skip


def test_a_rotten_part_lacks_and_is_done_again(command: Command, halves: Path) -> None:
    part = next(folder_of(halves, "1/2").path.rglob("00002.npy"))
    part.write_bytes(part.read_bytes()[:-1] + b"x")
    done = command("merge", halves)
    refused(done, 3, f"part 2 of {PARTS} (counted from 0) is in no shard", "--shard 1/2")
    shard = json.loads(folder_of(halves, "1/2").manifest.read_text())["shard"]
    line = list(shard["words"])
    line[line.index("--out") + 1] = str(halves)
    assert command(*line).code == 0
    assert command("merge", halves).code == 0


def test_a_shard_whose_journal_is_lost_is_unfinished(command: Command, halves: Path) -> None:
    folder_of(halves, "2/2").journal.unlink()
    refused(command("merge", halves), 3, "shard 2/2 is unfinished", "--shard 2/2")


def test_overlaps_that_agree_are_fine_and_those_that_differ_are_refused(
    command: Command, data: Path, model: Path, halves: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command(*words(model, data, halves, "--shard", "2/3")).code == 0
    merged = command("merge", halves)
    assert merged.code == 0, merged.err
    kept = (whole_run(halves) / "record.json").read_bytes()
    shutil.rmtree(folder_of(halves, "2/3").path)
    monkeypatch.setenv("MOOD", "1")
    assert command(*words(model, data, halves, "--shard", "2/3")).code == 0
    refused(
        command("merge", halves), 1, "part 1 is another in shard 2/2 (", "than in shard 2/3 (",
        "does not give the same answers twice",
    )  # fmt: skip
    assert (whole_run(halves) / "record.json").read_bytes() == kept


def test_a_run_with_other_answers_in_its_place_is_left_alone(
    command: Command, data: Path, model: Path, halves: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOOD", "1")
    assert command(*words(model, data, halves)).code == 0
    before = (whole_run(halves) / "predictions.parquet").read_bytes()
    refused(command("merge", halves), 1, "holds a run with other answers", "--out")
    assert (whole_run(halves) / "predictions.parquet").read_bytes() == before


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--batch-items", 8], "differ in batch: items is 64 and 8"),
        (["--name", "other"], "differ in model: name is 'model' and 'other'"),
        (["--metric", "nDCG@1"], "differ in request: metrics is [] and ['nDCG@1']"),
        (["--on-error", "worst-rank"], "differ in request: on_error is 'error' and 'worst-rank'"),
        (["--limit", 50], "differ in data: task_fingerprint is"),
    ],
)
def test_shards_of_other_options_are_refused(
    command: Command, data: Path, model: Path, halves: Path, more: list[object], said: str
) -> None:
    shutil.rmtree(folder_of(halves, "2/2").path)
    assert command(*words(model, data, halves, "--shard", "2/2", *more)).code == 0
    refused(
        command("merge", halves), 1, said, "shard 1/2 (", "shard 2/2 (", "Run one of them again"
    )


def test_shards_of_several_models_are_refused(
    command: Command, data: Path, halves: Path, tmp_path: Path
) -> None:
    shutil.rmtree(folder_of(halves, "2/2").path)
    other = tmp_path / "other.py"
    other.write_text(OVERLAP)
    assert command(*words(other, data, halves, "--shard", "2/2")).code == 0
    refused(
        command("merge", halves), 2, "of several models: model (", " and other (",
        "Merge one model at a time: marginbench merge",
    )  # fmt: skip


def edited(folder: RunFolder, change: Callable[[dict[str, object]], None]) -> None:
    """Change what a finished shard says that it was made with."""
    journal = Journal.read(folder)
    change(journal.environment)
    journal.write(folder)


def test_shards_of_other_software_are_refused(command: Command, halves: Path) -> None:
    own = harness.__version__
    edited(folder_of(halves, "2/2"), lambda told: told.update(marginbench="0.0.9"))
    said = f"differ in environment: marginbench is {own!r} and '0.0.9'"
    refused(command("merge", halves), 1, said, "shard 1/2 (", "shard 2/2 (")
    edited(folder_of(halves, "1/2"), lambda told: told.update(marginbench="0.0.9"))
    done = command("merge", halves)
    refused(done, 1, f"was made with MarginBench 0.0.9, and this is {own}", "Merge with")


def test_shards_of_other_packages_are_refused(command: Command, halves: Path) -> None:
    edited(folder_of(halves, "2/2"), lambda told: told["packages"].update(numpy="1.0"))  # type: ignore[attr-defined]
    refused(command("merge", halves), 1, "packages.numpy is", "and '1.0'")


def test_changed_data_are_refused_and_moved_ones_are_asked_for(
    command: Command, model: Path, tmp_path: Path
) -> None:
    here = write_collection(tmp_path / "one" / "tiny", queries=20)
    out = tmp_path / "runs"
    assert command(*words(model, here, out, "--shard", "1/1")).code == 0
    moved = tmp_path / "two" / "tiny"
    moved.parent.mkdir()
    here.rename(moved)
    refused(command("merge", out), 2, f"its data were at {here}", "--data")
    qrels = moved / "qrels" / "test.tsv"
    kept = qrels.read_text()
    qrels.write_text(kept + "\nq1\td2\t1\n")
    refused(command("merge", out, "--data", moved), 1, "are not those of the shards")
    qrels.write_text(kept)
    assert command("merge", out, "--data", moved).code == 0
    assert command("score", out).code == 0, "it knows where its data are"


def test_what_holds_no_shard_is_refused(command: Command, tmp_path: Path) -> None:
    refused(command("merge", tmp_path), 2, f"{tmp_path} holds no shard")
    nowhere = command("merge", tmp_path / "nowhere")
    assert nowhere.code == 2
    assert "does not exist" in nowhere.err


@pytest.mark.parametrize("place", ["manifest.json", "run.json"])
def test_damaged_files_are_refused(command: Command, halves: Path, place: str) -> None:
    path = folder_of(halves, "2/2").path / place
    path.write_text(path.read_text().replace('"', "'", 1))
    done = command("merge", halves)
    assert done.code in (1, 3)
    assert "Traceback" not in done.err
    assert "shard 2/2" in done.err or str(path) in done.err


@pytest.mark.parametrize(
    "line",
    [
        ("show",), ("score",), ("compare", "RUNS"), ("submit", "--org", "a", "--name", "b"),
    ],
    ids=lambda line: line[0],
)  # fmt: skip
def test_commands_that_need_a_run_say_that_it_is_not_merged(
    command: Command, halves: Path, line: tuple[str, ...]
) -> None:
    name, *more = [str(halves) if word == "RUNS" else word for word in line]
    said = ("(and 1 more) is shard 1/2 of a run", f"marginbench merge {halves}")
    refused(command(name, halves, *more), 3, *said)
    own = folder_of(halves, "2/2").path
    refused(command(name, own, *more), 3, "is shard 2/2 of a run", f"merge {own.parent}")
    assert command("merge", halves).code == 0
    if name == "submit":
        more += ["--out", str(halves.parent / "submissions")]
    assert command(name, halves, *more).code == 0
