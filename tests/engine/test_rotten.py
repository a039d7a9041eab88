"""What has rotted in a run folder is done again or refused, never taken for good."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.engine.crew import Crew
from harness.errors import InvalidError
from harness.runs.folder import RunFolder
from harness.runs.journal import Journal
from tests.engine.test_engine import BATCH, SCORER, parts, scored, spec, task_data

ROWS = np.arange(40, dtype=np.float32)


def part_of(folder: RunFolder, plan: str = "plan", index: int = 3) -> Path:
    folder.write_part(plan, index, ROWS)
    return next(folder.path.rglob(f"{index:05d}.npy"))


def test_every_flipped_byte_of_a_part_is_found(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    path = part_of(folder)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x04]) + whole[place + 1 :])
        assert folder.read_part("plan", 3) is None
    for end in (0, 1, 31, 32, 33, len(whole) - 1):
        path.write_bytes(whole[:end])
        assert folder.read_part("plan", 3) is None
    path.write_bytes(whole + b"\0")
    assert folder.read_part("plan", 3) is None
    path.write_bytes(whole)
    assert np.array_equal(folder.read_part("plan", 3), ROWS)  # type: ignore[arg-type]


def test_a_part_is_one_of_its_place_alone(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    path = part_of(folder, "planned-1")
    path.rename(path.with_name("00004.npy"))
    assert folder.read_part("planned-1", 4) is None
    path = part_of(folder, "planned-1")
    assert folder.read_part("planned-1", 3) is not None
    assert folder.read_part("planned-2", 3) is None  # of the same folder, which has eight digits


def test_a_part_without_a_checksum_is_done_again(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    path = part_of(folder)
    np.save(path, ROWS)
    assert folder.read_part("plan", 3) is None


def test_numpy_reads_a_part_for_whoever_looks(tmp_path: Path) -> None:
    assert np.array_equal(np.load(part_of(RunFolder(tmp_path))), ROWS)


@pytest.mark.parametrize("place", [-40, 130, 5, -1])
def test_a_rotten_part_is_done_again_to_the_same_bytes(tmp_path: Path, place: int) -> None:
    data, model = task_data(), spec(tmp_path, SCORER)
    with Crew(model, ["cpu"], BATCH) as crew:
        whole = scored(crew, tmp_path / "run", data, "score_pairs")
    before = parts(tmp_path / "run")
    victim = next((tmp_path / "run").rglob(sorted(before)[1]))
    rotten = bytearray(victim.read_bytes())
    rotten[place] ^= 0x10
    victim.write_bytes(rotten)
    with Crew(model, ["cpu"], BATCH) as crew:
        again = scored(crew, tmp_path / "run", data, "score_pairs")
    assert again.tobytes() == whole.tobytes()
    assert parts(tmp_path / "run") == before
    assert Journal.read(RunFolder(tmp_path / "run")).attempts == 2


def test_a_journal_that_was_changed_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    Journal(attempts=2, wall_seconds=1.25, device_name="chip", finished="now").write(folder)
    assert Journal.read(folder).wall_seconds == 1.25
    whole = folder.journal.read_bytes()
    told = 0
    for place in range(len(whole)):
        folder.journal.write_bytes(
            whole[:place] + bytes([whole[place] ^ 0x01]) + whole[place + 1 :]
        )
        try:
            found = Journal.read(folder)
        except InvalidError as error:
            told += "Delete it" in str(error) and "\n" not in str(error)
            continue
        assert found == Journal(attempts=2, wall_seconds=1.25, device_name="chip", finished="now")
    assert told > len(whole) / 2


def test_a_journal_of_before_is_still_read(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.journal.write_text(json.dumps({"attempts": 3, "finished": "then"}))
    assert Journal.read(folder).attempts == 3
