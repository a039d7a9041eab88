"""What a call tells people: everything with -v and in a log file, results alone with -q."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d  "


def line(collection: Path, model: Path, out: Path) -> tuple[object, ...]:
    return ("evaluate", "--model", f"python:{model},bm25", "--task", "reranking/folder",
            "--data", collection, "--out", out)  # fmt: skip


def test_quiet_tells_results_alone(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    asked = line(collection, model_file(), tmp_path / "runs")
    first = command(*asked, "-q")
    assert (first.code, first.err) == (0, "")
    assert command(*asked, "--quiet").out == first.out
    assert "nDCG@10" in first.out


def test_verbose_tells_all_and_a_file_keeps_it(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    asked, file = line(collection, model_file(), tmp_path / "runs"), tmp_path / "told.log"
    file.write_text("what was there\n")
    answer = command(*asked, "-v", "--log-file", file)
    assert answer.code == 0, answer.err
    before, *kept = file.read_text().splitlines()
    assert before == "what was there"
    assert all(re.match(TIME, text) for text in kept)
    said = [re.sub(TIME, "", text) for text in kept]
    assert [text for text in answer.err.splitlines() if text in set(said)] == said
    assert said[0].startswith("marginbench ")
    assert said[-1] == "exit status 0"
    assert any(re.match(r"reranking/folder/tiny: part 0 done, .* items/s", text) for text in said)
    ends = [text for text in said if re.match(r".*: done in .*: nDCG@10 \d\.\d{4}", text)]
    assert len(ends) == 2
    quiet = command(*asked, "-q", "--log-file", file)
    assert quiet.err == ""
    assert len(file.read_text().splitlines()) > len(kept) + 1


def test_a_dash_is_the_terminal(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    answer = command(*line(collection, model_file(), tmp_path / "runs"), "--log-file", "-")
    assert "exit status 0" in answer.err
    assert not (tmp_path / "-").exists()


def test_the_file_tells_why_a_call_failed(
    command: Command, collection: Path, tmp_path: Path
) -> None:
    file = tmp_path / "told.log"
    answer = command(
        *("evaluate", "--model", "bm25", "--task", "reranking/foldr", "--data", collection),
        *("--out", tmp_path / "runs", "--log-file", file),
    )
    assert answer.code == 2
    last = file.read_text().splitlines()[-1]
    assert re.sub(TIME, "", last).startswith("exit status 2: unknown task 'reranking/foldr'")


def test_opposites_and_files_that_cannot_be_written(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    asked = line(collection, model_file(), tmp_path / "runs")
    assert "are opposites" in command(*asked, "-q", "-v").err
    answer = command(*asked, "--log-file", tmp_path / "absent" / "x.log")
    assert (answer.code, "no such file can be written" in answer.err) == (2, True)
    assert command(*asked, "--log-file", tmp_path).code == 2
    assert not (tmp_path / "runs").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_is_said_once_and_the_run_goes_on(
    command: Command, collection: Path, model_file: Callable[..., Path], tmp_path: Path
) -> None:
    asked = line(collection, model_file(), tmp_path / "runs")
    answer = command(*asked, "--log-file", "/dev/full")
    assert answer.code == 0, answer.err
    assert answer.err.count("nothing more can be written to it") == 1
    assert os.path.exists(tmp_path / "runs")
