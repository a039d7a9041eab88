from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.errors import IncompleteError, InvalidError, UsageError
from harness.files import make_folder, write_atomic
from harness.runs.folder import RunFolder, run_folder, slug

MANIFEST = {"task": "t", "task_fingerprint": "a", "model_fingerprint": "b", "request": {}}


def test_a_write_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_is_one_line_and_keeps_the_old_file(tmp_path: Path) -> None:
    # A file-size limit of the process makes the operating system refuse the write, as a full
    # disk would; it is real, and it needs no privileges.
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from harness.errors import IncompleteError\n"
        "from harness.files import write_atomic\n"
        "path = Path(sys.argv[1])\n"
        "write_atomic(path, b'old')\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    write_atomic(path, b'x' * 5000)\n"
        "except IncompleteError as error:\n"
        "    print(error)\n"
    )
    path = tmp_path / "file"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    assert "no space left" in done.stdout
    assert "run the same command again" in done.stdout
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_place_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="--out"):
        make_folder(tmp_path / "file" / "runs")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("org/model", "org.model"),
        ("../../etc/passwd", "etc.passwd"),
        ("a b\tc\n", "a-b-c"),
        ("🙂", "unnamed"),
        ("x" * 200, "x" * 80),
    ],
)
def test_slugs_are_safe_folder_names(name: str, expected: str) -> None:
    assert slug(name) == expected
    assert Path(slug(name)).name == slug(name)


def test_different_fingerprints_never_share_a_folder(tmp_path: Path) -> None:
    def folder(model: str, task: str) -> Path:
        return run_folder(
            tmp_path, model="m", model_fingerprint=model, task="t", task_fingerprint=task
        ).path

    assert (
        len({folder("1" * 64, "2" * 64), folder("1" * 64, "3" * 64), folder("4" * 64, "2" * 64)})
        == 3
    )


def test_parts_survive_and_damaged_ones_are_not_trusted(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    rows = np.arange(4, dtype=np.float32)
    folder.write_part("plan", 3, rows)
    read = folder.read_part("plan", 3)
    assert read is not None
    assert read.tolist() == rows.tolist()
    assert folder.read_part("plan", 4) is None
    assert folder.read_part("other", 3) is None
    part = next(tmp_path.rglob("*.npy"))
    part.write_bytes(part.read_bytes()[:-3])
    assert folder.read_part("plan", 3) is None


def test_a_folder_of_other_work_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.open(MANIFEST)
    folder.open({**MANIFEST, "request": {"limit": 3}})
    with pytest.raises(InvalidError, match="holds other work"):
        folder.open({**MANIFEST, "task_fingerprint": "c"})


def test_a_damaged_manifest_says_what_to_do(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.manifest.write_text("{")
    with pytest.raises(InvalidError, match="Delete it"):
        folder.open(MANIFEST)


def test_a_second_process_is_refused_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from harness.runs.folder import RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).locked():\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    folder = RunFolder(tmp_path)
    with pytest.raises(IncompleteError, match="another run is at work"), folder.locked():
        pass
    os.kill(holder.pid, 9)
    holder.wait()
    with folder.locked():
        pass


def test_who_holds_a_folder_removes_what_a_killed_writer_left(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with folder.locked():
        folder.write_part("plan", 3, np.zeros(4))
    inside = folder.parts("plan")
    left = [inside / ".00004.npy.4711.tmp", folder.path / ".predictions.parquet.12.tmp"]
    others = [inside / "notes.tmp", folder.path / ".notes.tmp", folder.path / "a.12.tmp"]
    for path in (*left, *others):
        path.write_bytes(b"half")
    with folder.locked():
        assert not any(path.exists() for path in left)
        assert all(path.exists() for path in others)
        assert folder.read_part("plan", 3) is not None
