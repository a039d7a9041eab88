"""``marginbench report``: Markdown to the terminal or a file, and no verdict in the exit code."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli import application

MARKER = "<!-- marginbench submission -->"


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    """An empty board, and a pull request that adds a folder with nothing of use in it."""
    base, incoming = tmp_path / "base", tmp_path / "incoming"
    base.mkdir()
    (incoming / "a__b" / "1").mkdir(parents=True)
    (incoming / "a__b" / "1" / "submission.toml").write_text("name = 1\n")
    return base, incoming


def call(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(application, ["report", *map(str, words)])
    return done.exit_code, done.output


def test_findings_are_told_and_are_no_failure(sides: tuple[Path, Path]) -> None:
    base, incoming = sides
    code, said = call(incoming, "--base", base)
    assert code == 0
    assert said.startswith(f"{MARKER}\n## MarginBench: ")
    assert "`manifest-schema`" in said


def test_the_file_holds_what_would_be_printed(sides: tuple[Path, Path], tmp_path: Path) -> None:
    base, incoming = sides
    file = tmp_path / "comment.md"
    assert call(incoming, "--base", base, "--out", file) == (0, "")
    assert file.read_text() == call(incoming, "--base", base)[1]


def test_a_board_beside_itself_has_nothing_new(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parents[2] / "submissions", tmp_path / "submissions")
    code, said = call(tmp_path / "submissions", "--base", tmp_path / "submissions")
    assert (code, said) == (0, f"{MARKER}\n## MarginBench: 0 new revisions, no finding\n\n")


def test_without_a_base_the_command_is_wrong(sides: tuple[Path, Path]) -> None:
    code, said = call(sides[1])
    assert code == 2
    assert "--base" in said
