"""Every page is valid HTML by the reference validator, the Nu Html Checker."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser.pages import CROWDED


@pytest.fixture(scope="module")
def checker() -> list[str]:
    """The command that checks pages; skips where Java or the checker is missing."""
    jar = os.environ.get("MARGINBENCH_VNU", "")
    if not jar or not Path(jar).is_file():
        pytest.skip("no validator (npm package vnu-jar; MARGINBENCH_VNU is the path of vnu.jar)")
    if shutil.which("java") is None:
        pytest.skip("the validator needs Java")
    return ["java", "-jar", jar, "--format", "json", "--exit-zero-always", "--skip-non-html"]


def complaints(checker: list[str], folder: Path) -> list[str]:
    done = subprocess.run([*checker, str(folder)], capture_output=True, text=True, check=True)
    return [
        f"{Path(found['url']).name}:{found['lastLine']}: {found['message']}"
        for found in json.loads(done.stderr)["messages"]
        # The checker takes no file to be of the same origin as the page beside it.
        if "Content Security Policy" not in found["message"]
    ]


def test_every_page_is_valid(checker: list[str], site: Path):
    assert complaints(checker, site) == []


def test_cut_and_whole_tables_are_valid(checker: list[str], crowd: Path, tmp_path: Path):
    for page in CROWDED.values():
        shutil.copyfile(crowd / page, tmp_path / page.replace("/", "-"))
    assert complaints(checker, tmp_path) == []


def test_every_table_is_valid(checker: list[str], tables: Path):
    assert complaints(checker, tables) == []


def test_the_checker_finds_what_is_wrong(checker: list[str], tmp_path: Path):
    (tmp_path / "x.html").write_text("<!DOCTYPE html><title>x</title><p id=a><p id=a>")
    assert any("Duplicate ID" in found for found in complaints(checker, tmp_path))
