"""A suite over a folder with some of its sets: those are run, one line tells of the rest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.registry import suite_named
from tests.cli.conftest import Command


@pytest.fixture
def collections(collection: Path, tmp_path: Path) -> Path:
    """A made-up collection; another under a set's name, whose counts are not those pinned."""
    folder = tmp_path / "collections"
    folder.mkdir()
    shutil.copytree(collection, folder / "tiny")
    return folder


def tasks() -> int:
    suite = suite_named("reranking")
    assert suite is not None
    return len(suite.tasks)


def test_nothing_there_is_one_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    line = ("evaluate", "--model", "bm25", "--task", "reranking/bright/*")
    for more in ([], ["--available"]):
        answer = command(*line, "--data", tmp_path / "empty", "--out", tmp_path / "out", *more)
        assert answer.code == 3
        (said,) = answer.err.splitlines()
        assert "0 of 12 run; 12 have no data here" in said
        assert "--data DIR" in said
        assert "--task reranking/bright/" in said


@pytest.mark.shared_data
def test_what_is_there_is_run_and_one_line_tells_of_the_rest(
    command: Command, shared_data: Path, tmp_path: Path
) -> None:
    """Of the real sets at hand four are in BEIR layout; Cranfield is none of the suite's."""
    folder = tmp_path / "collections"
    folder.mkdir()
    for name in ("scifact", "cosqa-retrieval", "limit-small"):
        (folder / name).symlink_to(shared_data / "reranking" / name)
    line = ("evaluate", "--model", "bm25", "--suite", "reranking", "--data", folder)
    answer = command(*line, "--out", tmp_path / "out", "--available")
    assert answer.code == 0, answer.err
    last = answer.err.splitlines()[-1]
    run = len(list((tmp_path / "out").rglob("record.json")))
    assert run >= 4  # with the embedded one
    assert last == f"{run} of {tasks()} run; {tasks() - run} have no data here"
    answer = command(*line, "--out", tmp_path / "out")
    assert answer.code == 3
    last = answer.err.splitlines()[-1]
    assert f"{run} of {tasks()} run; {tasks() - run} have no data here" in last
    assert "--available" in last
    assert sum("not evaluated" in text for text in answer.err.splitlines()) == 0


def test_what_is_there_and_broken_is_still_said(
    command: Command, collections: Path, tmp_path: Path
) -> None:
    (collections / "tiny").rename(collections / "scifact")
    answer = command(
        *("evaluate", "--model", "bm25", "--suite", "reranking", "--data", collections),
        *("--out", tmp_path / "out", "--available"),
    )
    assert answer.code == 3
    assert "not evaluated: reranking/beir/scifact" in answer.err
    assert "1 were not evaluated" in answer.err
