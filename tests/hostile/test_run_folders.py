"""Run folders that somebody else has changed: one line, and nothing of theirs is written over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import InvalidError, UsageError
from harness.runs.folder import RunFolder

WORK = {"task": "a", "task_fingerprint": "b", "model_fingerprint": "c"}


def test_a_lock_that_is_a_link(tmp_path: Path) -> None:
    """The lock's library does not follow it, and said so with a traceback."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="cannot write"), RunFolder(tmp_path / "run").locked():
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_of_a_newer_version(tmp_path: Path) -> None:
    """It was gone on with, and its manifest written over as one of this version."""
    folder = RunFolder(tmp_path)
    folder.open({**WORK})
    folder.open({**WORK})
    newer = json.dumps({**WORK, "manifest_version": 2})
    folder.manifest.write_text(newer)
    with pytest.raises(InvalidError, match="version 2 is newer than 1"):
        folder.open({**WORK})
    assert folder.manifest.read_text() == newer
