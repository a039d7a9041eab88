"""Predictions that were changed after they were made are not scored without a word."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.runs.folder import RunFolder
from harness.runs.journal import Journal
from harness.tasks.parquet import to_parquet
from tests.cli.conftest import Command
from tests.cli.test_bad_input import arguments, one_line

Evaluated = Callable[[], Path]
ACCEPT = "--accept-changed-predictions"


@pytest.fixture
def run(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> Path:
    """The folder of a finished run of a model file."""
    done = command(*arguments(model_file(), collection, tmp_path / "runs"))
    assert done.code == 0, done.err
    return next((tmp_path / "runs").rglob("record.json")).parent


def change(folder: Path) -> None:
    """Other scores in a file that is whole."""
    path = folder / "predictions.parquet"
    table = pq.ParquetFile(path).read()
    place = table.column_names.index("score")
    scores = [hash((n, 1)) % 1009 for n in range(table.num_rows)]
    field = table.schema.field("score")
    path.write_bytes(to_parquet(table.set_column(place, field, pa.array(scores, field.type))))


def value(folder: Path) -> float:
    return float(json.loads((folder / "record.json").read_text())["metrics"][0]["value"])


def test_a_run_is_scored_again_to_the_same_record(command: Command, run: Path) -> None:
    before = (run / "record.json").read_bytes()
    assert command("score", run).code == 0
    assert (run / "record.json").read_bytes() == before


@pytest.mark.parametrize("gone", [(), ("record.json",), ("run.json:predictions",)])
def test_changed_predictions_are_refused(
    command: Command, run: Path, gone: tuple[str, ...]
) -> None:
    """By the record, by the journal where there is no record yet, and by both."""
    before = value(run)
    if "run.json:predictions" in gone:  # as a run of an older version has it
        journal = Journal.read(RunFolder(run))
        journal.predictions = ""
        journal.write(RunFolder(run))
    if "record.json" in gone:
        (run / "record.json").unlink()
    change(run)
    done = command("score", run)
    assert done.code == 1
    said = one_line(done.err)
    assert f"{run / 'predictions.parquet'} was changed after it was made" in said
    assert f"marginbench score {run} {ACCEPT}" in said
    assert (run / "record.json").exists() == ("record.json" not in gone)
    done = command("score", run, ACCEPT)
    assert done.code == 0, done.err
    assert value(run) != before
    assert command("score", run).code == 0  # this is what the record has signed now


def test_evaluate_does_not_sign_them_either(
    command: Command, run: Path, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    before = value(run)
    change(run)
    line = arguments(model_file(), collection, tmp_path / "runs")
    done = command(*line)
    assert done.code == 1
    assert "was changed after it was made" in one_line(done.err)
    (run / "predictions.parquet").unlink()
    assert command(*line).code == 0  # from the parts
    assert value(run) == before


def test_before_there_is_a_record_or_a_digest_nothing_is_refused(
    command: Command, run: Path
) -> None:
    (run / "record.json").unlink()
    journal = Journal.read(RunFolder(run))
    journal.predictions = ""
    journal.write(RunFolder(run))
    assert command("score", run).code == 0


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"predictions": 3}', "\x00"])
def test_a_broken_record_is_made_again(command: Command, run: Path, text: str) -> None:
    before = (run / "record.json").read_bytes()
    (run / "record.json").write_text(text)
    assert command("score", run).code == 0
    assert (run / "record.json").read_bytes() == before


def test_every_flipped_byte_is_one_line_or_no_other_figure(command: Command, run: Path) -> None:
    """With the digest, and without any: then the checksums of the pages stand in."""
    before, path = value(run), run / "predictions.parquet"
    whole = path.read_bytes()
    for signed in (True, False):
        if not signed:
            (run / "record.json").unlink()
            journal = Journal.read(RunFolder(run))
            journal.predictions = ""
            journal.write(RunFolder(run))
        for place in range(0, len(whole), len(whole) // 60):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x21]) + whole[place + 1 :])
            done = command("score", run)
            assert done.err.count("\n") <= 1, done.err
            assert done.code in ((1,) if signed else (0, 1, 3))
            if done.code == 0:
                assert value(run) == before
                (run / "record.json").unlink()
    path.write_bytes(whole)


def test_a_scored_file_is_signed_before_it_is_scored(
    command: Command, run: Path, collection: Path, tmp_path: Path
) -> None:
    """A command that was stopped between the two leaves predictions that are known."""
    theirs, out = tmp_path / "theirs.parquet", tmp_path / "scored"
    line = ["score", "--task", "reranking/folder", "--data", collection, "--predictions", theirs]
    line += ["--model-name", "m", "--out", out]
    shutil.copy(run / "predictions.parquet", theirs)
    assert command(*line).code == 0
    (record,) = out.rglob("record.json")
    record.unlink()
    assert command("score", record.parent).code == 0
    record.unlink()
    change(record.parent)
    assert command("score", record.parent).code == 1
    assert command(*line).code == 0  # it is written again from the file


def test_the_option_means_nothing_for_a_file(
    command: Command, collection: Path, run: Path, tmp_path: Path
) -> None:
    done = command(
        *("score", "--task", "reranking/folder", "--data", collection, "--model-name", "m"),
        *("--predictions", run / "predictions.parquet", "--out", tmp_path / "s", ACCEPT),
    )
    assert done.code == 2
    assert f"{ACCEPT} means nothing for a file" in one_line(done.err)


@pytest.mark.parametrize("name", ["manifest.json", "run.json"])
def test_a_damaged_journal_or_manifest_is_one_line_and_can_be_made_again(
    command: Command, run: Path, collection: Path, model_file: Callable[..., Path],
    tmp_path: Path, name: str,
) -> None:  # fmt: skip
    before = value(run)
    whole = json.loads((run / name).read_text())
    for key in list(whole):
        for spoiled in ({k: v for k, v in whole.items() if k != key}, {**whole, key: {"a": []}}):
            spoiled.pop("checksum", None)  # as an older version wrote it
            (run / name).write_text(json.dumps(spoiled))
            done = command("score", run)
            assert done.code in (0, 1, 2, 3), done.err
            assert done.err.count("\n") <= 1, done.err
    (run / name).unlink()
    done = command(*arguments(model_file(), collection, tmp_path / "runs"))
    assert done.code == 0, done.err
    assert value(run) == before
