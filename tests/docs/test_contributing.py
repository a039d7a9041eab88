"""What CONTRIBUTING says of the tests holds: the marks there are, and what is slow."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.slow import SLOW, TESTS, is_slow

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_every_mark_is_told_of() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]
    declared = {line.partition(":")[0] for line in options["ini_options"]["markers"]}
    told = set(re.findall(r"^\| `(\w+)` \| [^|]+ \|$", TEXT, re.MULTILINE))
    assert declared == told & declared
    assert "slow" in declared


def test_what_is_called_slow_is_there() -> None:
    for name in SLOW:
        assert (TESTS / name).exists(), name
    assert is_slow(TESTS / SLOW[0] / "test_x.py")
    assert not is_slow(ROOT / "tests" / "test_walls.py")


def test_the_command_leaves_out_what_is_slow_and_no_more(tmp_path: Path) -> None:
    """By the names of files, which is all that the two runs would differ in."""
    assert '-m "not slow"' in TEXT
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider"]
    assert is_slow(TESTS / "stranger")
    told = subprocess.run(
        [*command, "-m", "not slow", "tests/test_walls.py", "tests/stranger",
         f"--basetemp={tmp_path / 'x'}"],
        cwd=ROOT, capture_output=True, text=True,
        env={name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"},
    )  # fmt: skip
    assert "test_walls.py::" in told.stdout
    assert "stranger" not in told.stdout
    assert told.returncode == 0


@pytest.mark.parametrize("name", SLOW)
def test_slow_tests_carry_the_mark(name: str, request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        if (TESTS / name) in (item.path, *item.path.parents):
            assert item.get_closest_marker("slow") is not None
