"""Run folders that somebody else has changed: one line, and nothing of theirs is written over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import InvalidError, UsageError
from harness.records.provenance import keep_metrics, read_asked
from harness.records.signed import signed_predictions
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


@pytest.mark.parametrize("version", ["1e400", "NaN", "true", '"2"', "0", "null", "1" + "0" * 30])
def test_a_version_that_is_none_or_newer(version: str, tmp_path: Path) -> None:
    """Only who wrote into a folder asked for it; who scored or merged read on."""
    folder = RunFolder(tmp_path)
    folder.open({**WORK, "request": {}})
    folder.manifest.write_text(json.dumps(WORK)[:-1] + f', "manifest_version": {version}}}')
    for reads in (read_asked, signed_predictions):
        with pytest.raises(InvalidError, match=r"is no version|is newer than 1"):
            reads(folder)


@pytest.mark.parametrize(
    ("request_", "said"),
    [([], "of another kind"), ({}, "'data' is not in it"), ({"data": 1}, "of another kind")],
)
def test_a_manifest_that_was_edited(request_: object, said: str, tmp_path: Path) -> None:
    """It was told of in words of Python: ``TypeError: list indices must be integers``."""
    folder = RunFolder(tmp_path)
    folder.open({**WORK, "request": request_})
    with pytest.raises(InvalidError, match=said) as caught:
        read_asked(folder)
    assert "Error" not in str(caught.value)
    if not isinstance(request_, dict):
        with pytest.raises(InvalidError, match="is damaged"):
            keep_metrics(folder, ["AP"])
