"""Run folders and logs whose files are pipes, devices, or larger than memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.adapters.base import Adapter
from harness.adapters.recorded import embeddings, labels
from harness.adapters.support.checkpoints import Checkpoint
from harness.adapters.support.doors.check import check_doors
from harness.baselines.model_folder import digest_model, read_asked
from harness.compare.baseline import clear
from harness.compare.evidence import check_files
from harness.compare.policy import read_policy
from harness.compare.sides import Side
from harness.compare.standing import read_index, standings
from harness.engine.event_log import EventLog
from harness.errors import InvalidError, MarginBenchError, UsageError
from harness.files import read_names, read_regular, sha256_file
from harness.records.record import read_record
from harness.records.signed import SIGNED, check_predictions
from harness.runs.folder import RunFolder, read_json
from harness.submission.folders.changed import read_changed
from harness.tasks.parquet import one_clear_line, opened
from harness.tasks.tables import read_table
from harness.tasks.trec import read_run
from suites.detection.folder import read_own
from tests.hostile.forging import sample

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs pipes and devices")
HOLES = 300 * 1024**3
WITHIN = 60.0


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def holes(path: Path) -> None:
    path.touch()
    os.truncate(path, HOLES)


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("put", [pipe, endless, holes, folder])
@pytest.mark.parametrize("read", [read_record, read_json])
def test_what_is_no_file_is_not_waited_for(
    tmp_path: Path, put: Callable[[Path], None], read: Callable[[Path], object]
) -> None:
    put(tmp_path / "record.json")
    with pytest.raises(MarginBenchError, match=r"record\.json"):
        read(tmp_path / "record.json")


@pytest.mark.parametrize("put", [pipe, endless])
def test_neither_is_it_digested_or_read_as_a_table(
    tmp_path: Path, put: Callable[[Path], None]
) -> None:
    path = tmp_path / "predictions.parquet"
    put(path)
    with pytest.raises(OSError, match="not a plain file"):
        sha256_file(path)
    with pytest.raises(MarginBenchError, match="not a plain file"), one_clear_line(path):
        opened(path)


@pytest.mark.parametrize("put", [pipe, endless, holes])
def test_a_part_that_is_no_file_is_not_there(tmp_path: Path, put: Callable[[Path], None]) -> None:
    run = RunFolder(tmp_path)
    run.parts("plan").mkdir()
    put(run.parts("plan") / "00000.npy")
    assert run.read_part("plan", 0) is None


def test_links_to_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    (tmp_path / "here").symlink_to("there")
    assert read_regular(tmp_path / "here") == b"x"


def test_an_endless_list_of_changes_is_none() -> None:
    with pytest.raises(MarginBenchError, match="no list of changed paths"):
        read_changed(Path("/dev/zero"))


@pytest.mark.parametrize("put", [pipe, endless, holes])
@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.txt", "x.parquet"])
def test_tables_and_runs_of_your_own_are_asked_their_size_first(
    tmp_path: Path, put: Callable[[Path], None], name: str
) -> None:
    put(tmp_path / name)
    said = r"a pipe or a device|more than the 16 GiB that are read"
    with pytest.raises(UsageError, match=said):
        next(read_table(tmp_path / name))
    with pytest.raises(UsageError, match=said):
        read_run(tmp_path / name)


@pytest.mark.parametrize("put", [pipe, endless, holes])
@pytest.mark.parametrize("adapter", [labels.ADAPTER, embeddings.ADAPTER])
def test_no_digest_is_made_of_them(
    tmp_path: Path, put: Callable[[Path], None], adapter: Adapter
) -> None:
    put(tmp_path / "x.csv")
    with pytest.raises(UsageError, match=r"x\.csv"):
        adapter.identify(str(tmp_path / "x.csv"), {})


@pytest.mark.parametrize("put", [pipe, endless])
def test_neither_are_they_listed_as_a_folder(tmp_path: Path, put: Callable[[Path], None]) -> None:
    put(tmp_path / "x.csv")
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        read_own(tmp_path / "x.csv")


def test_predictions_of_a_run_are_asked_too(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.manifest.write_text(json.dumps({SIGNED: "0" * 64}))
    holes(run.predictions)
    with pytest.raises(UsageError, match="more than the 16 GiB that are read"):
        check_predictions(run)


def test_and_those_that_are_compared(tmp_path: Path) -> None:
    record = sample("flips").record
    holes(tmp_path / "predictions.parquet")
    side = Side(record=record, folder=tmp_path)
    with pytest.raises(UsageError, match="more than the 16 GiB that are read"):
        side.sha256("predictions.parquet")


def test_a_hole_below_that_size_is_not_read_as_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.touch()
    os.truncate(path, 15 * 1024**3)
    with pytest.raises(UsageError, match="most of that are holes"):
        next(read_table(path))
    with pytest.raises(UsageError, match="most of that are holes"):
        read_run(path)


@pytest.mark.parametrize("put", [pipe, endless, holes])
def test_files_of_a_fitted_model_are_asked_first(
    tmp_path: Path, put: Callable[[Path], None]
) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    for name in ("x.npz", "asked.json"):
        put(tmp_path / name)
    assert read_asked(tmp_path) == {}
    with pytest.raises(MarginBenchError, match=r"x\.npz|lacks"):
        digest_model(tmp_path, {"files": {"x.npz": "0"}})


def test_show_ends_at_a_pipe(tmp_path: Path) -> None:
    pipe(tmp_path / "record.json")
    command = [sys.executable, "-m", "harness", "show", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN, check=False)
    assert ended.returncode == 1, ended.stderr
    assert "not a plain file" in ended.stderr


@pytest.mark.parametrize("put", [pipe, endless, holes, folder])
@pytest.mark.parametrize("read", [read_policy, read_names, lambda path: read_index(path.parent)])
def test_policies_lists_and_indices_are_plain_files(
    tmp_path: Path, put: Callable[[Path], None], read: Callable[[Path], object]
) -> None:
    put(tmp_path / "baseline.json")
    with pytest.raises(MarginBenchError, match=r"baseline\.json"):
        read(tmp_path / "baseline.json")


def test_an_index_that_is_none_is_not_overlooked(tmp_path: Path) -> None:
    """A baseline without its index has no policy, and everything passes."""
    run = tmp_path / "flips.digits"
    run.mkdir()
    pipe(tmp_path / "baseline.json")
    with pytest.raises(InvalidError, match="damaged"):
        standings([Side(record=sample("flips").record, folder=run)])


@pytest.mark.skipif(not Path("/proc/kmsg").exists(), reason="needs Linux")
def test_what_the_system_shows_as_files_is_none() -> None:
    """``/proc/kmsg`` calls itself a plain file, and waits for the next message of the kernel."""
    place = Path("/proc/kmsg")
    with pytest.raises(UsageError, match="not a plain file"):
        read_policy(place)
    with pytest.raises(UsageError, match="a pipe or a device"):
        next(read_table(place))
    with pytest.raises(InvalidError, match="no list of changed paths"):
        read_changed(place)


@pytest.mark.parametrize("put", [pipe, endless, folder])
def test_what_stands_in_the_place_of_predictions_is_not_merely_gone(
    tmp_path: Path, put: Callable[[Path], None]
) -> None:
    put(tmp_path / "predictions.parquet")
    record = sample("flips").record
    assert record.predictions is not None
    named = record.predictions.model_copy(update={"file": "predictions.parquet"})
    side = Side(record=record.model_copy(update={"predictions": named}), folder=tmp_path)
    with pytest.raises(InvalidError, match="is not a plain file"):
        check_files(side)


def test_a_baseline_clears_away_files_alone(tmp_path: Path) -> None:
    """A record may name a folder among its files, the one above, and a file that is not its own."""
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "old.parquet").write_text("x")
    named = dict.fromkeys(["..", ".", "gone", "../x", "notes.txt"], "0" * 64)
    clear(tmp_path, {**named, "old.parquet": sha256_file(tmp_path / "old.parquet")}, keep=[])
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_log_larger_than_memory_is_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "log"
    holes(path)
    with path.open("ab") as file:
        file.write(b'\n{"event": "cut sh')
    log = EventLog(str(path))
    log("x", {})
    log.close()
    with path.open("rb") as file:
        file.seek(HOLES)
        assert file.read().startswith(b'\n{"event": "x"')


def test_a_checkpoint_whose_weights_are_the_kernels_own(tmp_path: Path) -> None:
    """They call themselves plain, and large data may be linked; some wait for ever."""
    (tmp_path / "model.safetensors").symlink_to("/proc/self/stat")
    with pytest.raises(UsageError, match=r"model\.safetensors is no plain file"):
        check_doors(Checkpoint(tmp_path, "x", None), {})
