"""Folders of a Ray of our own: one whose owner was killed is removed, no other is."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from harness.engine.cluster.places import OWNER, PREFIX, Place, remove_left

OWNS_ONE = """
import sys
from harness.engine.cluster.places import Place
place = Place.made()
(place.path / "session").mkdir()
(place.path / "session" / "log").write_text("words")
print(place.path, flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_left_is_removed_by_the_next_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tempfile.TemporaryDirectory(prefix="mb-p-", dir="/tmp") as name:
        monkeypatch.setattr(tempfile, "tempdir", name)
        other, of_others = Path(name, "ray"), Path(name, f"{PREFIX}older")
        other.mkdir()
        of_others.mkdir()  # nothing says whose it is
        process = subprocess.Popen(
            [sys.executable, "-c", OWNS_ONE],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"TMPDIR": name},
        )  # fmt: skip
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        assert left.parent == Path(name)
        own = Place.made()
        assert (left / OWNER).is_file(), "its owner is at work"
        process.kill()
        process.communicate()
        assert (left / "session" / "log").is_file(), "nobody was there to remove it"
        remove_left(Path(name))
        assert sorted(Path(name).iterdir()) == sorted([other, of_others, own.path])
        own.remove()
        assert not own.path.exists()
